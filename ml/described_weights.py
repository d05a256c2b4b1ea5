"""Weights in a file, and a description beside it that has its own format and their checksum.

The description is read without torch and pandas.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict
from safetensors import SafetensorError

from streams.errors import ModelError


class Described(BaseModel):
    """A description; each kind has its own fields, and one format."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: int
    """A literal of the one that this release reads, and its default."""
    weights_sha256: str
    """What `digest` gives."""


class _Format(BaseModel):
    """The part of a description that every format has."""

    format: int


D = TypeVar("D", bound=Described)


@contextmanager
def opened(kind: type[D], file: Path, weights: Path, name: str) -> Iterator[D]:
    """The description in a file of the weights in another, which the block reads.

    Args:
        kind: of the description.
        file: has the description.
        weights: has the weights.
        name: of what they are together, for errors.

    Raises:
        ModelError: if a file is missing, damaged, or of another format; also for what the block
            finds to be so.
    """
    try:
        text = file.read_text(encoding="utf-8")
        found, read = _Format.model_validate_json(text).format, kind.model_fields["format"].default
        if found != read:
            raise ModelError(
                f"the {name} in {file.parent} is of format {found}, and this release reads"
                f" format {read}: retrain the model"
            )
        description = kind.model_validate_json(text)
        if digest(weights) != description.weights_sha256:
            raise ModelError(f"{weights} is not the file that was saved")
        yield description
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"the {name} in {file.parent} cannot be read: {error}") from error


def digest(weights: Path) -> str:
    """The checksum of a file, SHA-256 in hexadecimal digits."""
    with weights.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
