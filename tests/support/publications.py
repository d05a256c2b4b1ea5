"""Publications in processes of their own, of which some are killed, while readers are served."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from multiprocessing.synchronize import Event
from pathlib import Path

import pandas as pd
import psycopg

from ml.dataset import Dataset
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry import bundles, repository
from ml.registry.artifacts import ArtifactStore
from ml.serving.batch import ItemIndex, index_items
from ml.serving.category_spread import CANDIDATES_PER_PLACE, CategorySpread, spread_for
from ml.serving.shopper import Shopper
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.contracts import Interaction
from support.chains import PLAIN_CHAIN
from support.interactions import interaction

BROWSER = "browser"
"""A shopper who signed up after the training, so no version has a list of theirs."""
_CONFIG = TowersConfig(epochs=2, dim=8, text_encoder=None)
_SEEDS = 4
FORK = multiprocessing.get_context("forkserver")
FORK.set_forkserver_preload(["ml.publication", "ml.features.training_data", "ml.towers.training"])
"""Imports take seconds; each process would repeat them."""
_PATIENCE_SECONDS = 120.0
_SWITCH_SHARE = 0.5
_MAX_PAUSE_SECONDS = 1.0

Lists = Mapping[str, tuple[str, ...]]
"""By user."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """Models in a folder, to be published over and over, and what each of them answers."""

    settings: MlSettings
    folder: Path
    until: datetime
    expected: Mapping[int, Lists]
    """By the seed of the model."""

    @classmethod
    def of(cls, settings: MlSettings, folder: Path) -> "Prepared":
        """Train on what the database holds, and let the browser look at one item."""
        settings = settings.model_copy(update={"chain": PLAIN_CHAIN})
        until = datetime.now(UTC)
        dataset = load_dataset(settings, until)
        dataset.save(folder / "data")
        viewed = interaction(BROWSER, "i05", "cart", until - timedelta(days=400))
        online = OnlineFeatures(settings)
        online.extend_live_histories([viewed])
        online.close()
        expected: dict[int, Lists] = {}
        for seed in range(_SEEDS):
            bundle = train(dataset, _CONFIG, seed=seed)
            bundle.save(folder / str(seed))
            expected[seed] = _answers(bundle, dataset, settings, until, viewed)
        return cls(settings, folder, until, expected)

    def publish(self, number: int, *, kill_after: float | None = None) -> float | None:
        """Publish a model as a version that is newer than those with lower numbers.

        Args:
            number: of the version.
            kill_after: seconds after which its process is killed; None for never.

        Returns:
            How many seconds it took; None if it was killed.
        """
        version, started = f"{number:04}-{number % _SEEDS}", FORK.Event()
        process = FORK.Process(target=_publish, args=(self, version, started), daemon=True)
        process.start()
        assert started.wait(_PATIENCE_SECONDS), "a publication does not start"
        begin = time.monotonic()
        if kill_after is not None:
            process.join(kill_after)
            process.kill()
        process.join(_PATIENCE_SECONDS)
        if process.exitcode == -signal.SIGKILL:
            return None
        assert process.exitcode == 0, f"a publication ended with status {process.exitcode}"
        return time.monotonic() - begin

    def answer(self, version: str, user_id: str) -> tuple[str, ...]:
        """What a version answers a user."""
        return self.expected[_seed(version)][user_id]


def _seed(version: str) -> int:
    return int(version.partition("-")[2])


def _answers(
    bundle: Bundle, dataset: Dataset, settings: MlSettings, until: datetime, viewed: Interaction
) -> Lists:
    index = index_items(bundle, dataset)
    blocks = Ranker(bundle, {}, {"two_tower": 1.0}).list_items(
        index,
        dataset.known_users(),
        dataset.interactions,
        k=settings.top_k,
        now=until,
        spread=CategorySpread.of(dataset.items["category"], settings.spread),
    )
    lists = {
        user_id: tuple(listed)
        for block in blocks
        for user_id, listed in zip(block.user_ids, block.lists, strict=True)
    }
    return {**lists, BROWSER: _nearest(bundle, index, viewed, dataset.items, settings)}


def _nearest(
    bundle: Bundle, index: ItemIndex, viewed: Interaction, items: pd.DataFrame, settings: MlSettings
) -> tuple[str, ...]:
    categories = dict(zip(items["item_id"], items["category"], strict=True))
    k, spread = settings.top_k, settings.spread
    vector = bundle.user_encoder.encode_shopper([], [viewed])
    best = (index.item_ids[place] for place in (-(index.vectors @ vector)).argsort(kind="stable"))
    unseen = [item_id for item_id in best if item_id != viewed.item_id]
    shopper = Shopper(BROWSER, history=[viewed])
    return spread_for(shopper, unseen[: CANDIDATES_PER_PLACE * k], k, categories, spread)


def _publish(prepared: Prepared, version: str, started: Event) -> None:
    bundle = Bundle.load(prepared.folder / str(_seed(version)))
    bundle.version = version
    dataset = Dataset.load(prepared.folder / "data")
    started.set()
    publish(
        Ranker(bundle, {}, {"two_tower": 1.0}),
        dataset,
        prepared.settings,
        until=prepared.until,
        parameters={},
        metrics={},
        progress=lambda *_: None,
    )


@dataclass
class Outcome:
    """What happened in a rehearsal."""

    kills: int = 0
    switches: int = 0


def rehearse(prepared: Prepared, publications: int, *, seed: int) -> Outcome:
    """Publish that many versions one after the other, with switches between.

    Every second run is killed at a random moment, and the next one follows at once. After each
    complete one comes a rollback or none, and after that a promotion or none.
    """
    rng, outcome, usual = random.Random(seed), Outcome(), 1.0
    for number in range(1, publications + 1):
        kill_after = rng.uniform(0, usual) if number % 2 else None
        seconds = prepared.publish(number, kill_after=kill_after)
        if seconds is None:
            outcome.kills += 1
            continue
        usual = seconds
        for reason in ("rollback", "promotion"):
            if rng.random() < _SWITCH_SHARE:
                _switch_back(prepared.settings, reason)
                outcome.switches += 1
            time.sleep(rng.uniform(0, _MAX_PAUSE_SECONDS))
    return outcome


def _switch_back(settings: MlSettings, reason: str) -> None:
    with psycopg.connect(settings.database_url) as connection:
        live = repository.live(connection)
        if live and live.previous:
            repository.switch_live(
                connection, live.previous, by="a test", reason=reason, to_older=True
            )


def leftovers(prepared: Prepared) -> list[str]:
    """What is there of versions that are not registered or not published."""
    settings = prepared.settings
    with psycopg.connect(settings.database_url) as connection:
        every = repository.versions(connection)
        found = [f"{each.version} is not published" for each in every if not each.published_at]
        versions = {each.version for each in every}
        for table in ("item_vectors", "popular_items", "bought_together"):
            rows = connection.execute(f"select distinct version from ml.{table}")
            found += [f"{table} of {name}" for (name,) in rows if name not in versions]
    online = OnlineFeatures(settings)
    users = len(prepared.expected[0]) - 1
    for name in online.listed_versions():
        lists = len(online.sample_lists(name, 2 * users))
        if name not in versions or lists != users:
            found.append(f"{lists} lists of {name}")
    online.close()
    found += [
        f"files of {name}" for name in ArtifactStore.of(settings).versions() if name not in versions
    ]
    for folder in settings.models_dir.iterdir():
        os.utime(folder, (0, 0))  # what is young may still be in use
    bundles.prune(settings.models_dir, versions)
    names = {folder.name for folder in settings.models_dir.iterdir()}
    return found + [f"folder {name}" for name in names - versions]
