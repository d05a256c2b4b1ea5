"""A trained model as one folder, with a checksum and without the state of the training."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Self, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS
from ml.towers.config import TowersConfig
from ml.towers.description import describe, opened, weights_of
from ml.towers.events import Events
from ml.towers.model import FeatureTensors, Towers, unit
from ml.towers.preprocessing import Preprocessing
from ml.towers.user_encoder import HISTORY_VECTORS, UserEncoder, Vectors, with_content
from streams.contracts.category import names
from streams.errors import ContractError


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
        self.user_encoder = UserEncoder(
            {name: t.numpy() for name, t in self._tensors().items() if UserEncoder.is_read(name)},
            preprocessing,
            config,
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

    @property
    def preprocessing(self) -> Preprocessing:
        """Vocabularies and statistics of the training."""
        return self._preprocessing

    def weights(self) -> Mapping[str, Tensor]:
        """The weights of both towers by name, as `Towers` has them."""
        return self._towers.state_dict()

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
        new = with_content(new_items)
        items = self._preprocessing.items
        if new:
            items = items.append(pd.Index(list(new), dtype=object))
        categories = {
            text: self._preprocessing.preferred(names(text))
            for text in users["preferences"].unique()
        }
        return self.user_encoder.encode(
            Events.of_frame(past, users["user_id"].tolist(), items),
            [categories[text] for text in users["preferences"]],
            new.values(),
        )

    def save(self, folder: Path) -> None:
        """Write the bundle into `folder`, which is created if it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        # Tensors may share memory, which safetensors refuses.
        tensors = {name: tensor.clone() for name, tensor in self._tensors().items()}
        save_file(tensors, weights_of(folder))
        describe(folder, self.version, self._config, self._preprocessing)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: if the bundle is missing, damaged, or of another format.
        """
        with opened(folder) as description:
            tensors = load_file(weights_of(folder))
            history_vectors = tensors.pop(HISTORY_VECTORS)
            towers = Towers(description.preprocessing, description.config)
            towers.load_state_dict(tensors)
            return cls(
                towers,
                history_vectors,
                description.preprocessing,
                description.config,
                description.version,
            )

    def _tensors(self) -> dict[str, Tensor]:
        return {**self._towers.state_dict(), HISTORY_VECTORS: self._history_vectors}


def _require(table: pd.DataFrame, columns: tuple[str, ...], name: str) -> None:
    absent = [column for column in columns if column not in table]
    if absent:
        raise ContractError(f"{name} lack the columns {', '.join(absent)}")


def _new_version(tensors: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(tensors):
        digest.update(tensors[name].contiguous().numpy().tobytes())
    return f"{datetime.now(UTC):%Y%m%dT%H%M%SZ}-{digest.hexdigest()[:8]}"


def _as_array(vectors: Tensor) -> npt.NDArray[np.float32]:
    return cast("npt.NDArray[np.float32]", vectors.numpy())
