"""The figures of the dashboard, without Kafka and without a database."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.analytics.dashboard.figures import KEPT, Figures
from apps.analytics.dashboard.products import Products
from streams.contracts import InteractionType
from support.interactions import interaction

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
AT = NOW.timestamp()


def figures() -> Figures:
    return Figures(Products(None))


def add(
    to: Figures, user: str, kind: str, at: float = AT, item: str = "i", **fields: object
) -> None:
    to.add(interaction(user, item, kind, NOW, **fields), at)


def test_the_funnel_counts_shoppers_and_not_events() -> None:
    found = figures()
    for user, kinds in {"a": ("view", "view", "cart", "purchase"), "b": ("view",)}.items():
        for kind in kinds:
            add(found, user, kind)
    snapshot = found.snapshot(15, AT)
    assert snapshot["funnel"] == {"view": 2, "cart": 1, "purchase": 1}
    assert snapshot["events"] == 5


def test_an_event_that_is_delivered_twice_counts_once_and_a_verdict_never() -> None:
    found = figures()
    event = interaction("a", "i", "purchase", NOW, quantity=3)
    for _ in range(2):
        found.add(event, AT)
    add(found, "a", "positive_view")
    snapshot = found.snapshot(15, AT)
    assert snapshot["kinds"] == {InteractionType.PURCHASE: 1}
    assert snapshot["top"] == [{"item": "i", "name": "i", "pieces": 3, "revenue": 0.0}]


def test_only_the_window_is_shown_and_the_rest_is_forgotten_in_time() -> None:
    found = figures()
    add(found, "old", "view", AT - 30 * 60)
    add(found, "new", "view", AT)
    assert found.snapshot(15, AT)["funnel"]["view"] == 1
    assert found.snapshot(60, AT)["funnel"]["view"] == 2
    assert found.snapshot(60, AT + KEPT.total_seconds())["events"] == 0
    assert len(found._minutes) == 1


def test_the_pace_is_in_events_per_second() -> None:
    found = figures()
    for second in range(1, 11):
        for _ in range(4):
            add(found, "a", "view", AT - second)
    snapshot = found.snapshot(15, AT)
    assert snapshot["per_second"] == 4
    assert snapshot["pace"][-3:] == [0, 4, 4]
    assert len(snapshot["pace"]) == 60


def test_what_is_trending_is_what_is_new() -> None:
    found = figures()
    for number in range(8):
        add(found, "a", "view", AT - 45 * 60 - number, item="was")
    for number in range(3):
        add(found, "a", "view", AT - number, item="is")
    assert [row["item"] for row in found.snapshot(60, AT)["trending"]] == ["is", "was"]


def test_click_through_divides_clicks_by_what_was_shown() -> None:
    found = figures()
    found.add_impression("home", range(4), AT, model_version="v1")
    found.add_impression("home", range(4), AT, model_version="v2")
    add(found, "a", "view", surface="home", position=0, model_version="v1")
    add(found, "a", "view", surface="home", position=2, model_version="v1")
    add(found, "a", "view", surface="search", position=0)
    add(found, "a", "view")
    add(found, "a", "purchase", surface="home", position=0)
    rates = found.snapshot(15, AT)["click_through"]
    assert rates["surface"] == [
        {"value": "home", "clicks": 2, "shown": 8, "rate": 0.25},
        {"value": "search", "clicks": 1, "shown": 0, "rate": None},
    ]
    assert rates["position"] == [
        {"value": 0, "clicks": 2, "shown": 2, "rate": 1.0},
        {"value": 1, "clicks": 0, "shown": 2, "rate": 0.0},
        {"value": 2, "clicks": 1, "shown": 2, "rate": 0.5},
        {"value": 3, "clicks": 0, "shown": 2, "rate": 0.0},
    ]
    assert [(row["value"], row["rate"]) for row in rates["model_version"]] == [
        ("v1", 0.5),
        ("v2", 0.0),
    ]
    assert rates["experiment"] == []


def test_viewers_share_the_figures_of_a_second() -> None:
    found = figures()
    first = found.latest(15)
    add(found, "a", "view")
    assert found.latest(15) is first
    assert found.latest(60) is not first


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["view", "cart", "purchase"]),
            st.integers(0, 14 * 60),
            st.sampled_from("abc"),
        ),
        max_size=30,
    )
)
def test_the_order_of_arrival_does_not_matter(events: list[tuple[str, int, str]]) -> None:
    made = [(interaction(user, "i", kind, NOW), AT - age) for kind, age, user in events]
    forwards, backwards = figures(), figures()
    for event, at in made:
        forwards.add(event, at)
    for event, at in reversed(made):
        backwards.add(event, at)
    found, other = forwards.snapshot(15, AT), backwards.snapshot(15, AT)
    scores = [[row.pop("score") for row in snapshot["trending"]] for snapshot in (found, other)]
    assert scores[0] == pytest.approx(scores[1], abs=0.011)  # rounded sums of floats
    assert found == other
