"""Text types that PostgreSQL and the sink can store."""

from typing import Annotated

from pydantic import AfterValidator, StringConstraints


def _without_nul(value: str) -> str:
    if "\x00" in value:
        raise ValueError("a NUL character cannot be stored in PostgreSQL")
    return value


Key = Annotated[str, StringConstraints(min_length=1, max_length=128), AfterValidator(_without_nul)]
"""An identifier: 1 to 128 characters."""

Line = Annotated[str, StringConstraints(max_length=512), AfterValidator(_without_nul)]
"""A short text, such as a name or a title: up to 512 characters."""

Prose = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_without_nul)]
"""A long text, such as a review or a description: up to 20,000 characters."""
