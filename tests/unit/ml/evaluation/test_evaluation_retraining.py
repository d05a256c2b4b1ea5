"""What retraining is worth: who knows what at each instant, and what is scored."""

from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.card.retraining_chart import draw_retraining
from ml.data.catalogue_table import no_users
from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, Dataset
from ml.evaluation.metrics import RECALL
from ml.evaluation.retraining import (
    NEVER_RETRAINED,
    POPULARITY,
    RECENT_POPULARITY,
    RETRAINED,
    WARM_START,
    Retraining,
    measure_retraining,
    periods_of,
)
from ml.towers.config import TowersConfig
from streams.errors import ContractError

START = pd.Timestamp("2026-01-01", tz="UTC")
TASTES = 3
ITEMS_EACH = 30
CONFIG = TowersConfig(dim=16, user_encoder="pooling", text_encoder=None, epochs=10)


@pytest.fixture(scope="module")
def shop() -> Dataset:
    """Five weeks; of each taste six items more appear each week, and most is bought of these."""
    rng = np.random.default_rng(5)
    rows = []
    for week in range(5):
        for number in range(90):
            newest = np.arange(6 * week, 6 * (week + 1))
            older = np.arange(6 * week) if week else newest
            for place, item in enumerate((*rng.permutation(newest)[:3], rng.choice(older))):
                day = 7 * week + rng.uniform(0, 6.9)
                rows.append((f"u{number}", f"{number % TASTES}-{item}", day, place))
    rows.append(("u0", "0-0", 34.999, 0))
    log = pd.DataFrame(rows, columns=["user_id", "item_id", "day", "place"])
    log["timestamp"] = START + pd.to_timedelta(log.pop("day"), unit="D")
    log["interaction_type"] = np.where(log.pop("place") == 0, "purchase", "view")
    log["rating"] = log["quantity"] = np.nan
    items = [
        (f"{taste}-{item}", "", f"Taste|{taste}", *[np.nan] * 5, "", START)
        for taste in range(TASTES)
        for item in range(ITEMS_EACH)
    ]
    catalogue = pd.DataFrame(items, columns=list(ITEM_COLUMNS))
    return Dataset(log[list(INTERACTION_COLUMNS)], no_users(), catalogue)


@pytest.fixture(scope="module")
def without_content(shop: Dataset) -> Dataset:
    return Dataset(shop.interactions, shop.users, shop.items.iloc[:0])


@pytest.fixture(scope="module")
def found(without_content: Dataset) -> Retraining:
    return measure_retraining(without_content, CONFIG, retrainings=2, warm_start=True, k=10, seed=0)


def test_nothing_of_a_period_is_known_at_its_start(shop: Dataset) -> None:
    splits = periods_of(shop, retrainings=3)
    assert len(splits) == 4
    for split, after in pairwise(splits):
        assert after.instant - split.instant == timedelta(days=7)
    for split in splits:
        assert (split.training.interactions["timestamp"] < split.instant).all()
        assert (
            split.test["timestamp"]
            .between(split.instant, split.instant + timedelta(days=7), inclusive="left")
            .all()
        )
        known = set(split.training.interactions["item_id"])
        assert set(split.training.items["item_id"]) == known
    assert splits[-1].test["timestamp"].max() == shop.interactions["timestamp"].max()
    together = [splits[0].training.interactions, *(split.test for split in splits)]
    assert sum(map(len, together)) == len(shop.interactions)


def test_only_who_is_retrained_finds_what_appeared_since(found: Retraining) -> None:
    first, *later = found.periods
    assert first.items_since_first == 0
    assert first.models[RETRAINED] == first.models[NEVER_RETRAINED] == first.models[WARM_START]
    assert all(period.items_since_first > 0 for period in later)
    assert found.counts_views
    retrained, never = found.overall[RETRAINED][RECALL], found.overall[NEVER_RETRAINED][RECALL]
    assert retrained.mean > 1.2 * never.mean
    assert found.differences[NEVER_RETRAINED][RECALL.name].low > 0
    assert found.overall[RETRAINED].users == sum(period.users for period in later)


def test_the_older_items_are_those_of_the_first_model(found: Retraining) -> None:
    """It ranks nothing else for them, so it finds more of them than of all."""
    of_older = found.of_older_items[NEVER_RETRAINED]
    assert of_older[RECALL].mean > found.overall[NEVER_RETRAINED][RECALL].mean
    assert of_older.users < found.overall[NEVER_RETRAINED].users


def test_the_model_that_starts_warm_learns_what_is_new_in_less_time(found: Retraining) -> None:
    assert found.differences[WARM_START][RECALL.name].low < 0.1
    assert found.overall[WARM_START][RECALL].mean > found.overall[NEVER_RETRAINED][RECALL].mean
    for period in found.periods[1:]:
        assert set(period.seconds) == {RETRAINED, WARM_START}


def test_popularity_is_counted_before_the_instant(
    without_content: Dataset, found: Retraining
) -> None:
    """With the last period replaced by noise, nothing that was said of earlier ones changes."""
    log = without_content.interactions.copy()
    last = log["timestamp"] >= pd.Timestamp(found.periods[-1].start)
    log.loc[last, "item_id"] = log.loc[last, "item_id"].to_numpy()[::-1]
    changed = Dataset(log, without_content.users, without_content.items)
    again = measure_retraining(changed, CONFIG, retrainings=2, k=10, seed=0)
    for before, after in zip(found.periods[:-1], again.periods[:-1], strict=True):
        for name in (RETRAINED, NEVER_RETRAINED, POPULARITY, RECENT_POPULARITY):
            assert before.models[name] == after.models[name]
    assert found.periods[-1].models[POPULARITY] != again.periods[-1].models[POPULARITY]


def test_without_a_retraining_new_products_count_by_their_content(shop: Dataset) -> None:
    with_content = measure_retraining(shop, CONFIG, retrainings=2, k=10, seed=0)
    last = with_content.periods[-1]
    assert last.items_since_first > 0
    assert last.models[NEVER_RETRAINED][RECALL].mean > 2 * last.models[POPULARITY][RECALL].mean / 3


def test_a_log_that_is_too_short_is_refused(shop: Dataset) -> None:
    with pytest.raises(ContractError, match="no interaction is older"):
        periods_of(shop, retrainings=8)
    with pytest.raises(ContractError, match="no known user met a new item"):
        periods_of(shop, period=timedelta(seconds=1), retrainings=1)


def test_the_same_figures_give_the_same_picture(found: Retraining, tmp_path: Path) -> None:
    pictures = [tmp_path / name for name in ("one.svg", "two.svg")]
    for path in pictures:
        draw_retraining(found, path)
    one, two = (path.read_text() for path in pictures)
    assert one == two
    assert "never retrained" in one
    draw_retraining(found, tmp_path / "three.png")
    assert (tmp_path / "three.png").read_bytes().startswith(b"\x89PNG")
