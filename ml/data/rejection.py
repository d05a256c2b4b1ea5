"""What a reader says about a row that it cannot use."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RejectedRow:
    """A row that was left out."""

    source: str
    """Name of the file, without its folder."""
    line: int
    """Physical line on which the record starts; the first line of a file is 1."""
    reason: str
    """What is wrong with it, in words that quote no personal data at length."""


_QUOTED_LENGTH = 24


def quoted(value: str) -> str:
    """A short, printable excerpt of a value, for a reason."""
    excerpt = ascii(value[:_QUOTED_LENGTH])
    return excerpt if len(value) <= _QUOTED_LENGTH else f"{excerpt} and more"
