"""Makes a card and writes it as a folder: `card.json`, `README.md` and its pictures."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ml.card.charts import draw
from ml.card.data import DataSummary
from ml.card.model_card import ModelCard, limits_of
from ml.card.text import as_markdown
from ml.dataset import Dataset
from ml.evaluation.findings import BlendChoice, ColdStart, Validation
from ml.towers.config import TowersConfig

if TYPE_CHECKING:
    from ml.evaluation.validation import ValidationRun

FOLDER = "card"
"""Where in a version's bundle its card lies."""
README = "README.md"
_JSON = "card.json"

Progress = Callable[[str, int, int, float], None]
"""Called after each epoch with the evaluation's name, the epoch, their number and the loss."""


@dataclass(frozen=True, slots=True)
class TrainingRun:
    """The run that the published model comes from."""

    version: str
    seed: int
    config: TowersConfig
    seconds: float
    losses: list[float]
    """Mean loss of each epoch."""
    encoder_reason: str | None = None
    """Why its user encoder was chosen."""
    start_reason: str | None = None
    """From which version's weights it started, or why anew."""


def make_card(
    dataset: Dataset,
    run: TrainingRun,
    *,
    validation: "ValidationRun | None",
    cold_start: bool,
    ranking: BlendChoice,
    progress: Progress,
) -> ModelCard:
    """The card of a version.

    Args:
        dataset: that the version was trained on.
        run: how it was trained.
        validation: a second model with the same settings; without it nothing is measured on
            held-out items.
        cold_start: whether to train a third one and to measure it on new items and new users.
        ranking: what ranks the published lists.
        progress: progress callback of the third training.

    Raises:
        ContractError: nothing is left to learn from where something is held out.
    """
    measured: Validation | None = None
    cold: ColdStart | None = None
    config, seed = run.config, run.seed
    if validation:
        # Not before here: this imports torch, which takes seconds.
        from ml.evaluation.validation import validate

        measured = validate(validation, seed=seed)
    if cold_start:
        from ml.evaluation.cold_start import measure_cold_start

        def show(epoch: int, epochs: int, loss: float) -> None:
            progress("cold start", epoch, epochs, loss)

        cold = measure_cold_start(dataset, config, seed=seed, progress=show)
    return ModelCard(
        version=run.version,
        made_at=datetime.now(UTC),
        seed=seed,
        config=config,
        data=DataSummary.of(dataset),
        train_seconds=run.seconds,
        losses=run.losses,
        encoder_reason=run.encoder_reason,
        start_reason=run.start_reason,
        ranking=ranking,
        validation=measured,
        cold_start=cold,
        limits=limits_of(measured),
    )


def write_card(card: ModelCard, folder: Path) -> None:
    """Write all of it into `folder`, which is created if it is absent."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _JSON).write_text(f"{card.model_dump_json(indent=2)}\n", encoding="utf-8")
    pictures = draw(card, folder)
    (folder / README).write_text(as_markdown(card, pictures), encoding="utf-8")
