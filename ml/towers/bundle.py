"""A trained model as one folder: complete, checked on loading, free of the training's state."""

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal, Self, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from pydantic import BaseModel, ConfigDict, Field
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor

from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS
from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.model import FeatureTensors, Towers, pool, token_tensors, unit
from ml.towers.preprocessing import Preprocessing
from streams.errors import ContractError, ModelError

FORMAT: Literal[3] = 3
_DESCRIPTION = "bundle.json"
_WEIGHTS = "weights.safetensors"


class _Format(BaseModel):
    """The part of a description that every format has."""

    format: int


class _Description(BaseModel):
    """What stands beside the weights."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: Literal[3]
    version: Annotated[str, Field(min_length=1)]
    weights_sha256: str
    config: TowersConfig
    preprocessing: Preprocessing


class Bundle:
    """Both towers with everything that encoding needs.

    The score of a user and an item is the inner product of their vectors: a scaled unit vector
    with a 1 appended for the user, a unit vector with the item's bias appended for the item.
    """

    def __init__(
        self,
        towers: Towers,
        histories: Tensor,
        preprocessing: Preprocessing,
        config: TowersConfig,
        version: str | None = None,
    ) -> None:
        """Join the parts of a trained model.

        Args:
            towers: trained weights.
            histories: float32 (known items, dim - 1), how each item counts in a history.
            preprocessing: fitted on the data that `towers` was trained on.
            config: that it was trained with.
            version: as saved; a new one is made of the instant and the weights.
        """
        self._towers = towers.cpu().eval().requires_grad_(requires_grad=False)
        self._histories = histories.detach().cpu()
        self._preprocessing = preprocessing
        self._config = config
        self.version = version or _new_version(self._tensors())

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return self._config.dim

    @property
    def item_ids(self) -> list[str]:
        """Items known at training."""
        return list(self._preprocessing.item_ids)

    @property
    def config(self) -> TowersConfig:
        """What it was trained with."""
        return self._config

    def encode_items(self, items: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Vectors of any items, float32 (n, dim); an item unknown at training by content alone.

        Args:
            items: ITEM_COLUMNS, one row an item.

        Raises:
            ContractError: if a column is absent.
        """
        _require(items, ITEM_COLUMNS, "items")
        features = FeatureTensors.of(self._preprocessing.item_features(items))
        rows = torch.from_numpy(self._preprocessing.items.get_indexer(pd.Index(items["item_id"])))
        known = rows >= 0
        vectors = self._towers.content(features)
        vectors[known] += self._towers.ids[rows[known]]
        bias = self._towers.newcomer_bias().repeat(len(items))
        bias[known] = self._towers.bias[rows[known]]
        return _as_array(torch.cat([unit(vectors), bias[:, None]], dim=1))

    def encode_users(
        self, users: pd.DataFrame, interactions: pd.DataFrame, now: datetime | None
    ) -> npt.NDArray[np.float32]:
        """Vectors of users, float32 (n, dim), in the order of `users`.

        A user's vector depends on their own row and interactions alone: it is the same for one
        shopper online as in a batch. A user without interactions is encoded by their preferences,
        one without those either as the average shopper.

        Args:
            users: USER_COLUMNS, one row a user.
            interactions: INTERACTION_COLUMNS; of users not in `users`, and later than `now`, are
                passed over, items unknown at training too.
            now: an instant with its offset; None is after everything.

        Raises:
            ContractError: if a column is absent, or an interaction is not valid.
        """
        _require(users, USER_COLUMNS, "users")
        _require(interactions, INTERACTION_COLUMNS, "interactions")
        past = interactions if now is None else interactions[~(interactions["timestamp"] > now)]
        histories = Histories.build(
            past, users["user_id"].tolist(), self._preprocessing.items, self._config.strengths
        )
        weights = histories.weights(self._config.recency_half_life)
        pooled = pool(
            self._histories,
            torch.from_numpy(histories.items),
            torch.from_numpy(histories.offsets[:-1]),
            torch.from_numpy(weights),
        )
        evidence = torch.from_numpy(histories.totals(weights))
        preferences = token_tensors(self._preprocessing.preference_tokens(users["preferences"]))
        vectors = self._towers.users(pooled, evidence, preferences)
        ones = torch.ones(len(users), 1)
        return _as_array(torch.cat([vectors * self._towers.scale, ones], dim=1))

    def save(self, folder: Path) -> None:
        """Write the bundle into `folder`, which is made where it is absent."""
        folder.mkdir(parents=True, exist_ok=True)
        # Without content the histories are the ids themselves; safetensors takes no shared memory.
        tensors = {name: tensor.clone() for name, tensor in self._tensors().items()}
        save_file(tensors, folder / _WEIGHTS)
        description = _Description(
            format=FORMAT,
            version=self.version,
            weights_sha256=_digest(folder / _WEIGHTS),
            config=self._config,
            preprocessing=self._preprocessing,
        )
        (folder / _DESCRIPTION).write_text(description.model_dump_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: if the bundle is missing, damaged, or of another format.
        """
        try:
            text = (folder / _DESCRIPTION).read_text(encoding="utf-8")
            found = _Format.model_validate_json(text).format
            if found != FORMAT:
                raise ModelError(
                    f"the model bundle in {folder} is of format {found}, and this release reads "
                    f"format {FORMAT}: retrain the model"
                )
            return cls._of(_Description.model_validate_json(text), folder / _WEIGHTS)
        except (OSError, KeyError, ValueError, RuntimeError, SafetensorError) as error:
            raise ModelError(f"the model bundle in {folder} cannot be read: {error}") from error

    @classmethod
    def _of(cls, description: _Description, weights: Path) -> Self:
        if _digest(weights) != description.weights_sha256:
            raise ValueError(f"{weights.name} is not the file that was saved")
        tensors = load_file(weights)
        histories = tensors.pop("histories")
        towers = Towers(description.preprocessing, description.config)
        towers.load_state_dict(tensors)
        if histories.shape != towers.ids.shape:
            raise ValueError(f"histories have shape {tuple(histories.shape)}")
        return cls(
            towers,
            histories,
            description.preprocessing,
            description.config,
            description.version,
        )

    def _tensors(self) -> dict[str, Tensor]:
        return {**self._towers.state_dict(), "histories": self._histories}


def _require(table: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    absent = [column for column in columns if column not in table]
    if absent:
        raise ContractError(f"{name} lack the columns {', '.join(absent)}")


def _new_version(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{digest.hexdigest()[:8]}"


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _as_array(vectors: Tensor) -> npt.NDArray[np.float32]:
    return cast("npt.NDArray[np.float32]", vectors.numpy())
