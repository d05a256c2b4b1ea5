"""Text types that PostgreSQL and the sink can store."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints
from pydantic_core import PydanticCustomError

MAX_KEY_LENGTH = 128
MAX_LINE_LENGTH = 512
MAX_PROSE_LENGTH = 20_000
"""In characters."""


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise PydanticCustomError("nul_character", "a NUL character cannot be stored in PostgreSQL")
    return value


Storable = AfterValidator(_without_nul)
"""After a text's other constraints: PostgreSQL can store it."""


Key = Annotated[
    str,
    StringConstraints(min_length=1, max_length=MAX_KEY_LENGTH),
    Storable,
]
"""An identifier: 1 to `MAX_KEY_LENGTH` characters."""

Line = Annotated[str, StringConstraints(max_length=MAX_LINE_LENGTH), Storable]
"""A short text, such as a name or a title: up to `MAX_LINE_LENGTH` characters."""

Prose = Annotated[str, StringConstraints(max_length=MAX_PROSE_LENGTH), Storable]
"""A long text, such as a review or a description: up to `MAX_PROSE_LENGTH` characters."""
