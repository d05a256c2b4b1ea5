import hashlib
import os
import subprocess
import sys
from collections import Counter, defaultdict
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from ml.data.log_table import read_held_out
from ml.data.synthetic import (
    GroundTruth,
    SyntheticConfig,
    SyntheticShop,
    generate,
    oracle_top_k,
)
from ml.data.synthetic.files import write
from streams.contracts import Interaction, InteractionType
from streams.errors import ContractError

SMALL = SyntheticConfig(n_users=60, n_items=150, n_interactions=1_500, seed=7)
FILES = {
    "recommendation_users.parquet",
    "recommendation_items.parquet",
    "recommendation_interactions.parquet",
    "category_relationships.parquet",
    "held_out.csv",
    "truth.json",
    "truth_users.parquet",
    "truth_items.parquet",
}


@pytest.fixture(scope="module")
def shop() -> SyntheticShop:
    return generate(SyntheticConfig())


@pytest.fixture(scope="module")
def seen(shop: SyntheticShop) -> dict[str, set[str]]:
    items: dict[str, set[str]] = defaultdict(set)
    for event in shop.interactions:
        items[event.user_id].add(event.item_id)
    return items


def recall(lists: dict[str, list[str]], held_out: dict[str, set[str]]) -> float:
    return float(
        np.mean([len(items & set(lists[user])) / len(items) for user, items in held_out.items()])
    )


def popular_items(shop: SyntheticShop, seen: dict[str, set[str]]) -> dict[str, list[str]]:
    buyers = Counter(item for items in seen.values() for item in items)
    ranked = [item for item, _ in buyers.most_common()]
    return {
        user: [item for item in ranked if item not in seen[user]][:20] for user in shop.held_out
    }


def digests(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.iterdir()}


def by_session(shop: SyntheticShop) -> dict[str, list[Interaction]]:
    sessions: dict[str, list[Interaction]] = defaultdict(list)
    for event in shop.interactions:
        assert event.session_id
        sessions[event.session_id].append(event)
    return sessions


def test_the_same_seed_gives_identical_files_in_another_process(tmp_path: Path) -> None:
    write(generate(SMALL), tmp_path / "here")
    program = (
        "import sys; from pathlib import Path; from ml.data.synthetic import *;"
        "from ml.data.synthetic.files import write;"
        "write(generate(SyntheticConfig.model_validate_json(sys.argv[1])), Path(sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, SMALL.model_dump_json(), str(tmp_path / "there")],
        check=True,
        env=os.environ | {"PYTHONHASHSEED": "1234"},
    )
    here = digests(tmp_path / "here")
    assert set(here) == FILES
    assert digests(tmp_path / "there") == here


def test_another_seed_gives_another_shop(tmp_path: Path) -> None:
    write(generate(SMALL), tmp_path / "one")
    write(generate(SMALL.model_copy(update={"seed": 8})), tmp_path / "two")
    one, two = digests(tmp_path / "one"), digests(tmp_path / "two")
    differing = {name for name in FILES if one[name] != two[name]}
    # The categories and their names are the same in every shop.
    assert differing == FILES - {"category_relationships.parquet", "truth.json"}


def test_sizes_are_what_the_config_says(shop: SyntheticShop) -> None:
    assert len({user.user_id for user in shop.users}) == 1_000
    assert len({product.item_id for product in shop.products}) == 2_000
    assert len({product.category for product in shop.products}) == 48
    held_back = 40_000 - len(shop.interactions)
    assert len(shop.held_out) <= held_back < 4_000
    assert len({event.interaction_id for event in shop.interactions}) == len(shop.interactions)


def test_the_oracle_is_far_better_than_popularity(
    shop: SyntheticShop, seen: dict[str, set[str]]
) -> None:
    oracle = recall(oracle_top_k(shop.truth, list(shop.held_out), 20, seen), shop.held_out)
    popularity = recall(popular_items(shop, seen), shop.held_out)
    assert 0.3 < oracle < 0.6
    assert 20 / len(shop.products) < popularity < oracle / 3


def test_stated_preferences_match_interactions_far_above_chance(shop: SyntheticShop) -> None:
    department = {each.item_id: each.category.split("|")[0] for each in shop.products}
    stated = {user.user_id: set(user.preferences.split("|")) for user in shop.users}
    assert all(1 <= len(names) <= 5 for names in stated.values())
    assert set().union(*stated.values()) == set(department.values())
    match = np.mean([department[e.item_id] in stated[e.user_id] for e in shop.interactions])
    chance = np.mean([len(names) for names in stated.values()]) / len(set(department.values()))
    assert match > 3 * chance


def test_popularity_and_activity_have_long_tails(shop: SyntheticShop) -> None:
    items = sorted(Counter(event.item_id for event in shop.interactions).values(), reverse=True)
    users = sorted(Counter(event.user_id for event in shop.interactions).values(), reverse=True)
    assert sum(items[:200]) > 0.25 * sum(items)
    assert sum(users[:100]) > 0.3 * sum(users)


