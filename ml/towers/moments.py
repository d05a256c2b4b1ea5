"""What a training step looks at: users' histories as they stood around a moment."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from ml.dataset import Dataset
from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.model import ranges
from ml.towers.preprocessing import Preprocessing
from streams.errors import ContractError

_FARTHEST = 7.0
"""Half-lives beyond which an entry is out of sight: it would count less than a hundredth."""

_SHORT = 16
"""Entries of a history of which no smaller share is hidden."""


@dataclass(frozen=True, slots=True)
class View:
    """The entries around a batch of moments, one after another; a row is a moment."""

    users: int
    """Number of rows."""
    rows: Tensor
    """int64 (entries,), rising"""
    starts: Tensor
    """int64 (users,), where each row's entries begin"""
    items: Tensor
    """int64 (entries,)"""
    weights: Tensor
    """float32 (entries,): strength times nearness, for the user tower"""
    shown: Tensor
    """float32 (entries,): 1 where the user tower may see the entry"""
    labels: Tensor
    """float32 (entries,): nearness of what is hidden and to be found, else 0"""
    preferences: tuple[Tensor, Tensor]
    """Category indices and where each row's begin"""


class Moments:
    """All histories of a dataset, to draw moments from.

    A moment is an entry of a history. It shows what the user did around it, and hides a part.
    """

    def __init__(
        self,
        dataset: Dataset,
        preprocessing: Preprocessing,
        config: TowersConfig,
        generator: torch.Generator,
    ) -> None:
        """Gather the histories, on the device of the generator.

        Raises:
            ContractError: if no interaction speaks for any item, or one is not valid.
        """
        self._config = config
        self._generator = generator
        user_ids = sorted(map(str, dataset.interactions["user_id"].unique()))
        histories = Histories.build(
            dataset.interactions, user_ids, preprocessing.items, config.strengths
        )
        if not (histories.strengths > 0).any():
            raise ContractError("there is no interaction that speaks for an item")
        self.users = len(user_ids)
        self._item_count = len(preprocessing.item_ids)
        self._device = generator.device
        self._items = self._tensor(histories.items)
        self._weights = self._tensor(histories.weights(config.recency_half_life))
        self._positive = self._tensor(histories.strengths > 0)
        self._ages = self._tensor(histories.ages)
        self._starts = self._tensor(histories.offsets[:-1])
        self._lengths = self._tensor(histories.offsets).diff()
        owners = np.repeat(np.arange(self.users), np.diff(histories.offsets))
        self._owners = self._tensor(owners)
        sizes = self._tensor(histories.neighbours(config.proximity_half_life))
        self.visits = int(np.ceil(float((1 / sizes).sum())))
        self._chances = sizes**-config.visit_exponent
        preferences = dataset.users.drop_duplicates("user_id").set_index("user_id")["preferences"]
        tokens = preprocessing.preference_tokens(preferences.reindex(user_ids).fillna(""))
        self._preferences = self._tensor(tokens.indices)
        self._preference_starts = self._tensor(tokens.offsets[:-1])
        self._preference_lengths = self._tensor(tokens.offsets).diff()

    def popularity(self) -> Tensor:
        """How many users each item has (items,), float32."""
        return torch.bincount(self._items[self._positive], minlength=self._item_count).float()

    def draw(self) -> Tensor:
        """As many moments as there are visits: positions of entries, int64 (visits,)."""
        # A cumulative sum, as torch.multinomial takes no more than 2**24 entries.
        sums = torch.cumsum(self._chances.double(), 0)
        draws = torch.rand(
            self.visits, generator=self._generator, dtype=torch.float64, device=self._device
        )
        return torch.searchsorted(sums, draws * sums[-1]).clamp(max=len(sums) - 1)

    def view(self, moments: Tensor) -> View:
        """What is to be seen, and to be found, around some moments."""
        config, count = self._config, len(moments)
        users = self._owners[moments]
        entries, rows = ranges(self._starts[users], self._lengths[users])
        distances = (self._ages[entries] - self._ages[moments][rows]).abs()
        distances = distances * (1 - self._chance(count, config.whole_history_share))[rows]
        near = distances < _FARTHEST * config.proximity_half_life
        entries, rows = entries[near], rows[near]
        nearness = torch.exp2(-distances[near] / config.proximity_half_life)

        lengths = torch.bincount(rows, minlength=count) / _SHORT
        hidden = config.history_dropout * lengths.clamp(min=1) ** -config.dropout_exponent
        shown = torch.maximum(
            self._chance(len(entries), 1 - hidden[rows]), (entries == moments[rows]).float()
        )
        preferences, preference_rows = ranges(
            self._preference_starts[users], self._preference_lengths[users]
        )
        is_newcomer = self._chance(count, config.newcomer_share)
        is_newcomer = is_newcomer * (self._preference_lengths[users] > 0)
        shown = shown * (1 - is_newcomer)[rows]
        row_numbers = torch.arange(count, device=self._device)
        return View(
            users=count,
            rows=rows,
            starts=torch.searchsorted(rows, row_numbers),
            items=self._items[entries],
            weights=self._weights[entries] * nearness,
            shown=shown,
            labels=nearness * self._positive[entries] * (1 - shown),
            preferences=(
                self._preferences[preferences],
                torch.searchsorted(preference_rows, row_numbers),
            ),
        )

    def _chance(self, count: int, share: float | Tensor) -> Tensor:
        """Ones with that chance, else zeros."""
        draws = torch.rand(count, generator=self._generator, device=self._device)
        return (draws < share).float()

    def _tensor(self, array: npt.NDArray[Any]) -> Tensor:
        return torch.from_numpy(array).to(self._device)
