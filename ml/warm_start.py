"""Whether a run starts from the weights of the live version, or anew.

The version that is published starts from the live version, its twin from the live version's twin.
Both start warm or neither does, so that the twin's figures are those of the published model. The
twin must not have seen what it is evaluated on, by way of the weights either. The live twin learned
from what is older than its own instant, and so did each twin it started from; if that instant is
not after the one from which on the new twin's interactions are held out, it has not seen them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import psycopg

from ml.dataset import Dataset
from ml.evaluation.validation import EarlierTwin, hold_out
from ml.gate import twin
from ml.registry import bundles, repository
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.warm_start import overlap
from streams.errors import ModelError

MAX_AGE = timedelta(days=7)
"""Between the data of the last version that started anew and those of a run that need not."""
MIN_OVERLAP = 0.5
"""Share of a run's items that the live version has to know."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a run starts from."""

    reason: str
    """In a sentence, for the output and the model card."""
    anew_until: datetime
    """Up to which instant the last version that started anew knows the data."""
    version: str = ""
    """The live version, or empty where the run starts anew."""
    bundle: Bundle | None = None

    def parameters(self) -> dict[str, str]:
        """What is kept with the version, and tells the next run how old its weights are."""
        return {"version": self.version, "anew_until": self.anew_until.isoformat()}


def choose_start(
    settings: MlSettings, dataset: Dataset, config: TowersConfig, *, until: datetime
) -> Start:
    """Start from the live version if it is like the run and its weights are not too old.

    Args:
        settings: of the registry.
        dataset: that the run learns from.
        config: of the run; an open user encoder is that of the live version.
        until: the instant up to which the run knows the data.

    Raises:
        ModelError: the registry does not hold the live version's files.
    """
    connect = partial(psycopg.connect, settings.database_url)
    with connect() as connection:
        version = repository.live_version(connection)
        if version is None:
            return _anew("no version is live yet", until)
        (model,) = [each for each in repository.versions(connection) if each.version == version]
    anew_until = _anew_until(model.parameters)
    if anew_until is None:
        return _anew(f"it is not known how version {version} started", until)
    if until - anew_until >= MAX_AGE:
        return _anew(
            f"the last version that did so knows the data until {anew_until:%Y-%m-%d}, and weights"
            f" are carried on for less than {MAX_AGE.days} days",
            until,
        )
    folder = bundles.folder_of(version, settings, connect, twin.FOLDER)
    bundle = Bundle.load(folder)
    earlier = twin.earlier(folder / twin.FOLDER)
    if obstacle := _obstacle(bundle, earlier, dataset, config):
        return _anew(f"version {version} {obstacle}", until)
    return Start(
        f"The run started from the weights of version {version}.", anew_until, version, bundle
    )


def twin_of(settings: MlSettings, version: str) -> EarlierTwin | None:
    """What the twin of a run starts from; None where the run started anew.

    Raises:
        ModelError: the version has no such twin.
    """
    if not version:
        return None
    connect = partial(psycopg.connect, settings.database_url)
    found = twin.earlier(bundles.folder_of(version, settings, connect, twin.FOLDER) / twin.FOLDER)
    if found is None:
        raise ModelError(f"version {version} has no twin to start from")
    return found


def _obstacle(
    bundle: Bundle, earlier: EarlierTwin | None, dataset: Dataset, config: TowersConfig
) -> str | None:
    """What about the live version keeps a run from starting from it; None if nothing does."""
    encoder = config.user_encoder or bundle.config.user_encoder
    if config.model_copy(update={"user_encoder": encoder}) != bundle.config:
        return "has other hyper-parameters"
    known = overlap(dataset.interactions["item_id"].unique(), bundle)
    if known < MIN_OVERLAP:
        return f"knows {known:.0%} of the items, and {MIN_OVERLAP:.0%} are needed"
    part = hold_out(dataset)
    if earlier is None or part is None or not earlier.may_start(part):
        return "has a twin that may have seen what this run holds out"
    return None


def _anew(reason: str, until: datetime) -> Start:
    return Start(f"The run started anew: {reason}.", until)


def _anew_until(parameters: Mapping[str, Any]) -> datetime | None:
    found = parameters.get("start", {}).get("anew_until")
    return datetime.fromisoformat(found) if found else None
