"""What is bought together: counted by shopper, shrunk lift, and looked up for several items."""

import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import permutations

import pandas as pd
import pytest

from ml.registry.bought_together import Together
from ml.serving.bought_together import BoughtTogether, Companion
from ml.serving.co_purchases import MAX_ITEMS_OF_A_SHOPPER, co_purchases

_START = datetime(2026, 1, 1, tzinfo=UTC)


def _log(*events: tuple[str, str, str]) -> pd.DataFrame:
    """Of (user, type, item), one minute after the other."""
    return pd.DataFrame(
        [
            (user, item, _START + timedelta(minutes=number), kind)
            for number, (user, kind, item) in enumerate(events)
        ],
        columns=["user_id", "item_id", "timestamp", "interaction_type"],
    )


def _purchases(baskets: dict[str, str]) -> pd.DataFrame:
    """Of items of one letter by shopper."""
    return _log(*((user, "purchase", item) for user, items in baskets.items() for item in items))


def test_pairs_are_counted_by_shopper_and_purchases_alone_count() -> None:
    log = _log(
        *(("u1", "purchase", item) for item in ("a", "b", "a", "b")),
        *(("u2", "purchase", item) for item in ("b", "a")),
        *(("u3", kind, "a") for kind in ("view", "cart", "rate")),
        ("u3", "purchase", "c"),
        ("u4", "purchase", "d"),
    )
    found = {row.item_id: row for row in co_purchases(log, "abcd")}
    assert set(found) == {"a", "b"}
    assert (found["a"].together, found["a"].shoppers) == (["b"], [2])
    # Two of four shoppers bought a and b each: one would have bought both by chance.
    assert found["a"].lifts == pytest.approx([(2 + 10) / (1 + 10)])


def test_what_everybody_buys_goes_with_nothing_in_particular() -> None:
    baskets = {f"u{number}": "ps" if number < 3 else "p" for number in range(30)}
    assert list(co_purchases(_purchases(baskets), "ps")) == []


def test_more_evidence_beats_a_higher_lift_of_few() -> None:
    baskets = {f"m{number}": "ab" for number in range(12)} | {"f1": "ac", "f2": "ac"}
    baskets |= {f"o{number}": "z" for number in range(60)}
    found = {row.item_id: row for row in co_purchases(_purchases(baskets), "abcz")}
    assert found["a"].together == ["b", "c"]


def test_it_equals_a_count_in_plain_python_for_random_baskets() -> None:
    rng = random.Random(7)
    baskets = {f"u{number}": "".join(rng.sample("abcdefghij", 4)) for number in range(60)}
    pairs = Counter(pair for items in baskets.values() for pair in permutations(items, 2))
    buyers = Counter(item for items in baskets.values() for item in items)
    expected = {
        pair: (count + 10) / (buyers[pair[0]] * buyers[pair[1]] / 60 + 10)
        for pair, count in pairs.items()
        if count >= 2
    }
    found = {
        (row.item_id, other): lift
        for row in co_purchases(_purchases(baskets), "abcdefghij")
        for other, lift in zip(row.together, row.lifts, strict=True)
    }
    assert found == pytest.approx({pair: lift for pair, lift in expected.items() if lift > 1})


def test_items_that_are_not_on_sale_are_not_listed_but_have_companions() -> None:
    baskets = {"u1": "ab", "u2": "ab", "u3": "c"}
    (row,) = co_purchases(_purchases(baskets), "a")
    assert (row.item_id, row.together) == ("b", ["a"])


def test_the_newest_items_of_a_shopper_count() -> None:
    many = [f"i{number:03}" for number in range(MAX_ITEMS_OF_A_SHOPPER + 1)]
    log = _log(*((user, "purchase", item) for user in ("u1", "u2") for item in many))
    alone = _log(*(("other", "purchase", f"o{number}") for number in range(3)))
    found = {row.item_id for row in co_purchases(pd.concat([log, alone]), many)}
    assert many[0] not in found
    assert found == set(many[1:])


def test_without_a_purchase_nothing_is_together() -> None:
    assert list(co_purchases(_log(("u", "view", "a")), "a")) == []


ROWS = (
    Together("a", ["b", "c"], [9, 4], [3.0, 2.0]),
    Together("b", ["a", "c", "d"], [9, 2, 5], [3.0, 2.5, 1.5]),
)


def test_companions_of_one_item_are_in_the_order_of_their_lifts() -> None:
    found = BoughtTogether.of(ROWS)
    assert found.with_all(["b"], 10) == (
        Companion("a", 9, "b"),
        Companion("c", 2, "b"),
        Companion("d", 5, "b"),
    )
    assert found.with_all(["b"], 1) == (Companion("a", 9, "b"),)
    assert len(found) == 5


def test_several_items_are_evidence_together_and_are_left_out_themselves() -> None:
    found = BoughtTogether.of(ROWS)
    expected = (Companion("c", 2, "b"), Companion("d", 5, "b"))
    assert found.with_all(["a", "b", "a"], 10) == expected
    assert found.with_all(["b", "a"], 10) == expected


def test_an_unknown_item_has_no_companions() -> None:
    assert BoughtTogether.of(ROWS).with_all(["d", "x"], 10) == ()
    assert BoughtTogether.of(()).with_all(["a"], 10) == ()
    assert BoughtTogether.of(ROWS).with_all([], 10) == ()
