import numpy as np
import pandas as pd
import pytest

from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.evaluation.splits import (
    cold_start_split,
    sample_users,
    split_at_random,
    split_by_time,
    validation_split,
)
from streams.errors import ContractError
from support.training_log import shop_of


def log(*rows: tuple[object, ...]) -> Dataset:
    """Rows of user, item, minute, type and perhaps rating."""
    table = pd.DataFrame(
        [(*row, None)[:5] for row in rows],
        columns=["user_id", "item_id", "minute", "interaction_type", "rating"],
    )
    start = pd.Timestamp("2026-01-01", tz="UTC")
    table["timestamp"] = start + pd.to_timedelta(table.pop("minute"), unit="min")
    table["quantity"] = float("nan")
    table["rating"] = table["rating"].astype(float)
    return Dataset(
        interactions=table[list(INTERACTION_COLUMNS)],
        users=pd.DataFrame(columns=list(USER_COLUMNS)),
        items=pd.DataFrame(columns=list(ITEM_COLUMNS)),
    )


def test_the_last_purchase_is_held_out_with_all_events_of_its_pair() -> None:
    shop = log(("a", "x", 0, "purchase"), ("a", "y", 1, "view"), ("a", "y", 2, "cart"),
               ("a", "y", 3, "purchase"), ("a", "z", 9, "cart"), ("b", "y", 4, "purchase"),
               ("b", "x", 2, "purchase"))  # fmt: skip
    train, held_out = split_by_time(shop)
    assert held_out == {"a": {"y"}, "b": {"y"}}
    assert train.interactions[["user_id", "item_id"]].to_numpy().tolist() == [
        ["a", "x"],
        ["a", "z"],
        ["b", "x"],
    ]


def test_without_purchases_the_last_cart_or_good_rating_is_held_out_and_never_a_view() -> None:
    shop = log(("a", "x", 0, "cart"), ("a", "y", 1, "rate", 4.5), ("a", "z", 2, "view"),
               ("b", "x", 0, "cart"), ("b", "y", 1, "rate", 2.5),
               ("c", "x", 0, "view"), ("c", "y", 1, "view"))  # fmt: skip
    assert split_by_time(shop)[1] == {"a": {"y"}, "b": {"x"}}


def test_a_log_of_views_alone_holds_out_the_last_view() -> None:
    shop = log(("a", "x", 5, "view"), ("a", "y", 1, "view"))
    assert split_by_time(shop)[1] == {"a": {"x"}}


def test_a_user_with_one_item_keeps_it() -> None:
    shop = log(("a", "x", 0, "view"), ("a", "x", 1, "purchase"))
    train, held_out = split_by_time(shop)
    assert held_out == {}
    assert len(train.interactions) == 2


def test_the_share_of_users_is_drawn_by_the_seed() -> None:
    shop = log(*((f"u{user}", item, item_at, "purchase")
                 for user in range(40) for item_at, item in enumerate("xyz")))  # fmt: skip
    draws = [set(split_by_time(shop, share=0.25, seed=seed)[1]) for seed in (1, 1, 2)]
    assert len(draws[0]) == 10
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("share", [0, 1.1])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ContractError, match="share must be"):
        split_by_time(log(("a", "x", 0, "view")), share=share)


def many(*sizes: int) -> Dataset:
    """A user each, with so many items, each of them viewed twice."""
    return log(*((f"u{user:02}", f"i{item:02}", 2 * item + again, "view")
                 for user, size in enumerate(sizes)
                 for item in range(size) for again in (0, 1)))  # fmt: skip


def test_a_share_of_each_users_items_is_held_out_with_all_their_events() -> None:
    shop = many(1, 2, 4, 10, 14)
    train, held_out = split_at_random(shop, share=0.2, seed=3)
    assert {user: len(items) for user, items in held_out.items()} == {
        "u01": 1,
        "u02": 1,
        "u03": 2,
        "u04": 2,
    }
    left = train.interactions.groupby("user_id")["item_id"].agg(list)
    for user, seen in shop.interactions.groupby("user_id")["item_id"]:
        hidden = held_out.get(str(user), set())
        assert left[user] == [item for item in seen if item not in hidden]
    assert train.interactions.index.tolist() == list(range(len(train.interactions)))


