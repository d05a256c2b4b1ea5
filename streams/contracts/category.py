"""Category paths: the names from the root down, joined by `|`.

A category is identified by its full path: "Accessories" below two parents is two categories.
"""

from itertools import accumulate

SEPARATOR = "|"


def ancestors(path: str) -> list[str]:
    """The full paths from the root down to `path` itself; empty for an empty path.

    Blank names are left out, and names are stripped of surrounding spaces.
    """
    names = [name.strip() for name in path.split(SEPARATOR) if name.strip()]
    return list(accumulate(names, lambda parent, name: f"{parent}{SEPARATOR}{name}"))
