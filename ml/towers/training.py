"""Training: parts of the users' histories are hidden, and the towers learn to name them."""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from ml.towers.candidates import FullSoftmax, SampledSoftmax
from ml.towers.config import TowersConfig
from ml.towers.device import best_device, product_dtype
from ml.towers.loss import Targets, softmax_loss
from ml.towers.model import FeatureTensors, Towers, pool
from ml.towers.moments import Moments, View
from ml.towers.preprocessing import Preprocessing

Progress = Callable[[int, int, float], None]
"""Called after each epoch with its number from 1, the number of epochs, and the mean loss."""

Observe = Callable[[int, Bundle], None]
"""Called with an epoch's number from 1 and the model as it is then."""

_OBSERVED_EPOCHS = 5
_LEAST_EPOCHS = 15
_LEAST_STEPS = 800


def train(
    dataset: Dataset,
    config: TowersConfig,
    *,
    seed: int,
    progress: Progress | None = None,
    observe: Observe | None = None,
) -> Bundle:
    """Train both towers; the same seed on the same machine gives the same weights.

    Args:
        dataset: all there is to learn from; what is to be judged on has been taken out.
        config: hyper-parameters.
        seed: of the weights' start and of every draw.
        progress: told how it goes.
        observe: shown the model after a few evenly spaced epochs, the last among them.

    Raises:
        ContractError: if no interaction speaks for any item, or one is not valid.
    """
    preprocessing = Preprocessing.fit(dataset, config.text_encoder)
    generator = torch.Generator(best_device()).manual_seed(seed)
    run = _Run(dataset, config, preprocessing, generator)
    parts = range(1, _OBSERVED_EPOCHS + 1)
    observed = {-(-run.epochs * part // _OBSERVED_EPOCHS) for part in parts}
    for epoch in range(1, run.epochs + 1):
        loss = run.epoch()
        if progress:
            progress(epoch, run.epochs, loss)
        if observe and epoch in observed:
            # A bundle freezes its towers; those that go on learning stay as they are.
            observe(epoch, Bundle(deepcopy(run.towers), run.item_vectors(), preprocessing, config))
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
        self._config = config
        self._generator = generator
        self._device = generator.device
        self._precision = product_dtype(generator.device)
        self._moments = Moments(dataset, preprocessing, config, generator)
        features = FeatureTensors.of(preprocessing.known_item_features(dataset.items))
        self._features = features.to(self._device)
        # The start is drawn on the CPU: one seed begins alike on every device.
        start = torch.Generator().manual_seed(generator.initial_seed())
        self.towers = Towers(preprocessing, config, start).to(self._device)
        popularity = self._moments.popularity()
        self._softmax = (
            FullSoftmax.over(len(popularity), self._device)
            if len(popularity) <= config.full_softmax_items
            else SampledSoftmax(popularity / self._moments.users, config.sampled_items, generator)
        )
        with torch.no_grad():
            log_popularity = torch.log1p(popularity)
            self.towers.bias.copy_(log_popularity - log_popularity.mean())
        self._optimizer = torch.optim.Adam(
            self.towers.parameters(), lr=config.learning_rate, fused=True
        )
        steps = -(-self._moments.visits // config.batch_size)
        self.epochs = config.epochs or max(_LEAST_EPOCHS, -(-_LEAST_STEPS // steps))
        self._schedule = torch.optim.lr_scheduler.LinearLR(
            self._optimizer, 1.0, 0.02, self.epochs * steps
        )

    def epoch(self) -> float:
        """Look at as many moments as there are visits; the mean loss of the steps."""
        batches = torch.split(self._moments.draw(), self._config.batch_size)
        return sum(map(self._step, batches)) / len(batches)

    def item_vectors(self) -> Tensor:
        """Unit vectors (items, dim) as a history counts them."""
        with torch.no_grad():
            everything = torch.arange(len(self.towers.ids), device=self._device)
            known = torch.ones(len(everything), device=self._device)
            return self.towers.items(self._features, everything, known)[0]

    def _step(self, moments: Tensor) -> float:
        loss = self._loss(self._moments.view(moments))
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _loss(self, view: View) -> Tensor:
        candidates = self._softmax.draw(view.items, view.users)
        places = candidates.positions(view.items)
        vectors, bias = self._encode(candidates.items)
        weights = view.weights * view.shown
        evidence = weights.new_zeros(view.users).index_add(0, view.rows, weights.abs())
        users = self.towers.users(
            pool(vectors, places, view.starts, weights), evidence, view.preferences
        )
        ones = torch.ones(view.users, 1, device=self._device)
        return softmax_loss(
            torch.cat([users * self.towers.scale, ones], dim=1),
            torch.cat([vectors, (bias + candidates.correction)[:, None]], dim=1),
            self._targets(view, places),
            self._precision,
        )

    def _encode(self, items: Tensor) -> tuple[Tensor, Tensor]:
        draws = torch.rand(len(items), generator=self._generator, device=self._device)
        known = (draws >= self._config.id_dropout).float()
        features = self._features
        return self.towers.items(
            features if len(items) == len(features.described) else features.take(items),
            items,
            known,
        )

    def _targets(self, view: View, places: Tensor) -> Targets:
        """The hidden entries; those shown are not asked about, as no list would hold them."""
        mass = view.labels.new_zeros(view.users).index_add(0, view.rows, view.labels)
        balance = mass.clamp(min=1e-6) ** -self._config.target_exponent / view.users
        wanted, left_out = view.labels > 0, view.shown > 0
        return Targets(
            rows=view.rows[wanted],
            columns=places[wanted],
            labels=(view.labels * balance[view.rows])[wanted],
            left_out=(view.rows[left_out], places[left_out]),
        )