def test_the_random_split_is_drawn_by_the_seed_and_not_by_the_order_of_the_log() -> None:
    shop = many(*[10] * 30)
    turned = Dataset(shop.interactions[::-1].reset_index(drop=True), shop.users, shop.items)
    draws = [split_at_random(each, seed=seed)[1] for each, seed in
             ((shop, 1), (turned, 1), (shop, 2))]  # fmt: skip
    assert draws[0] == draws[1] != draws[2]


@pytest.mark.parametrize("share", [0, 1])
def test_a_random_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ContractError, match="share must be"):
        split_at_random(many(3), share=share)


def test_the_validation_split_is_by_time_where_all_instants_are_known() -> None:
    shop = many(10, 12)
    assert validation_split(shop, seed=4)[1] == {"u00": {"i09"}, "u01": {"i11"}}
    shop.interactions.loc[3, "timestamp"] = pd.NaT
    assert validation_split(shop, seed=4)[1] == split_at_random(shop, seed=4)[1]
    assert {len(items) for items in validation_split(shop, seed=4)[1].values()} == {2}


def test_a_sample_of_users_is_drawn_by_the_seed_and_not_by_their_order() -> None:
    held_out = {f"u{user}": {f"i{user}"} for user in range(30)}
    turned = dict(reversed(held_out.items()))
    draws = [sample_users(each, seed=seed, max_users=10)
             for each, seed in ((held_out, 1), (turned, 1), (held_out, 2))]  # fmt: skip
    assert len(draws[0]) == 10
    assert draws[0].items() <= held_out.items()
    assert list(draws[0]) == list(draws[1]) != list(draws[2])
    assert sample_users(held_out, seed=1) == held_out


def big_shop() -> Dataset:
    rng = np.random.default_rng(2)
    letters = [chr(ord("A") + number) for number in range(26)]
    seen = {f"u{n:02}": "".join(rng.permutation(letters)[:7]) for n in range(40)}
    paths = {letter: "" if letter < "G" else "Books" for letter in letters}
    return shop_of(seen, paths, {f"u{n:02}": "Books" for n in range(20)})


def test_the_cold_start_split_leaves_nothing_behind() -> None:
    dataset = big_shop()
    split = cold_start_split(dataset, share=0.25, seed=1)
    training = split.training
    new_items, new_users = set(split.items["item_id"]), set(split.users["user_id"])
    assert len(new_items) == 5
    assert len(new_users) == 10
    for table in (training.interactions, training.items):
        assert not new_items & set(table["item_id"])
    for table in (training.interactions, training.users):
        assert not new_users & set(table["user_id"])
    log = dataset.interactions
    stays = ~log["item_id"].isin(new_items) & ~log["user_id"].isin(new_users)
    assert len(training.interactions) == stays.sum()
    assert len(training.items) == 21


def test_targets_and_support_items_are_what_the_log_says() -> None:
    dataset = big_shop()
    split = cold_start_split(dataset, share=0.25, seed=1)
    new_items, new_users = set(split.items["item_id"]), set(split.users["user_id"])
    seen = dataset.interactions.groupby("user_id")["item_id"].agg(list)
    assert split.new_item_targets == {
        user: targets
        for user, items in seen.items()
        if user not in new_users and (targets := set(items) & new_items)
    }
    support = split.support.groupby("user_id")["item_id"].agg(list)
    for user in new_users:
        known = [item for item in seen[user] if item not in new_items]
        assert support[user] == known[:2]
        assert split.new_user_targets[user] == set(known[2:])


def test_items_without_content_and_users_without_a_third_item_stay() -> None:
    dataset = shop_of(
        {"short": "ABAB", "long": "ABCA", "other": "ABC"},
        {"A": "", "B": "", "unseen": "Books"},
        {},
    )
    split = cold_start_split(dataset, share=0.9)
    assert split.items.empty
    assert split.new_item_targets == {}
    assert split.users["user_id"].tolist() == ["long", "other"]
    assert split.support["item_id"].tolist() == ["A", "A", "B", "B"]
    # Neither the catalogue nor the rest of the log knows C: no list could hold it.
    assert split.new_user_targets == {}


def test_the_cold_start_split_is_drawn_by_the_seed() -> None:
    drawn = [
        cold_start_split(big_shop(), seed=seed).items["item_id"].tolist() for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("share", [0, 1])
def test_a_cold_start_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ContractError, match="share must be"):
        cold_start_split(big_shop(), share=share)
