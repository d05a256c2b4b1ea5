"""Category paths: the names from the root down, joined by `|`.

A category is identified by its full path: "Accessories" below two parents is two categories.
"""

from functools import lru_cache
from itertools import accumulate

SEPARATOR = "|"


def names(path: str) -> list[str]:
    """The names from the root down; empty for an empty path.

    Blank names are left out, and names are stripped of surrounding spaces.
    """
    return [name.strip() for name in path.split(SEPARATOR) if name.strip()]


@lru_cache(maxsize=65_536)
def department(path: str) -> str:
    """The first name, of the root; empty for an empty path."""
    return next(iter(names(path)), "")


def ancestors(path: str) -> list[str]:
    """The full paths from the root down to `path` itself; empty for an empty path."""
    return list(accumulate(names(path), lambda parent, name: f"{parent}{SEPARATOR}{name}"))
