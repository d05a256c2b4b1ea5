"""A trained model as one folder, with a checksum and without the state of the training."""

import hashlib
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
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
from ml.towers.causal_inference import encode_newest
from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.model import FeatureTensors, Towers, pool, token_tensors, unit
from ml.towers.preprocessing import Preprocessing
from streams.errors import ContractError, ModelError

FORMAT: Literal[4] = 4
_DESCRIPTION = "bundle.json"
_WEIGHTS = "weights.safetensors"
_HISTORY_VECTORS = "history_vectors"
_USERS_AT_ONCE = 1024
"""Of the causal encoder, which needs 0.3 MB for each."""

Vectors = Mapping[str, npt.NDArray[np.float32]]
"""Of items, float32 (dim,), by id."""


class _Format(BaseModel):
    """The part of a description that every format has."""

    format: int


class _Description(BaseModel):
    """The file beside the weights."""

    model_config = ConfigDict(strict=True, extra="forbid")

    format: Literal[4]
    version: Annotated[str, Field(min_length=1)]
    weights_sha256: str
    config: TowersConfig
    preprocessing: Preprocessing


class Bundle:
    """Both towers with all that encoding needs.

    The score of a user and an item is the inner product of their vectors: a user's is a scaled unit
    vector with 1 appended, an item's a unit vector with the item's bias appended.
    """

    def __init__(
        self,
        towers: Towers,
        history_vectors: Tensor,
        preprocessing: Preprocessing,
        config: TowersConfig,
        version: str | None = None,
    ) -> None:
        """Combine the parts of a trained model.

        Args:
            towers: trained weights.
            history_vectors: float32 (known items, dim - 1), the unit vectors that histories pool.
            preprocessing: fitted on the training data of `towers`.
            config: hyper-parameters of the training.
            version: the saved one; by default a new one from the current time and the weights.
        """
        self._towers = towers.cpu().eval().requires_grad_(requires_grad=False)
        self._history_vectors = history_vectors.detach().cpu()
        self._preprocessing = preprocessing
        self._config = config
        causal = self._towers.causal
        self._causal_weights = (
            {} if causal is None else {k: v.numpy() for k, v in causal.state_dict().items()}
        )
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
        """Hyper-parameters of the training."""
        return self._config

    def encode_items(self, items: pd.DataFrame) -> npt.NDArray[np.float32]:
        """Vectors of any items, float32 (n, dim); an item unknown at training by content alone.

        Args:
            items: ITEM_COLUMNS, one row per item.

        Raises:
            ContractError: if a column is absent.
        """
        _require(items, ITEM_COLUMNS, "items")
        features = FeatureTensors.of(self._preprocessing.item_features(items))
        rows = torch.from_numpy(self._preprocessing.items.get_indexer(pd.Index(items["item_id"])))
        known = rows >= 0
        vectors = self._towers.content(features)
        vectors[known] += self._towers.ids[rows[known]]
        bias = self._towers.new_item_bias().repeat(len(items))
        bias[known] = self._towers.bias[rows[known]]
        return _as_array(torch.cat([unit(vectors), bias[:, None]], dim=1))

    def unknown(self, item_ids: Collection[str]) -> list[str]:
        """Those of the items that were unknown at training."""
        return [item_id for item_id in item_ids if item_id not in self._preprocessing.items]

    def encode_users(
        self,
        users: pd.DataFrame,
        interactions: pd.DataFrame,
        now: datetime | None,
        *,
        new_items: Vectors = MappingProxyType({}),
    ) -> npt.NDArray[np.float32]:
        """Vectors of users, float32 (n, dim), in the order of `users`.

        A user's vector depends on their own row and interactions alone, so it is the same online
        as in a batch. A user without interactions is encoded by their preferences; for a user
        without either, only the items' biases count.

        Args:
            users: USER_COLUMNS, one row per user.
            interactions: INTERACTION_COLUMNS. Those of other users, of unknown items, and later
                than `now` are ignored.
            now: an instant with its UTC offset; None is after all interactions.
            new_items: vectors, as `encode_items` gives them, of items unknown at training, by id.
                Interactions with these count by their content.

        Raises:
            ContractError: if a column is absent, or an interaction is not valid.
        """
        _require(users, USER_COLUMNS, "users")
        _require(interactions, INTERACTION_COLUMNS, "interactions")
        past = interactions if now is None else interactions[~(interactions["timestamp"] > now)]
        items, vectors = self._met(past, new_items)
        histories = Histories.build(
            past,
            users["user_id"].tolist(),
            items,
            self._config.confidence,
            self._config.encoded_interactions,
        )
        weights = histories.weights(self._config.recency_half_life)
        pooled = pool(
            vectors,
            torch.from_numpy(histories.items),
            torch.from_numpy(histories.offsets[:-1]),
            torch.from_numpy(weights),
        )
        confidence = torch.from_numpy(histories.total_magnitudes(weights))
        preferences = token_tensors(self._preprocessing.preference_tokens(users["preferences"]))
        encoded = self._towers.users(
            pooled,
            confidence,
            self._towers.preferred(preferences),
            self._encoded(histories, weights, vectors) if self._causal_weights else None,
        )
        ones = torch.ones(len(users), 1)
        return _as_array(torch.cat([encoded * self._towers.scale, ones], dim=1))

    def _met(self, interactions: pd.DataFrame, new_items: Vectors) -> tuple[pd.Index, Tensor]:
        """The items whose interactions count, and their unit vectors, (items, dim - 1).

        Known ones keep their order, so that sums over a history without new items do not change.
        """
        known = self._preprocessing.items
        if not new_items:
            return known, self._history_vectors
        met = pd.Index(interactions["item_id"].unique(), dtype=object)
        places = known.get_indexer(met)
        # Without content there is nothing by which an item could count.
        new = sorted(
            item_id
            for item_id in met[places < 0]
            if item_id in new_items and new_items[item_id][:-1].any()
        )
        places = np.sort(places[places >= 0])
        unit_vectors = [self._history_vectors[torch.from_numpy(places)]]
        if new:
            unit_vectors.append(torch.from_numpy(np.stack([new_items[each][:-1] for each in new])))
        return known[places].append(pd.Index(new, dtype=object)), torch.cat(unit_vectors)

    def _encoded(
        self, histories: Histories, weights: npt.NDArray[np.float32], item_vectors: Tensor
    ) -> Tensor:
        """What the causal encoder makes of histories, (users, dim - 1); zero for an empty one."""
        vectors = item_vectors.numpy()
        encoded = np.zeros((len(histories.offsets) - 1, vectors.shape[1]), dtype=np.float32)
        for users, sequences in histories.newest(self._config.causal.length, _USERS_AT_ONCE):
            entries = vectors[histories.items[sequences.entries]]
            entries *= np.where(sequences.is_entry, weights[sequences.entries], 0)[..., None]
            encoded[users] = encode_newest(self._causal_weights, entries, sequences.lengths)
        return torch.from_numpy(encoded)

    def save(self, folder: Path) -> None:
        """Write the bundle into `folder`, which is created if it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        # Tensors may share memory, which safetensors refuses.
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
        history_vectors = tensors.pop(_HISTORY_VECTORS)
        towers = Towers(description.preprocessing, description.config)
        towers.load_state_dict(tensors)
        if history_vectors.shape != towers.ids.shape:
            raise ValueError(f"{_HISTORY_VECTORS} have shape {tuple(history_vectors.shape)}")
        return cls(
            towers,
            history_vectors,
            description.preprocessing,
            description.config,
            description.version,
        )

    def _tensors(self) -> dict[str, Tensor]:
        return {**self._towers.state_dict(), _HISTORY_VECTORS: self._history_vectors}


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
