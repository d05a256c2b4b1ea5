"""The replay of a planted log, in which a session says what comes next and nothing else does."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from ml.data.catalogue_table import no_items, no_users
from ml.dataset import INTERACTION_COLUMNS, Dataset
from ml.evaluation.estimates import ratio_interval
from ml.evaluation.replay import last_period, replay
from ml.evaluation.replay_figures import LISTS, READINGS, Replay, figures, place_of
from ml.serving.chain.chain import Chain
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.errors import ContractError

START = pd.Timestamp("2026-01-05", tz="UTC")
GROUPS = 6
ITEMS_EACH = 20
CONFIG = TowersConfig(dim=16, user_encoder="pooling", text_encoder=None, epochs=40)


@pytest.fixture(scope="module")
def shop() -> Dataset:
    """Four weeks. Each session is of one group, drawn anew; in the last week also new shoppers'."""
    rng = np.random.default_rng(3)
    rows = []
    for day in range(28):
        shoppers = [f"u{number}" for number in rng.permutation(120)[:40]]
        guests = [f"guest{day}-{number}" for number in range(5)] if day >= 21 else []
        for user in (*shoppers, *guests):
            group, begin = rng.integers(GROUPS), day + rng.uniform(0.01, 0.9)
            rows += [
                (user, f"{group}-{item:02}", begin + place / 1440)
                for place, item in enumerate(rng.permutation(ITEMS_EACH)[:6])
            ]
    log = pd.DataFrame(rows, columns=["user_id", "item_id", "day"])
    log["timestamp"] = START + pd.to_timedelta(log.pop("day"), unit="D")
    log["interaction_type"] = "view"
    log["rating"] = log["quantity"] = np.nan
    return Dataset(log[list(INTERACTION_COLUMNS)], no_users(), no_items())


@pytest.fixture(scope="module")
def bundle(shop: Dataset) -> Bundle:
    return train(last_period(shop).training, CONFIG, seed=0)


@pytest.fixture(scope="module")
def found(shop: Dataset, bundle: Bundle) -> Replay:
    return replay(bundle, last_period(shop), k=20, seed=0)


def test_the_last_period_is_not_known(shop: Dataset) -> None:
    split = last_period(shop, timedelta(days=3))
    newest = shop.interactions["timestamp"].max()
    assert split.training.interactions["timestamp"].max() < split.instant
    assert split.test["timestamp"].min() >= split.instant
    assert newest - split.instant < timedelta(days=3) <= newest - split.instant + timedelta(1e-9, 1)
    assert len(split.training.interactions) + len(split.test) == len(shop.interactions)


def test_what_arrives_in_the_period_is_no_part_of_the_catalogue(shop: Dataset) -> None:
    cut = last_period(shop).instant
    arrivals = {"0-00": cut + timedelta(1), "early": cut - timedelta(1), "late": cut, "any": pd.NaT}
    items = no_items().reindex(range(len(arrivals)))
    items["item_id"] = list(arrivals)
    items["arrival_date"] = pd.to_datetime(pd.Series(list(arrivals.values())), utc=True)
    split = last_period(Dataset(shop.interactions, shop.users, items))
    # 0-00 had interactions, whatever the catalogue says.
    assert split.training.items["item_id"].tolist() == ["0-00", "early", "any"]


def test_following_a_session_pays_where_sessions_say_what_comes_next(found: Replay) -> None:
    new = found.readings["new_items"]
    so_far = {name: part.hit_rates for name, part in new.parts.items()}
    for part in ("1", "2-4", "5+"):
        for other in ("nightly", "at_cut", "trending", "popular"):
            assert so_far[part]["live"] > so_far[part][other] + 0.1
    # Before a session nothing says which group it is of.
    assert abs(so_far["0"]["live"] - so_far["0"]["nightly"]) < 0.1
    assert new.lists["nightly"].live_minus_this.low > 0
    assert new.lists["trending"].live_minus_this_by_user.low > 0
    assert found.readings["all_items"].events >= new.events


def test_guests_are_followed_from_their_first_event_on(found: Replay) -> None:
    guests = found.readings["new_items"].parts["new users"]
    assert guests.events == 7 * 5 * 6
    assert guests.users == 7 * 5
    # Their list at night or at the cut is everybody's.
    assert guests.hit_rates["nightly"] == guests.hit_rates["trending"]
    # Of six groups of 20 items: who knows the group finds what is left of it in 20 places. Of a
    # guest's six events the first has no list that could.
    assert guests.hit_rates["live"] > 0.6
    assert guests.hit_rates["trending"] < 0.4


def test_the_live_list_is_the_one_of_the_chain(
    shop: Dataset, bundle: Bundle, found: Replay
) -> None:
    chain = Chain.model_validate({"first_of": ["popular"], "fused": {}, "order": []})
    other = replay(bundle, last_period(shop), k=20, seed=0, chain=chain)
    assert found.chain == Chain().model_dump(mode="json") != other.chain
    for reading, of in other.readings.items():
        figures, before = of.lists, found.readings[reading].lists
        assert figures["nightly"].hit_rate == before["nightly"].hit_rate
        assert figures["live"].hit_rate.mean < before["live"].hit_rate.mean - 0.1
    # The chain's list holds what was met, the others hide it where only new items count.
    new, every = (other.readings[reading].lists for reading in READINGS)
    assert new["live"].hit_rate.mean < new["popular"].hit_rate.mean
    assert every["live"].hit_rate == every["popular"].hit_rate


