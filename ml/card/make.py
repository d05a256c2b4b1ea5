"""Measures what a card says and makes the card."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from ml.card.data import DataSummary
from ml.card.model_card import ModelCard, limits_of
from ml.dataset import Dataset
from ml.evaluation.findings import ColdStart, Validation
from ml.towers.config import TowersConfig

Progress = Callable[[str, int, int, float], None]
"""Called after each epoch with what is measured, the epoch, the number of epochs and the loss."""


@dataclass(frozen=True, slots=True)
class Training:
    """The run that the published model comes from."""

    version: str
    seed: int
    config: TowersConfig
    seconds: float
    losses: list[float]
    """Mean loss of each epoch."""


def make_card(
    dataset: Dataset,
    training: Training,
    *,
    validate: bool,
    cold_start: bool,
    progress: Progress,
) -> ModelCard:
    """The card of a version; each measure trains a model of its own with the same settings.

    Args:
        dataset: that the version was trained on.
        training: how.
        validate: whether to measure at all.
        cold_start: whether to measure new items and new users too.
        progress: told how the trainings go.

    Raises:
        ContractError: nothing is left to learn from where something is held out.
    """
    validation: Validation | None = None
    newcomers: ColdStart | None = None
    config, seed = training.config, training.seed
    if validate:
        # Only now torch is needed, which takes seconds to import.
        from ml.evaluation.cold_start import measure_cold_start
        from ml.validation import validate as validate_on

        def show(what: str) -> Callable[[int, int, float], None]:
            return lambda epoch, epochs, loss: progress(what, epoch, epochs, loss)

        validation = validate_on(dataset, config, seed=seed, progress=show("validation"))
        if cold_start:
            newcomers = measure_cold_start(dataset, config, seed=seed, progress=show("cold start"))
    return ModelCard(
        version=training.version,
        made_at=datetime.now(UTC),
        seed=seed,
        config=config,
        data=DataSummary.of(dataset),
        train_seconds=training.seconds,
        losses=training.losses,
        validation=validation,
        cold_start=newcomers,
        limits=limits_of(validation),
    )
