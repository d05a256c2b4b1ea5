"""A shopper's vector is the same by what the processor keeps as by what training reads."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import uuid4

import numpy as np
import numpy.typing as npt
import pytest

from apps.local.event_progress import EventTracker
from ml.dataset import Dataset
from ml.features.training_data import load_dataset
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.contracts import INTERACTIONS, Interaction
from streams.live_history import HISTORY_LENGTH
from support.interactions import interaction
from support.publishing import publish_records
from support.served_features import served_features

pytestmark = pytest.mark.integration

FIRST = datetime(2024, 3, 1, 12, tzinfo=UTC)
MAX_DIFFERENCE_BY_VERDICTS = 0.05
"""Of unit vectors. The live history has a view that the batch knows as its verdict, which weighs
.3 or .35 instead of .35."""


def events(user: str, number: int, items: int, kinds: list[str]) -> list[Interaction]:
    """So many events with so many items, each minutes after the one before."""
    dice = random.Random(number)
    at = FIRST
    found = []
    for _ in range(number):
        at += timedelta(minutes=dice.uniform(1, 20), microseconds=dice.randrange(1000))
        kind = dice.choice(kinds)
        extra: dict[str, Any] = {}
        if kind == "rate":
            extra["rating"] = dice.choice([1, 2.5, 3, 4.5, 5])
        if kind in {"cart", "purchase"}:
            extra["quantity"] = dice.randint(1, 9)
        found.append(interaction(user, f"parity-{dice.randrange(items)}", kind, at, **extra))
    return found


@pytest.fixture(scope="module")
def users() -> dict[str, str]:
    return {name: f"{name}-{uuid4()}" for name in ("short", "long", "viewing")}


@pytest.fixture(scope="module")
def settings(stack: Any, tmp_path_factory: pytest.TempPathFactory) -> MlSettings:
    return MlSettings(database_url=stack.database_url, models_dir=tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def dataset(stack: Any, settings: MlSettings, users: dict[str, str]) -> Dataset:
    """What training reads once their events have gone through the processor and the sink."""
    bought = ["cart", "purchase", "rate"]
    published = [
        *events(users["short"], HISTORY_LENGTH - 1, 40, bought),
        *events(users["long"], 2 * HISTORY_LENGTH, 40, bought),
        *events(users["viewing"], HISTORY_LENGTH - 2, 10, ["view"] * 4 + bought),
    ]
    records = ((each.key, each.encode()) for each in published)
    publish_records(stack.kafka, INTERACTIONS.public.name, records)
    tracker = EventTracker(stack.kafka, stack.database_url)
    tracker.wait_until_stored(60, lambda _: None)
    tracker.close()
    everything = load_dataset(settings, datetime.now(UTC))
    log = everything.interactions
    log = log[log["user_id"].isin(users.values())].reset_index(drop=True)
    assert {"positive_view", "negative_view"} <= set(log["interaction_type"])
    return Dataset(log, everything.users, everything.items)


def vectors(
    bundle: Bundle, dataset: Dataset, settings: MlSettings, user: str
) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Unit vectors of a user: as the pipeline encodes them, and as the shop does."""
    now = datetime.now(UTC)
    known = dataset.known_users()
    (batch,) = bundle.encode_users(known[known["user_id"] == user], dataset.interactions, now)
    with served_features(settings) as features:
        live = bundle.user_encoder.encode_shopper((), features.shopper(None, user).history)
    return batch / np.linalg.norm(batch), live / np.linalg.norm(live)


@pytest.mark.parametrize("encoder", ["pooling", "causal"])
def test_live_vectors_are_those_of_the_batch(
    dataset: Dataset,
    settings: MlSettings,
    users: dict[str, str],
    encoder: Literal["pooling", "causal"],
) -> None:
    whole, newest = (
        train(
            dataset,
            TowersConfig(
                user_encoder=encoder,
                epochs=3,
                dim=32,
                text_encoder=None,
                encoded_interactions=number,
            ),
            seed=0,
        )
        for number in (None, HISTORY_LENGTH)
    )
    batch, live = vectors(whole, dataset, settings, users["short"])
    assert np.abs(batch - live).max() <= 1e-5

    batch, live = vectors(newest, dataset, settings, users["long"])
    assert np.abs(batch - live).max() <= 1e-5
    batch, live = vectors(whole, dataset, settings, users["long"])
    assert np.abs(batch - live).max() > 1e-3, "the older half tells something"

    batch, live = vectors(whole, dataset, settings, users["viewing"])
    assert 0 < np.abs(batch - live).max() <= MAX_DIFFERENCE_BY_VERDICTS
