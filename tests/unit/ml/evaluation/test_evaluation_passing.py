"""What is known before each event of a log."""

from datetime import timedelta

import pandas as pd
import pytest

from ml.data.catalogue_table import no_items
from ml.dataset import INTERACTION_COLUMNS, Dataset, interactions_frame, interactions_of
from ml.evaluation.passing import Walk, moments, sampled_users
from ml.evaluation.temporal_split import TemporalSplit, split_at
from ml.registry.shoppers import Met
from streams.contracts import SESSION_GAP
from support.interactions import interaction

CUT = pd.Timestamp("2026-03-08", tz="UTC")


def rows(*events: tuple[str, str, float]) -> pd.DataFrame:
    """Views by user, item, and hours from the cut."""
    return interactions_frame(
        interaction(user, item, "view", CUT + timedelta(hours=hours))
        for user, item, hours in events
    )


def split_of(*events: tuple[str, str, float]) -> TemporalSplit:
    users = pd.DataFrame({"user_id": ["a"], "preferences": ["Books|Toys"], "signup_date": [CUT]})
    return split_at(Dataset(rows(*events), users, no_items()), CUT)


def test_rows_become_interactions_and_rows_again() -> None:
    at = CUT.to_pydatetime()
    frame = interactions_frame(
        [
            interaction("a", "x", "purchase", at, quantity=2, rating=3.5),
            interaction("b", "y", "rate", at + timedelta(microseconds=1), rating=1),
            interaction("b", "y", "view", at),
        ]
    )
    events = list(interactions_of(frame))
    assert interactions_frame(events).equals(frame)
    assert len({event.interaction_id for event in events}) == 3
    assert list(frame) == list(INTERACTION_COLUMNS)


def test_events_pass_in_the_order_of_time_and_nothing_is_known_before_it_happens() -> None:
    split = split_of(
        ("b", "z", 3), ("a", "y", 2), ("a", "x", -1), ("c", "z", 1), ("a", "w", -2), ("a", "z", 2)
    )
    passed = []
    for moment in moments(split, ["a", "b"]):
        event, walk = moment.event, moment.walk
        assert all(each.timestamp <= event.timestamp for each in walk.history)
        known = [each.item_id for each in walk.history]
        passed.append((event.user_id, event.item_id, known, moment.trend.best(9, event.timestamp)))
        assert list(walk.met) == known
        assert list(walk.preferences) == (["Books", "Toys"] if event.user_id == "a" else [])
    assert passed == [
        ("a", "y", ["w", "x"], ["z", "x", "w"]),
        ("a", "z", ["w", "x", "y"], ["y", "z", "x", "w"]),
        ("b", "z", [], ["z", "y", "x", "w"]),
    ]


def test_a_session_ends_with_a_pause() -> None:
    walk, gap = Walk(), SESSION_GAP.total_seconds() / 3600
    first, again, late, later = interactions_of(
        rows(("a", "x", 0), ("a", "x", gap), ("a", "x", 2 * gap + 0.01), ("a", "y", 2 * gap + 0.02))
    )
    found = []
    for event in (first, again, late, later):
        found.append((walk.in_session(event), walk.stays(event)))
        walk.add(event)
    assert found == [(0, False), (1, True), (0, False), (1, False)]
    assert walk.until(again.timestamp) == [first]
    assert walk.until(late.timestamp) == [first, again]


def test_what_is_stored_of_a_shopper_is_as_the_database_has_it() -> None:
    walk, now = Walk(), CUT.to_pydatetime()
    for item, kind, days in (
        ("old", "negative_view", 40),
        ("old", "negative_view", 20),
        ("no", "negative_view", 9),
        ("no", "negative_view", 8),
        ("again", "purchase", 7),
        ("rated", "rate", 6),
        ("again", "purchase", 5),
        ("again", "view", 4),
        ("seen", "view", 3),
    ):
        rating = 4 if kind == "rate" else None
        walk.add(interaction("a", item, kind, now - timedelta(days=days), rating=rating))
    assert walk.stored(now) == {
        "old": Met(None, 1),
        "no": Met(None, 2),
        "again": Met(now - timedelta(days=5), 0),
        "rated": Met(now - timedelta(days=6), 0),
        "seen": Met(None, 0),
    }


@pytest.mark.parametrize(("number", "users"), [(1, 1), (3, 1), (4, 2), (10, 3), (11, 3)])
def test_users_are_drawn_until_their_events_are_enough(number: int, users: int) -> None:
    frame = rows(*((user, "x", hour) for user in "abc" for hour in range(3)))
    drawn = sampled_users(frame, number, seed=4)
    assert len(set(drawn)) == len(drawn) == users
    assert drawn == sampled_users(frame.iloc[::-1], number, seed=4)
