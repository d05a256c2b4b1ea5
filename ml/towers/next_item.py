"""The objective of the causal encoder: each entry of a sequence is predicted from those before it.

The softmax runs over the items of the batch and uniform negatives, with log-Q correction. With as
many negatives as that it is as good as the one over all items (Klenitskiy & Vasilev, "Turning Dross
Into Gold Loss: is BERT4Rec really better than SASRec?", 2023).
"""

from collections.abc import Iterator

import torch
from torch import Tensor

from ml.towers.loss import Targets, product_dtype, softmax_loss
from ml.towers.model import Towers
from ml.towers.negative_sampling import MixedNegativeSampler
from ml.towers.objective import Encode, adam
from ml.towers.sequences import SequenceBatch, TrainingSequences
from ml.towers.training_data import TrainingData

_MIN_EPOCHS = 6
_MIN_STEPS = 450


class NextItem:
    """See the module; `Objective` says what its members are."""

    def __init__(self, data: TrainingData) -> None:
        """Collect the sequences.

        Raises:
            ContractError: no user has two entries, or an interaction is not valid.
        """
        self._config = config = data.config
        self._dtype = product_dtype(data.device)
        self._generator = data.generator
        self._sequences = TrainingSequences(data)
        self.popularity = self._sequences.popularity
        self.steps = self._sequences.steps
        self.epochs = config.causal.epochs or max(_MIN_EPOCHS, -(-_MIN_STEPS // self.steps))
        self._sampler = MixedNegativeSampler.over(
            len(self.popularity),
            (batch.items[batch.is_entry] for batch in self._batches()),
            config.causal.sampled_items,
            data.generator,
        )

    def optimizers(self, towers: Towers) -> list[torch.optim.Optimizer]:
        """Adam with one learning rate for the encoder and one for the item tower."""
        causal = self._config.causal
        assert towers.causal is not None
        encoder = {"params": list(towers.causal.parameters()), "lr": causal.learning_rate}
        return adam(towers, causal.embedding_learning_rate, [encoder])

    def losses(self, towers: Towers, encode: Encode) -> Iterator[Tensor]:
        """The losses of a sequence of each user, a batch at a time."""
        for batch in self._batches():
            yield self._loss(towers, encode, batch)

    def _batches(self) -> Iterator[SequenceBatch]:
        return map(self._sequences.batch, self._sequences.batches())

    def _loss(self, towers: Towers, encode: Encode, batch: SequenceBatch) -> Tensor:
        assert towers.causal is not None
        length = batch.items.shape[1]
        sampled = self._sampler.sample(batch.items[batch.is_entry])
        columns, _ = sampled.columns(batch.items)
        vectors, bias = encode(sampled.items)
        entries = vectors[columns[:, :-1]] * batch.weights[:, :-1, None]
        has_target = batch.weights[:, 1:] > 0
        preferred = towers.preferred(batch.preferences)
        users = towers.users(
            entries.cumsum(dim=1)[has_target],
            batch.weights[:, :-1].abs().cumsum(dim=1)[has_target],
            preferred[:, None].expand(-1, length - 1, -1)[has_target],
            towers.causal(entries, self._generator)[has_target],
        )
        return softmax_loss(
            torch.cat([users * towers.scale, users.new_ones(len(users), 1)], dim=1),
            torch.cat([vectors, (bias + sampled.log_q_correction)[:, None]], dim=1),
            _targets(columns, batch.is_entry, has_target),
            self._dtype,
        )


def _targets(columns: Tensor, is_entry: Tensor, has_target: Tensor) -> Targets:
    """The next entry of each place; all other entries of its user are masked.

    No list holds those before it, and those after it are no negatives.
    """
    sequences = has_target.nonzero()[:, 0]
    targets = columns[:, 1:][has_target]
    rows = torch.arange(len(targets), device=targets.device)
    own = columns[sequences]
    is_masked = is_entry[sequences] & (own != targets[:, None])
    return Targets(
        rows=rows,
        columns=targets,
        labels=torch.full_like(targets, 1 / max(len(targets), 1), dtype=torch.float32),
        masked=(rows[:, None].expand_as(own)[is_masked], own[is_masked]),
    )
