"""The user tower by numpy: of one shopper at a request, and of all users at once.

It computes what `ml.towers.model.Towers.users` does in training, without torch and pandas.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Self

import numpy as np
import numpy.typing as npt
from safetensors import safe_open

from ml.towers.causal_inference import encode_newest
from ml.towers.config import TowersConfig
from ml.towers.description import opened, weights_of
from ml.towers.events import Events
from ml.towers.history import Histories
from ml.towers.preprocessing import Preprocessing
from streams.contracts import Interaction
from streams.contracts.category import SEPARATOR, names

Array = npt.NDArray[np.float32]
Vectors = Mapping[str, Array]
"""Of items, float32 (dim,), by id."""

HISTORY_VECTORS = "history_vectors"
_CATEGORIES = "content.category_embedding"
_ITEM_CATEGORIES = "item_categories"
_CAUSAL = "causal."
_MIN_NORM = np.float32(1e-6)
MIN_TOTAL = 1e-6
"""Of the weights of a category's entries, which would be divided by zero where all are hidden."""
_USERS_AT_ONCE = 1024
"""Of the causal encoder, which needs 0.3 MB for each."""


class UserEncoder:
    """Encodes users by what they prefer and what they did. Threads may share one.

    A user's vector is a scaled unit vector with 1 appended; it depends on their own preferences and
    events alone.
    """

    def __init__(
        self, tensors: Mapping[str, Array], preprocessing: Preprocessing, config: TowersConfig
    ) -> None:
        """Combine the parts of a bundle.

        Args:
            tensors: those of its weights that `is_read` names, by name.
            preprocessing: fitted on the training data.
            config: hyper-parameters of the training.

        Raises:
            KeyError: if a tensor is absent.
            ValueError: if the shape of one does not fit.
        """
        self._preprocessing = preprocessing
        self._config = config
        self._history_vectors = tensors[HISTORY_VECTORS]
        self._categories = tensors[_CATEGORIES]
        self._causal = {
            name.removeprefix(_CAUSAL): tensor
            for name, tensor in tensors.items()
            if name.startswith(_CAUSAL)
        }
        for name, rows in ((HISTORY_VECTORS, preprocessing.item_ids),
                           (_CATEGORIES, preprocessing.category_paths)):  # fmt: skip
            if tensors[name].shape != (len(rows), config.dim - 1):
                raise ValueError(f"{name} have shape {tensors[name].shape}")
        categories = tensors[_ITEM_CATEGORIES]
        if categories.shape != (len(preprocessing.item_ids),):
            raise ValueError(f"{_ITEM_CATEGORIES} have shape {categories.shape}")
        # In training the causal encoder pools each prefix of a history, without categories.
        is_dampened = not self._causal and (categories >= 0).any()
        self._category_exponent = config.category_exponent if is_dampened else 0.0
        # From 1 on; 0 is none, as of the items that follow those known at training.
        self._category_of = np.append(categories + 1, 0)
        self._places = {item_id: place for place, item_id in enumerate(preprocessing.item_ids)}
        self._scale = np.float32(config.scale(len(self._places)))

    @staticmethod
    def is_read(name: str) -> bool:
        """Whether encoding takes the tensor of this name."""
        names = (HISTORY_VECTORS, _CATEGORIES, _ITEM_CATEGORIES)
        return name in names or name.startswith(_CAUSAL)

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read the user tower of the bundle in a folder.

        Raises:
            ModelError: if the bundle is missing, damaged, or of another format.
        """
        with opened(folder) as description, safe_open(weights_of(folder), "numpy") as file:
            tensors = {name: file.get_tensor(name) for name in file.keys() if cls.is_read(name)}  # noqa: SIM118
            return cls(tensors, description.preprocessing, description.config)

    @property
    def dim(self) -> int:
        """Length of the vectors."""
        return self._config.dim

    def unknown(self, item_ids: Iterable[str]) -> list[str]:
        """Those of the items that were unknown at training."""
        return [item_id for item_id in item_ids if item_id not in self._places]

    def encode_shopper(
        self,
        preferences: Sequence[str],
        history: Sequence[Interaction],
        *,
        new_items: Vectors = MappingProxyType({}),
    ) -> Array:
        """The vector of one shopper, float32 (dim,); without a history, of the preferences alone.

        Args:
            preferences: names of the categories that they like.
            history: what they did, in any order. An interaction that another machine's clock puts
                into the future counts as well.
            new_items: vectors of items unknown at training; interactions with these count by their
                content.
        """
        vector: Array = self.encode_with_newest(preferences, history, 0, new_items=new_items)[0]
        return vector

    def encode_with_newest(
        self,
        preferences: Sequence[str],
        history: Sequence[Interaction],
        newest: int,
        *,
        new_items: Vectors = MappingProxyType({}),
    ) -> Array:
        """One shopper, and what they did last by itself, float32 (2, dim).

        It takes little longer than `encode_shopper`, of which the first row is the answer.

        Args:
            preferences: as there.
            history: the newest last.
            newest: how many events the second row is made of, without the preferences.
            new_items: as there.
        """
        new = with_content(new_items)
        places = self._places
        added = {item_id: len(places) + place for place, item_id in enumerate(new)}
        last = history[-newest:] if newest else ()
        events = Events.of_each(
            (history, last),
            (lambda item: places.get(item, added.get(item))) if added else places.get,
        )
        categories = [self._preprocessing.preferred(names(SEPARATOR.join(preferences))), ()]
        return self.encode(events, categories, new.values())

    def encode(
        self,
        events: Events,
        categories: Sequence[Sequence[int]],
        new_vectors: Collection[Array] = (),
    ) -> Array:
        """Vectors of users, float32 (users, dim).

        Args:
            events: of all of them.
            categories: the preferred categories of each.
            new_vectors: float32 (dim,) of the items whose places follow those known at training.

        Raises:
            ContractError: if an event is not valid.
        """
        config, users = self._config, len(categories)
        histories = Histories.of(events, users, config.confidence, config.encoded_interactions)
        weights = histories.weights(config.recency_half_life)
        new = np.stack([each[:-1] for each in new_vectors]) if new_vectors else None
        history = unit(self._pooled(histories, weights, new))
        if self._causal:
            encoded = unit(self._encoded(histories, weights, new))
            history = unit(encoded + self._causal["pooled_weight"] * history)
        confidence = histories.total_magnitudes(weights) / np.float32(config.preference_weight)
        vectors = np.ones((users, config.dim), dtype=np.float32)
        vectors[:, :-1] = unit(history * confidence[:, None] + self._preferred(categories))
        vectors[:, :-1] *= self._scale
        return vectors

    def _pooled(self, histories: Histories, weights: Array, new: Array | None) -> Array:
        """Weighted sums of item vectors, (users, dim - 1)."""
        offsets = histories.offsets
        pooled = np.zeros((len(offsets) - 1, self._config.dim - 1), dtype=np.float32)
        for user in np.flatnonzero(np.diff(offsets)).tolist():
            entries = slice(offsets[user], offsets[user + 1])
            items = histories.items[entries]
            pooled[user] = self._dampened(weights[entries], items) @ self._vectors(items, new)
        return pooled

    def _dampened(self, weights: Array, items: npt.NDArray[np.int64]) -> Array:
        """The weights of a user's entries, lower where many are of one category."""
        if not self._category_exponent:
            return weights
        categories = self._category_of.take(items, mode="clip")
        totals = np.bincount(categories, np.abs(weights))
        totals[0] = 1
        factors = np.maximum(totals[categories], MIN_TOTAL) ** -self._category_exponent
        dampened: Array = weights * factors.astype(np.float32)
        return dampened

    def _encoded(self, histories: Histories, weights: Array, new: Array | None) -> Array:
        """What the causal encoder makes of histories, (users, dim - 1); zero for an empty one."""
        users = len(histories.offsets) - 1
        encoded = np.zeros((users, self._config.dim - 1), dtype=np.float32)
        for block, sequences in histories.newest(self._config.causal.length, _USERS_AT_ONCE):
            entries = self._vectors(histories.items[sequences.entries], new)
            entries *= np.where(sequences.is_entry, weights[sequences.entries], 0)[..., None]
            encoded[block] = encode_newest(self._causal, entries, sequences.lengths)
        return encoded

    def _vectors(self, items: npt.NDArray[np.int64], new: Array | None) -> Array:
        """A new array of the items' unit vectors, (*items.shape, dim - 1)."""
        known = len(self._history_vectors)
        if new is None:
            return self._history_vectors[items]
        vectors = np.empty((*items.shape, new.shape[1]), dtype=np.float32)
        is_new = items >= known
        vectors[~is_new] = self._history_vectors[items[~is_new]]
        vectors[is_new] = new[items[is_new] - known]
        return vectors

    def _preferred(self, categories: Sequence[Sequence[int]]) -> Array:
        """Unit vectors of preferences, (users, dim - 1), zero for a user without any."""
        # Many users prefer the same.
        places: dict[tuple[int, ...], int] = {}
        users = [places.setdefault(tuple(each), len(places)) for each in categories]
        means = np.zeros((len(places), self._config.dim - 1), dtype=np.float32)
        for preferred, place in places.items():
            if preferred:
                means[place] = self._categories[list(preferred)].mean(axis=0)
        return unit(means)[users]


def unit(vectors: Array) -> Array:
    """The vectors scaled to norm 1; zero vectors stay zero."""
    norms = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    scaled: Array = vectors / np.maximum(norms, _MIN_NORM)[:, None]
    return scaled


def with_content(new_items: Vectors) -> dict[str, Array]:
    """Those by whose content an interaction can count."""
    return {item_id: vector for item_id, vector in new_items.items() if vector[:-1].any()}
