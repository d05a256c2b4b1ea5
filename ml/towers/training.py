"""Training: a part of each user's history is hidden, and the towers learn to predict it.

The objective is the multinomial log-likelihood of a denoising autoencoder, as in Mult-DAE (Liang et
al. 2018); in large catalogues the softmax is sampled (`ml.towers.negative_sampling`).
"""

from collections.abc import Callable
from copy import deepcopy

import torch
from torch import Tensor

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.loss import Targets, product_dtype, softmax_loss
from ml.towers.model import FeatureTensors, Towers, pool
from ml.towers.negative_sampling import FullSoftmax, MixedNegativeSampler, NegativeSampler
from ml.towers.preprocessing import Preprocessing
from ml.towers.windows import TrainingWindows, WindowBatch

Progress = Callable[[int, int, float], None]
"""Called after each epoch: its number from 1, the number of epochs, the mean loss."""

Observe = Callable[[int, Bundle], None]
"""Called after some epochs: the epoch's number from 1, and a copy of the model."""

_OBSERVED_EPOCHS = 5
_MIN_EPOCHS = 15
_MIN_STEPS = 800


def best_device() -> torch.device:
    """CUDA if it is available, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


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
        dataset: the training data, without what is held out.
        config: hyper-parameters.
        seed: of the initial weights and of all random numbers.
        progress: progress callback.
        observe: callback after five evenly spaced epochs, the last one included.

    Raises:
        ContractError: if no interaction has a positive confidence weight, or one is not valid.
    """
    preprocessing = Preprocessing.fit(dataset, config.text_encoder)
    generator = torch.Generator(best_device()).manual_seed(seed)
    run = _Run(dataset, config, preprocessing, generator)
    fifths = range(1, _OBSERVED_EPOCHS + 1)
    observed = {-(-run.epochs * fifth // _OBSERVED_EPOCHS) for fifth in fifths}
    for epoch in range(1, run.epochs + 1):
        loss = run.epoch()
        if progress:
            progress(epoch, run.epochs, loss)
        if observe and epoch in observed:
            # A bundle freezes its towers; the training goes on with others.
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
        self._dtype = product_dtype(generator.device)
        self._windows = TrainingWindows(dataset, preprocessing, config, generator)
        features = FeatureTensors.of(preprocessing.known_item_features(dataset.items))
        self._features = features.to(self._device)
        # Initialized on the CPU: one seed gives the same initial weights on every device.
        on_cpu = torch.Generator().manual_seed(generator.initial_seed())
        self.towers = Towers(preprocessing, config, on_cpu).to(self._device)
        popularity = self._windows.popularity()
        self._sampler: NegativeSampler = (
            FullSoftmax.over(len(popularity), self._device)
            if len(popularity) <= config.full_softmax_items
            else MixedNegativeSampler(
                popularity / self._windows.users, config.sampled_items, generator
            )
        )
        with torch.no_grad():
            log_popularity = torch.log1p(popularity)
            self.towers.bias.copy_(log_popularity - log_popularity.mean())
        self._optimizer = torch.optim.Adam(
            self.towers.parameters(), lr=config.learning_rate, fused=True
        )
        steps = -(-self._windows.sessions // config.batch_size)
        self.epochs = config.epochs or max(_MIN_EPOCHS, -(-_MIN_STEPS // steps))
        self._schedule = torch.optim.lr_scheduler.LinearLR(
            self._optimizer, 1.0, 0.02, self.epochs * steps
        )

    def epoch(self) -> float:
        """Train on as many windows as there are sessions; returns the mean loss of the steps."""
        batches = torch.split(self._windows.sample(), self._config.batch_size)
        return sum(map(self._step, batches)) / len(batches)

    def item_vectors(self) -> Tensor:
        """Unit vectors (items, dim), as histories pool them."""
        with torch.no_grad():
            everything = torch.arange(len(self.towers.ids), device=self._device)
            known = torch.ones(len(everything), device=self._device)
            return self.towers.items(self._features, everything, known)[0]

    def _step(self, anchors: Tensor) -> float:
        loss = self._loss(self._windows.batch(anchors))
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        self._optimizer.step()
        self._schedule.step()
        return float(loss.detach())

    def _loss(self, batch: WindowBatch) -> Tensor:
        sampled = self._sampler.sample(batch.items, batch.size)
        columns = sampled.columns(batch.items)
        vectors, bias = self._encode(sampled.items)
        weights = batch.weights * batch.visible
        confidence = weights.new_zeros(batch.size).index_add(0, batch.rows, weights.abs())
        users = self.towers.users(
            pool(vectors, columns, batch.starts, weights), confidence, batch.preferences
        )
        ones = torch.ones(batch.size, 1, device=self._device)
        return softmax_loss(
            torch.cat([users * self.towers.scale, ones], dim=1),
            torch.cat([vectors, (bias + sampled.log_q_correction)[:, None]], dim=1),
            self._targets(batch, columns),
            self._dtype,
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

    def _targets(self, batch: WindowBatch, columns: Tensor) -> Targets:
        """The hidden entries; the visible ones are masked, as no list holds items already seen."""
        mass = batch.labels.new_zeros(batch.size).index_add(0, batch.rows, batch.labels)
        balance = mass.clamp(min=1e-6) ** -self._config.target_exponent / batch.size
        is_target, is_masked = batch.labels > 0, batch.visible > 0
        return Targets(
            rows=batch.rows[is_target],
            columns=columns[is_target],
            labels=(batch.labels * balance[batch.rows])[is_target],
            masked=(batch.rows[is_masked], columns[is_masked]),
        )