def test_what_was_met_is_in_the_live_list_only_as_the_chain_lets_it(
    shop: Dataset, bundle: Bundle
) -> None:
    # After all others somebody comes who goes back to the item before the last one.
    again = shop.interactions.head(3).reset_index(drop=True)
    again["user_id"], again["item_id"] = "back", ["0-00", "1-00", "0-00"]
    newest = shop.interactions["timestamp"].max()
    again["timestamp"] = newest + pd.to_timedelta(pd.Series([1, 2, 3]), unit="min")
    log = pd.concat([shop.interactions, again], ignore_index=True)
    split = last_period(Dataset(log, shop.users, shop.items), timedelta(minutes=2.5))
    assert set(split.test["user_id"]) == {"back"}
    hits = {}
    for share in (0, 1):
        chain = Chain.model_validate({"order": [{"stage": "seen_before", "share": share}]})
        of = replay(bundle, split, k=GROUPS * ITEMS_EACH, seed=0, chain=chain)
        hits[share] = of.readings["all_items"].parts["2-4"].hit_rates["live"]
    assert hits == {0: 0, 1: 1}


def test_the_same_seed_gives_the_same_and_few_events_are_of_few_users(
    shop: Dataset, bundle: Bundle, found: Replay
) -> None:
    seen: list[float] = []
    few = [
        replay(bundle, last_period(shop), k=20, seed=1, max_events=100, progress=seen.append)
        for _ in range(2)
    ]
    assert few[0] == few[1]
    assert few[0].users < few[0].users_of_period == found.users_of_period == found.users
    assert 100 <= few[0].readings["all_items"].events < 200
    assert seen[-1] == 1
    assert seen == sorted(seen[: len(seen) // 2]) * 2


def test_hits_are_counted_by_event_and_by_user() -> None:
    # Of user a the list holds one item of four in the first two places, of b the only one at 1.
    places = {"live": [0, 9, 3, 9, 1], "nightly": [9, 9, 9, 9, 1]}
    events = pd.DataFrame(
        {
            "user": list("aaaab"),
            "in_session": [0, 1, 2, 5, 0],
            "is_guest": [False] * 4 + [True],
            "is_listable": [True, False, True, True, True],
            "new_items": [True] * 5,
            "all_items": [True] * 4 + [False],
        }
        | {
            place_of(name, reading): places.get(name, [9] * 5)
            for name in LISTS
            for reading in READINGS
        }
    )
    new, every = (figures(events, 4, seed=0)[reading] for reading in READINGS)
    live = new.lists["live"]
    assert (new.events, new.users) == (5, 2)
    assert new.unlistable == pytest.approx(0.2)
    assert live.hit_rate.mean == pytest.approx(3 / 5)
    assert live.hit_rate_of_half.mean == pytest.approx(2 / 5)
    assert live.hit_rate_by_user.mean == pytest.approx((2 / 4 + 1) / 2)
    # Drawn are a twice, a and b, or b twice.
    assert (live.hit_rate.low, live.hit_rate.high) == (0.5, 1)
    assert new.lists["nightly"].live_minus_this.mean == pytest.approx(2 / 5)
    assert new.lists["nightly"].live_minus_this_by_user.mean == pytest.approx(1 / 4)
    assert {name: part.events for name, part in new.parts.items()} == {
        "0": 2, "1": 1, "2-4": 1, "5+": 1, "new users": 1
    }  # fmt: skip
    assert new.parts["0"].hit_rates["nightly"] == pytest.approx(1 / 2)
    assert every.events == 4
    assert "new users" not in every.parts
    with pytest.raises(ContractError, match="nobody met an item"):
        figures(events[events["user"] == "b"], 4, seed=0)


def test_the_interval_of_a_ratio_draws_users_and_not_events() -> None:
    rng = np.random.default_rng(0)
    sizes = rng.integers(1, 30, 200)
    sums = np.round(sizes * rng.beta(2, 5, 200))
    interval = ratio_interval(sums, sizes, resamples=4000)
    assert interval.mean == pytest.approx(sums.sum() / sizes.sum())
    # The delta method's deviation of a ratio of two means.
    left = sums - interval.mean * sizes
    deviation = left.std() / sizes.mean() / np.sqrt(len(sizes))
    assert interval.low == pytest.approx(interval.mean - 1.96 * deviation, abs=0.1 * deviation)
    assert interval.high == pytest.approx(interval.mean + 1.96 * deviation, abs=0.1 * deviation)
    assert interval == ratio_interval(sums, sizes, resamples=4000)
    with pytest.raises(ContractError, match="no values"):
        ratio_interval(sums[:0], sizes[:0])
