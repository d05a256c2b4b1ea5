"""The files of a bundle; its description is read without torch and pandas."""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError

from ml.towers.config import TowersConfig
from ml.towers.preprocessing import Preprocessing
from streams.errors import ModelError

FORMAT: Literal[4] = 4
_DESCRIPTION = "bundle.json"
_WEIGHTS = "weights.safetensors"


class _Format(BaseModel):
    """The part of a description that every format has."""

    format: int


class Description(BaseModel):
    """The file beside the weights."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: Literal[4] = FORMAT
    version: Annotated[str, Field(min_length=1)]
    weights_sha256: str
    config: TowersConfig
    preprocessing: Preprocessing


def weights_of(folder: Path) -> Path:
    """The file with the weights of the bundle in a folder."""
    return folder / _WEIGHTS


def describe(
    folder: Path, version: str, config: TowersConfig, preprocessing: Preprocessing
) -> None:
    """Write the description of the weights that a folder has."""
    description = Description(
        version=version,
        weights_sha256=_digest(weights_of(folder)),
        config=config,
        preprocessing=preprocessing,
    )
    (folder / _DESCRIPTION).write_text(description.model_dump_json(), encoding="utf-8")


@contextmanager
def opened(folder: Path) -> Iterator[Description]:
    """The description of the bundle in a folder, whose weights the block reads.

    Raises:
        ModelError: if the bundle is missing, damaged, or of another format; also for what the
            block finds to be so.
    """
    try:
        text = (folder / _DESCRIPTION).read_text(encoding="utf-8")
        found = _Format.model_validate_json(text).format
        if found != FORMAT:
            raise ModelError(
                f"the model bundle in {folder} is of format {found}, and this release reads "
                f"format {FORMAT}: retrain the model"
            )
        description = Description.model_validate_json(text)
        if _digest(weights_of(folder)) != description.weights_sha256:
            raise ModelError(f"{weights_of(folder)} is not the file that was saved")
        yield description
    except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
        raise ModelError(f"the model bundle in {folder} cannot be read: {error}") from error


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
