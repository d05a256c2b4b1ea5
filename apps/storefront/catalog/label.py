"""A category as people read it."""

import re

from streams.contracts import category

_INNER_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def label(path: str) -> str:
    """A category's own name: `Electronics|HDMICables` becomes `HDMI Cables`."""
    name = (category.names(path) or [""])[-1]
    spaced = _INNER_WORD.sub(" ", name.replace("_", " "))
    return " & ".join(part.strip() for part in spaced.split("&"))