def test_a_session_is_short_and_ends_with_a_viewed_item(shop: SyntheticShop) -> None:
    bought = 0
    lengths = []
    for events in by_session(shop).values():
        assert len({event.user_id for event in events}) == 1
        assert events[-1].timestamp - events[0].timestamp < timedelta(hours=1)
        kinds = [event.interaction_type for event in events]
        if InteractionType.RATE in kinds:
            continue
        lengths.append(kinds.count(InteractionType.VIEW))
        for event in events:
            if event.interaction_type in (InteractionType.CART, InteractionType.PURCHASE):
                bought += event.interaction_type is InteractionType.PURCHASE
                assert event.quantity
                assert event.quantity >= 1
                viewed = [e for e in events if e.interaction_type is InteractionType.VIEW]
                assert event.item_id in {view.item_id for view in viewed}
    assert bought > 1_000
    assert 2 < np.mean(lengths) < 6


def test_events_follow_sign_up_and_arrival_and_end_in_time(shop: SyntheticShop) -> None:
    config = SyntheticConfig()
    signup = {user.user_id: user.signup_date for user in shop.users}
    arrival = {product.item_id: product.arrival_date for product in shop.products}
    for event in shop.interactions:
        assert config.starts_at <= event.timestamp < config.ends_at
        assert signup[event.user_id] < event.timestamp
        assert arrival[event.item_id] <= event.timestamp
    late = [date for date in arrival.values() if date > config.starts_at]
    assert 0.1 < len(late) / len(arrival) < 0.3
    times = [event.timestamp for event in shop.interactions]
    assert times == sorted(times)


def test_only_the_shops_own_events_are_made_and_ratings_follow_taste(shop: SyntheticShop) -> None:
    kinds = Counter(event.interaction_type for event in shop.interactions)
    assert not any(kind.is_derived for kind in kinds)
    assert 0.6 < kinds[InteractionType.VIEW] / len(shop.interactions) < 0.8
    truth = shop.truth
    user_at = {user_id: at for at, user_id in enumerate(truth.user_ids)}
    item_at = {item_id: at for at, item_id in enumerate(truth.item_ids)}
    taste = truth.taste(np.arange(len(user_at)))
    rated = [event for event in shop.interactions if event.rating is not None]
    liking = [taste[user_at[event.user_id], item_at[event.item_id]] for event in rated]
    assert len(rated) > 1_000
    assert np.corrcoef(liking, [event.rating for event in rated])[0, 1] > 0.3
    assert any(event.review_content for event in rated)


def test_no_event_has_a_held_out_pair(shop: SyntheticShop, seen: dict[str, set[str]]) -> None:
    assert len(shop.held_out) > 700
    for user_id, items in shop.held_out.items():
        assert len(items) == 1
        assert not items & seen[user_id]
        assert len(seen[user_id]) >= SyntheticConfig().min_history


def test_products_are_complete(shop: SyntheticShop) -> None:
    for product in shop.products:
        assert product.item_id.startswith("B0")
        assert len(product.item_id) == 10
        assert product.discounted_price
        assert product.actual_price
        assert product.discount_percentage is not None
        expected = float(product.actual_price) * (1 - product.discount_percentage)
        assert float(product.discounted_price) == pytest.approx(expected, abs=0.01)
        leaf = product.category.split("|")[-1]
        assert leaf in product.about_product
        assert product.product_name.split()[0] in product.about_product
        assert product.img_link.startswith("/images/item_")
        assert " " not in product.img_link
    assert all(len(user.user_id) == 26 for user in shop.users)


def test_a_discount_is_the_exception(shop: SyntheticShop) -> None:
    reduced = [each for each in shop.products if each.discount_percentage]
    assert 0.1 < len(reduced) / len(shop.products) < 0.2


def test_another_end_moves_the_shop_in_time_and_changes_nothing_else() -> None:
    later = SMALL.ends_at + timedelta(days=40)
    shop, moved = generate(SMALL), generate(SMALL.model_copy(update={"ends_at": later}))
    assert [
        (each.user_id, each.item_id, each.interaction_type, each.timestamp + timedelta(days=40))
        for each in shop.interactions
    ] == [
        (each.user_id, each.item_id, each.interaction_type, each.timestamp)
        for each in moved.interactions
    ]
    assert [each.arrival_date + timedelta(days=40) for each in shop.products] == [
        each.arrival_date for each in moved.products
    ]
    assert moved.held_out == shop.held_out


