import json
from datetime import UTC, datetime, timedelta

import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from streams import live_history
from streams.contracts import Interaction
from streams.live_history import HISTORY_LENGTH, Entry
from support.interactions import interaction

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RATED = interaction("u", "i", "rate", NOW, rating=4.5, surface="home", position=3)
EVENTS = [
    interaction("u", f"i{number}", "cart", NOW + timedelta(milliseconds=500 * number))
    for number in range(HISTORY_LENGTH + 20)
]


def entry_of(event: Interaction) -> Entry:
    return Entry.of(event, event.encode())


def test_entries_are_json_objects_of_the_contract() -> None:
    entry = entry_of(RATED).text
    assert json.loads(entry) == RATED.model_dump(mode="json", exclude_none=True)
    assert live_history.decode([entry]) == (RATED,)


def test_a_field_that_only_a_newer_version_knows_is_ignored() -> None:
    entry = json.dumps({**json.loads(entry_of(RATED).text), "colour": "blue"})
    assert live_history.decode([entry]) == (RATED,)


def test_entries_that_cannot_be_read_are_logged_and_skipped() -> None:
    good = entry_of(RATED).text
    positional = json.dumps(["i", "rate", NOW.isoformat(), 4.5, None])
    other = good.replace('"rate"', '"wish"')
    structlog.reset_defaults()
    with capture_logs() as logs:
        assert live_history.decode([positional, good, other, "{"]) == (RATED,)
    (entry,) = logs
    assert entry["log_level"] == "warning"


def test_an_id_in_a_text_is_no_entry() -> None:
    title = '{"interaction_id":"' + str(EVENTS[0].interaction_id)
    history = interaction("u", title, "view", NOW, surface=title).encode()
    assert live_history.fresh(history, [entry_of(EVENTS[0])]) == [entry_of(EVENTS[0])]


def test_review_texts_are_left_out() -> None:
    reviewed = RATED.model_copy(update={"review_title": "good", "review_content": "very"})
    assert live_history.decode([entry_of(reviewed).text]) == (RATED,)


def test_entries_that_cannot_be_read_do_not_hinder_new_ones() -> None:
    entries = ["{"]
    live_history.extend(entries, [entry_of(RATED)])
    assert entries == ["{", entry_of(RATED).text]


def test_the_instant_of_an_entry_is_found_whatever_its_texts_say() -> None:
    odd = '","timestamp":"1990-01-01T00:00:00Z","'
    late, early = (
        interaction("u", odd, "view", NOW + timedelta(minutes=minute), surface=odd)
        for minute in (2, 1)
    )
    entries: list[str] = []
    for each in (late, early):
        live_history.extend(entries, [entry_of(each)])
    assert live_history.decode(entries) == (early, late)


@given(st.permutations(range(len(EVENTS))), st.lists(st.integers(1, 30), max_size=8))
def test_a_history_keeps_the_newest_in_order_and_none_twice(
    order: list[int], cuts: list[int]
) -> None:
    entries: list[str] = []
    arrived = [EVENTS[place] for place in order]
    for cut in [*cuts, len(EVENTS)]:
        batch = arrived[:cut] + arrived[: cut // 2]
        arriving = [entry_of(each) for each in batch]
        if new := live_history.fresh("".join(entries).encode(), arriving):
            live_history.extend(entries, new)
        arrived = arrived[cut // 2 :]
    assert live_history.decode(entries) == tuple(EVENTS[-HISTORY_LENGTH:])
