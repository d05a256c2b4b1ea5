"""The files of a bundle; its description is read without torch and pandas."""

from contextlib import AbstractContextManager
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field

from ml import described_weights
from ml.described_weights import Described, digest
from ml.towers.config import TowersConfig
from ml.towers.preprocessing import Preprocessing

FORMAT: Literal[5] = 5
_DESCRIPTION = "bundle.json"
_WEIGHTS = "weights.safetensors"


class Description(Described):
    """The file beside the weights."""

    format: Literal[5] = FORMAT
    version: Annotated[str, Field(min_length=1)]
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
        weights_sha256=digest(weights_of(folder)),
        config=config,
        preprocessing=preprocessing,
    )
    (folder / _DESCRIPTION).write_text(description.model_dump_json(), encoding="utf-8")


def opened(folder: Path) -> AbstractContextManager[Description]:
    """The description of the bundle in a folder, whose weights the block reads.

    Raises:
        ModelError: as from `ml.described_weights.opened`.
    """
    return described_weights.opened(
        Description, folder / _DESCRIPTION, weights_of(folder), "model bundle"
    )