def test_files_have_the_agreed_columns_and_hold_the_shop(tmp_path: Path) -> None:
    small = generate(SMALL)
    write(small, tmp_path)
    text, number, instant = pa.string(), pa.float64(), pa.timestamp("ns")
    users = pq.read_table(tmp_path / "recommendation_users.parquet")
    assert dict(zip(users.schema.names, users.schema.types, strict=True)) == {
        "user_id": text,
        "user_name": text,
        "signup_date": instant,
        "preferences": text,
    }
    items = pq.read_table(tmp_path / "recommendation_items.parquet")
    assert dict(zip(items.schema.names, items.schema.types, strict=True)) == {
        "item_id": text,
        "product_name": text,
        "category": text,
        "discounted_price": number,
        "actual_price": number,
        "discount_percentage": number,
        "rating": number,
        "rating_count": pa.int64(),
        "about_product": text,
        "arrival_date": instant,
        "img_link": text,
        "product_link": text,
    }
    events = pq.read_table(tmp_path / "recommendation_interactions.parquet")
    assert dict(zip(events.schema.names, events.schema.types, strict=True)) == {
        "interaction_id": text,
        "user_id": text,
        "item_id": text,
        "timestamp": instant,
        "interaction_type": text,
        "review_title": text,
        "review_content": text,
        "rating": number,
        "quantity": number,
    }
    first = small.interactions[0]
    row = events.slice(0, 1).to_pylist()[0]
    assert row["interaction_id"] == str(first.interaction_id)
    assert row["timestamp"].tz_localize("UTC") == first.timestamp
    assert row["interaction_type"] == first.interaction_type.value
    assert (len(users), len(items), len(events)) == (60, 150, len(small.interactions))
    edges = pq.read_table(tmp_path / "category_relationships.parquet").to_pylist()
    parents = Counter(edge["Category"] for edge in edges)
    assert {"Category", "Parent Category"} == set(edges[0])
    assert max(parents.values()) == 2
    assert read_held_out(tmp_path / "held_out.csv") == (small.held_out, [])


def test_the_ground_truth_is_loaded_as_it_was_saved(tmp_path: Path) -> None:
    small = generate(SMALL)
    write(small, tmp_path)
    loaded = GroundTruth.load(tmp_path)
    users = np.arange(60)
    assert loaded.user_ids == small.truth.user_ids
    assert loaded.item_ids == small.truth.item_ids
    np.testing.assert_array_equal(loaded.utilities(users), small.truth.utilities(users))


def test_a_folder_without_ground_truth_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="holds no ground truth"):
        GroundTruth.load(tmp_path)


def test_the_oracle_lists_the_best_unseen_items(monkeypatch: pytest.MonkeyPatch) -> None:
    truth = generate(SMALL).truth
    monkeypatch.setattr("ml.data.synthetic.ground_truth._BLOCK_CELLS", 1_000)
    user_ids = truth.user_ids[::-3]
    utilities = truth.utilities(np.arange(len(truth.user_ids)))
    seen = {user_id: set(truth.item_ids[at::4]) for at, user_id in enumerate(user_ids[:4])}
    lists = oracle_top_k(truth, user_ids, 7, seen)
    assert list(lists) == user_ids
    for user_id in user_ids:
        scores = utilities[truth.user_ids.index(user_id)]
        ranked = [truth.item_ids[at] for at in np.argsort(-scores, kind="stable")]
        fresh = [item for item in ranked if item not in seen.get(user_id, ())]
        assert lists[user_id] == fresh[:7]


def test_the_oracle_gives_a_shorter_list_if_fewer_items_remain() -> None:
    truth = generate(SMALL).truth
    user_id = truth.user_ids[0]
    lists = oracle_top_k(truth, [user_id], 400, {user_id: {*truth.item_ids[5:], "another"}})
    assert set(lists[user_id]) == set(truth.item_ids[:5])


def test_the_oracle_refuses_an_unknown_user_and_k_below_one() -> None:
    truth = generate(SMALL).truth
    with pytest.raises(ContractError, match="user nobody is unknown"):
        oracle_top_k(truth, ["nobody"], 5)
    with pytest.raises(ContractError, match="k must be at least 1"):
        oracle_top_k(truth, truth.user_ids, 0)


@pytest.mark.parametrize(
    "sizes",
    [
        {"n_users": 1, "n_items": 1, "n_interactions": 50, "days": 1},
        {"n_users": 40, "n_items": 3, "n_interactions": 30, "days": 2},
        {"n_users": 5, "n_items": 10, "n_interactions": 0},
        {"n_users": 3, "n_items": 9, "n_interactions": 400, "popularity_weight": 5},
    ],
)
def test_tiny_shops_are_complete_too(tmp_path: Path, sizes: dict[str, int]) -> None:
    tiny = generate(SyntheticConfig(**sizes))
    write(tiny, tmp_path)
    assert len(tiny.users) == sizes["n_users"]
    assert len(tiny.products) == sizes["n_items"]
    assert len(tiny.interactions) + len(tiny.held_out) <= sizes["n_interactions"]
    assert len(tiny.interactions) >= 0.3 * sizes["n_interactions"]


@pytest.mark.parametrize(
    "wrong", [{"n_users": 0}, {"days": 0}, {"seed": -1}, {"brand_weight": float("nan")}, {"x": 1}]
)
def test_an_invalid_config_is_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        SyntheticConfig.model_validate(wrong)
