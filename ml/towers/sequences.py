"""Training sequences: each user's newest entries in their order, for the causal encoder."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ml.towers.training_data import TrainingData
from streams.errors import ContractError


@dataclass(frozen=True, slots=True)
class SequenceBatch:
    """A batch of sequences, padded at their ends to one length.

    Entry t + 1 is the target at place t, unless its confidence weight is not positive.
    """

    items: Tensor
    """int64 (sequences, length + 1)."""
    weights: Tensor
    """float32 (sequences, length + 1): confidence weights, 0 in the padding."""
    is_entry: Tensor
    """bool (sequences, length + 1), False in the padding."""
    preferences: tuple[Tensor, Tensor]
    """Category indices, and the first index of each sequence."""


class TrainingSequences:
    """The histories of all users in the order of their times."""

    def __init__(self, data: TrainingData) -> None:
        """Collect the histories.

        Raises:
            ContractError: no user has two entries, or an interaction is not valid.
        """
        self._config = config = data.config
        self._device = data.device
        self._random = np.random.default_rng(data.generator.initial_seed())
        histories = data.histories()
        order = histories.by_time()
        self._items = histories.items[order]
        self._weights = histories.weights(config.recency_half_life)[order]
        self._offsets = histories.offsets
        self._lengths = np.diff(histories.offsets)
        self._users = np.flatnonzero(self._lengths > 1)
        if not len(self._users):
            raise ContractError("no user has two items, so there is no order to learn from")
        counted = np.bincount(
            histories.items[histories.confidence > 0], minlength=len(data.preprocessing.item_ids)
        )
        self.popularity = torch.from_numpy(counted).float().to(self._device)
        """How many users have each item with a positive confidence weight, float32 (items,)."""
        self._preferences = data.preferences()

    @property
    def steps(self) -> int:
        """Batches of an epoch."""
        return -(-len(self._users) // self._config.batch_size)

    def batches(self) -> list[npt.NDArray[np.int64]]:
        """The users of each batch of an epoch; those of a batch have similar lengths."""
        lengths = np.minimum(self._lengths[self._users], self._config.causal.length + 1)
        order = self._users[np.argsort(lengths + self._random.random(len(lengths)))]
        size = self._config.batch_size
        found = [order[first : first + size] for first in range(0, len(order), size)]
        self._random.shuffle(found)
        return found

    def batch(self, users: npt.NDArray[np.int64]) -> SequenceBatch:
        """Sequences of these users; of a long history, `causal.length` + 1 entries in a row."""
        longest = self._config.causal.length + 1
        lengths = np.minimum(self._lengths[users], longest)
        first = self._offsets[users] + self._random.integers(
            self._lengths[users] - lengths, endpoint=True
        )
        places = np.arange(lengths.max())
        is_entry = places < lengths[:, None]
        entries = np.where(is_entry, first[:, None] + places, 0)
        return SequenceBatch(
            items=self._tensor(self._items[entries]),
            weights=self._tensor(np.where(is_entry, self._weights[entries], np.float32(0))),
            is_entry=self._tensor(is_entry),
            preferences=self._preferred(users),
        )

    def _preferred(self, users: npt.NDArray[np.int64]) -> tuple[Tensor, Tensor]:
        tokens = self._preferences
        rows: Sequence[npt.NDArray[np.int64]] = [
            tokens.indices[tokens.offsets[user] : tokens.offsets[user + 1]] for user in users
        ]
        starts = np.cumsum([0, *map(len, rows)])[:-1]
        return self._tensor(np.concatenate(rows)), self._tensor(starts)

    def _tensor(self, array: npt.NDArray[np.generic]) -> Tensor:
        return torch.from_numpy(array).to(self._device)
