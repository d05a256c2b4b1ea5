"""Training: one run of an objective over the data, epoch by epoch."""

import os
from collections.abc import Callable, Iterator
from copy import deepcopy

import torch
from torch import Tensor

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.denoising import Denoising
from ml.towers.model import FeatureTensors, Towers
from ml.towers.next_item import NextItem
from ml.towers.objective import Objective
from ml.towers.preprocessing import Preprocessing
from ml.towers.training_data import TrainingData
from ml.towers.warm_start import copy_weights

Progress = Callable[[int, int, float], None]
"""Called after each epoch: its number from 1, the number of epochs, the mean loss."""

Observe = Callable[[int, Bundle], None]
"""Called after some epochs: the epoch's number from 1, and a copy of the model."""

_OBSERVED_EPOCHS = 5

# oneDNN multiplies bfloat16 matrices with a kernel that it compiles for each shape, and a sampled
# softmax has another shape at each step. oneDNN keeps the last 1,024 kernels, and PyTorch does so
# once more; together that was 2 MB per step. Both read this at the first product.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
os.environ.setdefault("LRU_CACHE_CAPACITY", "16")


def best_device() -> torch.device:
    """CUDA if it is available, else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def train(
    dataset: Dataset,
    config: TowersConfig,
    *,
    seed: int,
    share: float = 1.0,
    start: Bundle | None = None,
    progress: Progress | None = None,
    observe: Observe | None = None,
) -> Bundle:
    """Train both towers; the same seed on the same machine gives the same weights.

    Args:
        dataset: the training data, without what is held out.
        config: hyper-parameters.
        seed: of the initial weights and of all random numbers.
        share: of the epochs, at least one of them; the learning rate decays within these.
        start: an earlier model, whose weights the run starts from (`ml.towers.warm_start`). It then
            has the shares `warm_start_epochs` and `warm_start_learning_rate` of the configuration.
            What it learned from must not be held out of `dataset`.
        progress: progress callback.
        observe: callback after five evenly spaced epochs, the last one included.

    Raises:
        ContractError: if no interaction has a positive confidence weight, one is not valid, or the
            earlier model has vectors of another length.
    """
    preprocessing = Preprocessing.fit(dataset, config.text_encoder)
    generator = torch.Generator(best_device()).manual_seed(seed)
    run = TrainingRun(TrainingData(dataset, preprocessing, config, generator, start), share)
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


class TrainingRun:
    """The state of one training run.

    Args:
        data: what it learns from.
        share: of the epochs.
    """

    def __init__(self, data: TrainingData, share: float = 1.0) -> None:
        preprocessing, config, generator = data.preprocessing, data.config, data.generator
        self._config = config
        self._generator = generator
        self._device = data.device
        objective = NextItem if config.user_encoder == "causal" else Denoising
        self._objective: Objective = objective(data)
        features = FeatureTensors.of(preprocessing.known_item_features(data.dataset.items))
        self._features = features.to(self._device)
        # Initialized on the CPU: one seed gives the same initial weights on every device.
        on_cpu = torch.Generator().manual_seed(generator.initial_seed())
        self.towers = Towers(preprocessing, config, on_cpu).to(self._device)
        with torch.no_grad():
            log_popularity = torch.log1p(self._objective.popularity)
            self.towers.bias.copy_(log_popularity - log_popularity.mean())
            self.towers.item_categories.copy_(self._features.most_specific_categories())
        highest = 1.0
        if data.start is not None:
            copy_weights(self.towers, preprocessing, data.start)
            share *= config.warm_start_epochs
            highest = config.warm_start_learning_rate
        self._optimizers = self._objective.optimizers(self.towers)
        self.epochs = max(1, round(share * self._objective.epochs))
        steps = self.epochs * self._objective.steps
        self._schedules = [
            torch.optim.lr_scheduler.LinearLR(each, highest, 0.02 * highest, steps)
            for each in self._optimizers
        ]

    def epoch(self) -> float:
        """Train on all batches of an epoch; returns the mean loss of the steps."""
        return sum(self.steps()) / self._objective.steps

    def steps(self) -> Iterator[float]:
        """Train on a batch with each loss that is taken, to the end of an epoch."""
        return map(self._step, self._objective.losses(self.towers, self._encode))

    def item_vectors(self) -> Tensor:
        """Unit vectors (items, dim), as histories pool them."""
        with torch.no_grad():
            everything = torch.arange(len(self.towers.ids), device=self._device)
            known = torch.ones(len(everything), device=self._device)
            return self.towers.items(self._features, everything, known)[0]

    def _step(self, loss: Tensor) -> float:
        for optimizer in self._optimizers:
            optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        for optimizer in self._optimizers:
            optimizer.step()
        for schedule in self._schedules:
            schedule.step()
        return float(loss.detach())

    def _encode(self, items: Tensor) -> tuple[Tensor, Tensor]:
        draws = torch.rand(len(items), generator=self._generator, device=self._device)
        known = (draws >= self._config.id_dropout).float()
        features = self._features
        return self.towers.items(
            features if len(items) == len(features.described) else features.take(items),
            items,
            known,
        )
