import json
from datetime import UTC, datetime, timedelta

import structlog
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from streams import live_history
from streams.contracts import Interaction, InteractionType
from streams.live_history import HISTORY_LENGTH, Entry
from support.interactions import interaction

NOW = datetime(2026, 11, 1, tzinfo=UTC)
RATED = interaction("u", "i", "rate", NOW, rating=4.5)
EVENTS = [
    interaction("u", f"i{number}", "cart", NOW + timedelta(milliseconds=500 * number))
    for number in range(HISTORY_LENGTH + 20)
]


def test_an_entry_is_an_array_without_what_is_absent_at_its_end() -> None:
    viewed, bought, rated = (
        json.loads(Entry.of(each).text)[1:]
        for each in (
            interaction("u", "i", "view", NOW, session_id="s", surface="home", position=3),
            interaction("u", "i", "purchase", NOW + timedelta(microseconds=1), quantity=3),
            interaction("u", "i", "rate", NOW, rating=4.5, review_content="good"),
        )
    )
    assert viewed == [1_793_491_200_000_000, "v", "i"]
    assert bought == [1_793_491_200_000_001, "p", "i", 3]
    assert rated == [1_793_491_200_000_000, "r", "i", None, 4.5]


@given(
    st.builds(
        Interaction,
        interaction_id=st.uuids(),
        user_id=st.just("u"),
        item_id=st.text(
            st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=128
        ),
        timestamp=st.integers(0, 10**15).map(
            lambda number: datetime(1990, 1, 1, tzinfo=UTC) + timedelta(microseconds=3 * number)
        ),
        interaction_type=st.sampled_from(InteractionType),
        quantity=st.none() | st.integers(1, 10_000),
        rating=st.integers(2, 10).map(lambda halves: halves / 2),
        review_title=st.none(),
        review_content=st.none(),
        session_id=st.none(),
        surface=st.none(),
        position=st.none(),
        model_version=st.none(),
        experiment=st.none(),
    )
)
def test_every_interaction_comes_back_exactly(event: Interaction) -> None:
    assert live_history.decode("u", [Entry.of(event).text]) == (event,)


def test_a_history_of_views_has_three_kilobytes() -> None:
    history = [
        Entry.of(interaction("a-user-of-a-shop", f"B07JW9H4{number}", "view", NOW)).text
        for number in range(10, 10 + HISTORY_LENGTH)
    ]
    assert len("".join(history)) <= 60 * HISTORY_LENGTH


def test_what_readers_do_not_need_is_left_out() -> None:
    event = interaction(
        "u", "i", "rate", NOW, rating=4.5, review_title="good", surface="home", session_id="s"
    )
    left = event.model_copy(update={"review_title": None, "surface": None, "session_id": None})
    assert live_history.decode("u", [Entry.of(event).text]) == (left,)


def test_entries_that_cannot_be_read_are_logged_and_skipped_without_what_they_say() -> None:
    good = Entry.of(RATED).text
    others = [
        RATED.encode().decode(),
        good.replace('"r"', '"wish"'),
        good.replace('["', '["!'),
        good.replace("]", ',"private"]'),
        good.replace("4.5", "6"),
        good.replace("179", "9" * 400),
        good[:-1],
        "{",
        "null",
    ]
    structlog.reset_defaults()
    for other in others:
        with capture_logs() as logs:
            assert live_history.decode("u", [other, good, other]) == (RATED,)
        (entry,) = logs
        assert entry["log_level"] == "warning"
        assert "private" not in entry["reason"]


def test_an_id_in_a_text_is_no_entry() -> None:
    added = Entry.of(EVENTS[0])
    array = added.text[: added.text.index(",")]
    for text in (array, f"x{array}", f"{array},", array[:-1], "[", '["'):
        held = Entry.of(interaction("u", text, "view", NOW)).text.encode()
        assert live_history.fresh(held, [added]) == [added]
    assert live_history.fresh(added.text.encode(), [added, added]) == []


def test_entries_that_cannot_be_read_do_not_hinder_new_ones() -> None:
    for other in ("{", RATED.encode().decode(), '[1,"2"]'):
        entries = [other]
        live_history.extend(entries, [Entry.of(RATED)])
        assert entries == [other, Entry.of(RATED).text]


def test_the_instant_of_an_entry_is_found_whatever_its_texts_say() -> None:
    odd = '",1,"v",[",2,"'
    late, early = (
        interaction("u", odd, "view", NOW + timedelta(minutes=minute)) for minute in (2, 1)
    )
    entries: list[str] = []
    for each in (late, early):
        live_history.extend(entries, [Entry.of(each)])
    assert live_history.decode("u", entries) == (early, late)


@given(st.permutations(range(len(EVENTS))), st.lists(st.integers(1, 30), max_size=8))
def test_a_history_keeps_the_newest_in_order_and_none_twice(
    order: list[int], cuts: list[int]
) -> None:
    entries: list[str] = []
    arrived = [EVENTS[place] for place in order]
    for cut in [*cuts, len(EVENTS)]:
        batch = arrived[:cut] + arrived[: cut // 2]
        arriving = [Entry.of(each) for each in batch]
        if new := live_history.fresh("".join(entries).encode(), arriving):
            live_history.extend(entries, new)
        arrived = arrived[cut // 2 :]
    assert live_history.decode("u", entries) == tuple(EVENTS[-HISTORY_LENGTH:])
