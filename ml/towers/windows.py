"""Training windows: what users did around an entry of their histories.

A window is centred on one entry of a user's history, its anchor. Entries near the anchor in time
weigh more than distant ones. A part of the window is hidden, and the model learns to predict it
from the rest, as a denoising autoencoder does (Liang et al. 2018).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.model import ranges
from ml.towers.training_data import TrainingData
from streams.errors import ContractError

_MAX_HALF_LIVES = 7.0
"""Entries further away from the anchor are left out: they would weigh less than a hundredth."""

_MAX_ENTRIES = 512
"""Expected entries of a longer window: of all others a random share is left out, so that a step
costs no more because of a few users with thousands of entries."""

NEW_ITEM_WEIGHT = 4.0
"""How much more often than others windows are centred on items that the model from which a run
starts does not know. On a validation split of RetailRocket 8 was no better, and 1 worse."""

_SHORT_HISTORY = 16
"""Up to this many entries, `history_dropout` applies in full."""


@dataclass(frozen=True, slots=True)
class WindowBatch:
    """A batch of windows; their entries follow each other, and each window is a row."""

    size: int
    """Number of windows."""
    rows: Tensor
    """int64 (entries,), the window of each entry, in ascending order."""
    starts: Tensor
    """int64 (size,), the first entry of each window."""
    items: Tensor
    """int64 (entries,)."""
    weights: Tensor
    """float32 (entries,): confidence weight times proximity to the anchor, for the user tower."""
    visible: Tensor
    """float32 (entries,): 1 where the user tower sees the entry, else 0."""
    labels: Tensor
    """float32 (entries,): of the hidden entries to predict, confidence weight times proximity to
    the anchor, else 0."""
    preferences: tuple[Tensor, Tensor]
    """Category indices, and the first index of each window."""


class TrainingWindows:
    """The histories of all users, from which windows are sampled."""

    def __init__(self, data: TrainingData) -> None:
        """Collect the histories.

        Raises:
            ContractError: if no interaction has a positive confidence weight, or one is not valid.
        """
        self._config = config = data.config
        self._generator = data.generator
        histories = data.histories()
        if not (histories.confidence > 0).any():
            raise ContractError("no interaction has a positive confidence weight")
        self._item_count = len(data.preprocessing.item_ids)
        self._device = data.device
        self._items = self._tensor(histories.items)
        self._weights = self._tensor(histories.weights(config.recency_half_life))
        self._strengths = self._tensor(np.maximum(histories.confidence, 0))
        self._ages = self._tensor(histories.ages)
        self._starts = self._tensor(histories.offsets[:-1])
        self._lengths = self._tensor(histories.offsets).diff()
        owners = np.repeat(np.arange(len(data.user_ids)), np.diff(histories.offsets))
        self._owners = self._tensor(owners)
        self._half_life = _proximity_half_life(histories, config)
        sizes = self._tensor(histories.session_sizes(self._half_life))
        self.entries = len(histories.items)
        self.sessions = int(np.ceil(float((1 / sizes).sum())))
        self._anchor_weights = sizes**-config.session_exponent
        if data.start is not None:
            known = self._tensor(data.preprocessing.items.isin(data.start.item_ids))
            self._anchor_weights[~known[self._items]] *= NEW_ITEM_WEIGHT
        tokens = data.preferences()
        self._preferences = self._tensor(tokens.indices)
        self._preference_starts = self._tensor(tokens.offsets[:-1])
        self._preference_lengths = self._tensor(tokens.offsets).diff()

    def popularity(self) -> Tensor:
        """How many users have each item with a positive confidence weight, float32 (items,)."""
        return torch.bincount(self._items[self._strengths > 0], minlength=self._item_count).float()

    def sample(self) -> Tensor:
        """Anchors of an epoch, as many as there are sessions: entries, int64 (sessions,)."""
        # Inverse transform sampling, as torch.multinomial accepts no more than 2**24 entries.
        sums = torch.cumsum(self._anchor_weights.double(), 0)
        draws = torch.rand(
            self.sessions, generator=self._generator, dtype=torch.float64, device=self._device
        )
        return torch.searchsorted(sums, draws * sums[-1]).clamp(max=len(sums) - 1)

    def batch(self, anchors: Tensor) -> WindowBatch:
        """The windows around the anchors, with a newly sampled part hidden."""
        config, count = self._config, len(anchors)
        users = self._owners[anchors]
        entries, rows = ranges(self._starts[users], self._lengths[users])
        distances = (self._ages[entries] - self._ages[anchors][rows]).abs()
        distances = distances * (1 - self._bernoulli(count, config.whole_history_share))[rows]
        near = distances < _MAX_HALF_LIVES * self._half_life
        kept = _MAX_ENTRIES / torch.bincount(rows[near], minlength=count).clamp(min=_MAX_ENTRIES)
        near &= (self._bernoulli(len(rows), kept[rows]) > 0) | (entries == anchors[rows])
        entries, rows = entries[near], rows[near]
        proximity = torch.exp2(-distances[near] / self._half_life)

        lengths = torch.bincount(rows, minlength=count) / _SHORT_HISTORY
        dropout = config.history_dropout * lengths.clamp(min=1) ** -config.dropout_exponent
        visible = torch.maximum(
            self._bernoulli(len(entries), 1 - dropout[rows]), (entries == anchors[rows]).float()
        )
        preferences, preference_rows = ranges(
            self._preference_starts[users], self._preference_lengths[users]
        )
        preferences_only = self._bernoulli(count, config.preferences_only_share)
        preferences_only = preferences_only * (self._preference_lengths[users] > 0)
        visible = visible * (1 - preferences_only)[rows]
        row_numbers = torch.arange(count, device=self._device)
        return WindowBatch(
            size=count,
            rows=rows,
            starts=torch.searchsorted(rows, row_numbers),
            items=self._items[entries],
            weights=self._weights[entries] * proximity,
            visible=visible,
            labels=proximity * self._strengths[entries] * (1 - visible),
            preferences=(
                self._preferences[preferences],
                torch.searchsorted(preference_rows, row_numbers),
            ),
        )

    def _bernoulli(self, count: int, probability: float | Tensor) -> Tensor:
        """Samples of 0 and 1, float32 (count,)."""
        draws = torch.rand(count, generator=self._generator, device=self._device)
        return (draws < probability).float()

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)


def _proximity_half_life(histories: Histories, config: TowersConfig) -> float:
    """Days; any will do where all entries of a user have the same instant."""
    return config.proximity_half_life or histories.median_gap() or 1.0
