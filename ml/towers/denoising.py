"""The objective of the pooling encoder: a part of a window is hidden, and to be predicted.

It is the multinomial log-likelihood of a denoising autoencoder, as in Mult-DAE (Liang et al. 2018),
with a sampled softmax (`ml.towers.negative_sampling`).
"""

from collections.abc import Iterator
from itertools import islice

import torch
from torch import Tensor

from ml.towers.loss import Targets, product_dtype, softmax_loss
from ml.towers.model import Towers, pool
from ml.towers.negative_sampling import MixedNegativeSampler, SampledItems
from ml.towers.objective import Encode, adam
from ml.towers.training_data import TrainingData
from ml.towers.windows import TrainingWindows, WindowBatch

_EPOCHS = 15
_WINDOWS_PER_ENTRY = 3
_MIN_STEPS = 800
_ESTIMATED_BATCHES = 100


class Denoising:
    """See the module; `Objective` says what its members are."""

    def __init__(self, data: TrainingData) -> None:
        """Collect the windows.

        Raises:
            ContractError: if no interaction has a positive confidence weight, or one is not valid.
        """
        self._config = config = data.config
        self._dtype = product_dtype(data.device)
        self._windows = TrainingWindows(data)
        self.popularity = self._windows.popularity()
        self.steps = -(-self._windows.sessions // config.batch_size)
        enough = -(-_WINDOWS_PER_ENTRY * self._windows.entries // self._windows.sessions)
        self.epochs = config.epochs or max(min(_EPOCHS, enough), -(-_MIN_STEPS // self.steps))
        self._sampler = MixedNegativeSampler.over(
            len(self.popularity), self._some_targets(), config.sampled_items, data.generator
        )

    def optimizers(self, towers: Towers) -> list[torch.optim.Optimizer]:
        """Adam with one learning rate."""
        return adam(towers, self._config.learning_rate)

    def losses(self, towers: Towers, encode: Encode) -> Iterator[Tensor]:
        """The losses of as many windows as there are sessions, a batch at a time."""
        for batch in self._batches():
            yield self._loss(towers, encode, batch)

    def _batches(self) -> Iterator[WindowBatch]:
        for anchors in torch.split(self._windows.sample(), self._config.batch_size):
            yield self._windows.batch(anchors)

    def _some_targets(self) -> Iterator[Tensor]:
        """The targets of a few batches."""
        for batch in islice(self._batches(), _ESTIMATED_BATCHES):
            yield batch.items[batch.labels > 0]

    def _loss(self, towers: Towers, encode: Encode, batch: WindowBatch) -> Tensor:
        sampled = self._sampler.sample(batch.items[batch.labels > 0])
        items = torch.unique(torch.cat([sampled.items, batch.items]))
        vectors, bias = encode(items)
        weights = batch.weights * batch.visible
        confidence = weights.new_zeros(batch.size).index_add(0, batch.rows, weights.abs())
        pooled = towers.dampened(weights, batch.rows, batch.items)
        users = towers.users(
            pool(vectors, torch.searchsorted(items, batch.items), batch.starts, pooled),
            confidence,
            towers.preferred(batch.preferences),
        )
        in_softmax = torch.searchsorted(items, sampled.items)
        vectors, bias = vectors.index_select(0, in_softmax), bias.index_select(0, in_softmax)
        return softmax_loss(
            torch.cat([users * towers.scale, users.new_ones(batch.size, 1)], dim=1),
            torch.cat([vectors, (bias + sampled.log_q_correction)[:, None]], dim=1),
            self._targets(batch, sampled),
            self._dtype,
        )

    def _targets(self, batch: WindowBatch, sampled: SampledItems) -> Targets:
        """The hidden entries; the visible ones are masked, as no list holds items already seen."""
        mass = batch.labels.new_zeros(batch.size).index_add(0, batch.rows, batch.labels)
        balance = mass.clamp(min=1e-6) ** -self._config.target_exponent / batch.size
        columns, is_sampled = sampled.columns(batch.items)
        is_target, is_masked = batch.labels > 0, (batch.visible > 0) & is_sampled
        return Targets(
            rows=batch.rows[is_target],
            columns=columns[is_target],
            labels=(batch.labels * balance[batch.rows])[is_target],
            masked=(batch.rows[is_masked], columns[is_masked]),
        )
