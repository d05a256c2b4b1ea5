"""What is trending in a log, against the rules of the processor."""

from datetime import UTC, datetime, timedelta

from ml.evaluation.trend import Trend
from streams.contracts import Interaction
from streams.processor.counters import MAX_ITEMS
from support.interactions import interaction

START = datetime(2026, 5, 1, tzinfo=UTC)
ITEMS = [f"i{number:03}" for number in range(MAX_ITEMS + 2)]


def did(user: str, item: str, hours: float = 0, kind: str = "view", **fields: float) -> Interaction:
    return interaction(user, item, kind, START + timedelta(hours=hours), **fields)


def best(*events: Interaction, hours: float = 0) -> list[str]:
    trend = Trend(ITEMS, START)
    for event in events:
        trend.add(event)
    return trend.best(10, START + timedelta(hours=hours))


def test_what_shoppers_did_halves_each_day() -> None:
    yesterday = [did(f"u{number}", "i001") for number in range(3)]
    today = [did("u7", "i002", 30), did("u8", "i002", 30)]
    assert best(*yesterday, today[0]) == ["i001", "i002"]
    assert best(*yesterday, *today, hours=30) == ["i002", "i001"]


def test_the_order_stays_over_a_gap_of_years() -> None:
    years = 24 * 365 * 5
    events = [did("u1", "i001"), did("u1", "i002", years), did("u2", "i003", years)]
    assert best(*events, did("u3", "i003", years), hours=years) == ["i003", "i002"]


def test_a_shopper_counts_once_a_day_with_what_is_worth_most() -> None:
    again = [did("u1", "i001") for _ in range(9)]
    assert best(*again, did("u1", "i002"), did("u2", "i002")) == ["i002", "i001"]
    bought = did("u1", "i001", kind="purchase")
    # Three of a purchase, not four: what was worth less before is taken back.
    others = [did(f"u{number}", "i002") for number in range(2, 5)]
    assert best(did("u1", "i001"), bought, *others) == ["i001", "i002"]
    assert best(did("u1", "i001"), bought, *others, did("u5", "i002")) == ["i002", "i001"]
    # On the next day again.
    assert best(did("u1", "i001", 23), did("u1", "i001", 25), did("u2", "i002", 25), hours=25) == [
        "i001",
        "i002",
    ]


def test_a_rating_says_nothing_of_a_trend() -> None:
    assert best(did("u1", "i001", kind="rate", rating=5)) == []


def test_a_program_adds_nothing_on_its_day() -> None:
    shopper = did("u1", "i000")
    program = [did("bot", item) for item in ITEMS]
    assert len(best(shopper, *program[:MAX_ITEMS])) == 10
    assert best(shopper, *program) == ["i000"]
    assert best(shopper, *program, did("bot", "i005", 25), hours=25) == ["i005", "i000"]


def test_what_is_a_week_old_is_no_trend() -> None:
    assert best(did("u1", "i001"), hours=24 * 7 - 1) == ["i001"]
    assert best(did("u1", "i001"), hours=24 * 7 + 1) == []
