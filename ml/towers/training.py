"""Training: entries of each user's history are hidden, and the towers learn to name them."""

from collections.abc import Callable

import torch
from torch import Tensor

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from ml.towers.candidates import FullSoftmax, SampledSoftmax
from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.loss import Targets, softmax_loss
from ml.towers.model import FeatureTensors, Towers, pool, unit
from ml.towers.preprocessing import Preprocessing
from streams.contracts import ContractError

Progress = Callable[[int, int, float], None]
"""Called after each epoch with its number from 1, the number of epochs, and the mean loss."""


def train(
    dataset: Dataset, config: TowersConfig, *, seed: int, progress: Progress | None = None
) -> Bundle:
    """Train both towers; the same seed on the same machine gives the same weights.

    Args:
        dataset: all there is to learn from; what is to be judged on has been taken out.
        config: hyper-parameters.
        seed: of the weights' start and of every draw.
        progress: told how it goes.

    Raises:
        ContractError: if no interaction speaks for any item, or one is not valid.
    """
    preprocessing = Preprocessing.fit(dataset, config.text_encoder)
    run = _Run(dataset, config, preprocessing, torch.Generator().manual_seed(seed))
    for epoch in range(1, config.epochs + 1):
        loss = run.epoch()
        if progress:
            progress(epoch, config.epochs, loss)
    return Bundle(run.towers, run.item_vectors(), preprocessing, config)


class _Run:
    """The state of one training run."""

    def __init__(
        self,
        dataset: Dataset,
        config: TowersConfig,
        preprocessing: Preprocessing,
        generator: torch.Generator,
    ) -> None:
        self._config, self._generator = config, generator
        self._read_histories(dataset, preprocessing)
        self._features = FeatureTensors(preprocessing.known_item_features(dataset.items))
        self.towers = Towers(preprocessing, config, generator)
        items = len(preprocessing.item_ids)
        popularity = torch.bincount(self._items[self._positive], minlength=items).float()
        self._softmax = (
            FullSoftmax.over(items)
            if items <= config.full_softmax_items
            else SampledSoftmax(popularity / len(self._users), config.sampled_items, generator)
        )
        with torch.no_grad():
            log_popularity = torch.log1p(popularity)
            self.towers.bias.copy_(log_popularity - log_popularity.mean())
        self._optimizer = torch.optim.Adam(self.towers.parameters(), lr=config.learning_rate)
        steps = config.epochs * -(-len(self._users) // config.batch_size)
        self._schedule = torch.optim.lr_scheduler.LinearLR(self._optimizer, 1.0, 0.02, steps)

    def _read_histories(self, dataset: Dataset, preprocessing: Preprocessing) -> None:
        user_ids = sorted(map(str, dataset.interactions["user_id"].unique()))
        histories = Histories.build(
            dataset.interactions, user_ids, preprocessing.items, self._config.strengths
        )
        self._items = torch.from_numpy(histories.items)
        self._strengths = torch.from_numpy(histories.strengths)
        self._weights = torch.from_numpy(histories.weights(self._config.recency_half_life))
        self._ages = torch.from_numpy(histories.ages)
        self._starts = torch.from_numpy(histories.offsets[:-1])
        self._lengths = torch.from_numpy(histories.offsets).diff()
        self._positive = self._strengths > 0
        wanted = histories.totals((histories.strengths > 0).astype("float32")) > 0
        self._users = torch.nonzero(torch.from_numpy(wanted)).ravel()
        if not len(self._users):
            raise ContractError("there is no interaction that speaks for an item")
        preferences = dataset.users.drop_duplicates("user_id").set_index("user_id")["preferences"]
        tokens = preprocessing.category_tokens(preferences.reindex(user_ids).fillna(""))
        self._preferences = torch.from_numpy(tokens.indices)
        self._preference_starts = torch.from_numpy(tokens.offsets[:-1])
        self._preference_lengths = torch.from_numpy(tokens.offsets).diff()

    def epoch(self) -> float:
        """Go once through all users; the mean loss of the steps."""
        order = self._users[torch.randperm(len(self._users), generator=self._generator)]
        losses = [self._step(batch) for batch in order.split(self._config.batch_size)]
        return sum(losses) / len(losses)

    def item_vectors(self) -> Tensor:
        """(items, dim) as a history counts them."""
        with torch.no_grad():
            return self.towers.items(self._features, torch.ones(len(self.towers.ids)))[0]

    def _step(self, users: Tensor) -> float:
        loss = self._loss(users)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _loss(self, users: Tensor) -> Tensor:
        config = self._config
        lengths = self._lengths[users]
        entries, rows = _ranges(self._starts[users], lengths)
        items = self._items[entries]
        proximity = self._proximity(users, entries, rows)
        labels = proximity * self._positive[entries]
        candidates = self._softmax.draw(items[labels > 0], len(users))

        known = self._chance(len(self.towers.ids), 1 - config.id_dropout)
        vectors, bias = self.towers.items(self._features, known)
        preferences, preference_rows = _ranges(
            self._preference_starts[users], self._preference_lengths[users]
        )
        starts = torch.searchsorted(preference_rows, torch.arange(len(users)))
        is_newcomer = self._chance(len(users), config.newcomer_share)
        is_newcomer *= self._preference_lengths[users] > 0
        kept = self._chance(len(entries), 1 - config.history_dropout) * (1 - is_newcomer)[rows]
        weights = self._weights[entries] * proximity * kept
        offsets = torch.cumsum(lengths, 0) - lengths
        evidence = torch.zeros(len(users)).index_add(0, rows, weights.abs())
        encoded = self.towers.users(
            pool(vectors, items, offsets, weights),
            evidence,
            (self._preferences[preferences], starts),
        )
        shown = unit(vectors[candidates.items])
        biases = bias[candidates.items] + candidates.correction
        wanted = labels > 0
        rows, labels = rows[wanted], labels[wanted]
        mass = torch.zeros(len(users)).index_add(0, rows, labels)
        balance = mass.clamp(min=1e-6) ** -config.popularity_exponent / len(users)
        return softmax_loss(
            torch.cat([encoded / config.temperature, torch.ones(len(users), 1)], dim=1),
            torch.cat([shown, biases[:, None]], dim=1),
            Targets(rows, candidates.positions(items[wanted]), labels * balance[rows]),
        )

    def _proximity(self, users: Tensor, entries: Tensor, rows: Tensor) -> Tensor:
        """How near each entry is to a random moment of its user's history, in (0, 1]."""
        half_life = self._config.proximity_half_life
        if half_life is None:
            return torch.ones(len(entries))
        lengths = self._lengths[users]
        draws = torch.rand(len(users), generator=self._generator)
        moments = self._ages[self._starts[users] + (draws * lengths).long()]
        return torch.exp2(-(self._ages[entries] - moments[rows]).abs() / half_life)

    def _chance(self, count: int, share: float) -> Tensor:
        """Ones with that chance, else zeros."""
        return (torch.rand(count, generator=self._generator) < share).float()


def _ranges(starts: Tensor, lengths: Tensor) -> tuple[Tensor, Tensor]:
    """The indices of several ranges one after another, and the range that each belongs to."""
    rows = torch.repeat_interleave(torch.arange(len(starts)), lengths)
    first = torch.cumsum(lengths, 0) - lengths
    return torch.arange(len(rows)) + (starts - first)[rows], rows
