import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.contracts import (
    CHANNELS,
    TOPICS,
    Interaction,
    InteractionType,
    MalformedEventError,
    NewUser,
    derived_id,
    new_id,
)

GOOD: dict[str, Any] = {
    "interaction_id": "01900000-0000-7000-8000-000000000001",
    "user_id": "u1",
    "item_id": "i1",
    "timestamp": "2026-05-01T10:00:00.123456+02:00",
    "interaction_type": "view",
}


def decode(**changes: Any) -> Interaction:
    fields = {**GOOD, **changes}
    return Interaction.decode(
        json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()
    )


def test_an_event_survives_the_wire() -> None:
    event = decode(quantity=2, rating=3.5, review_title="so so", position=0)
    assert Interaction.decode(event.encode()) == event
    assert event.timestamp == datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert b"null" not in event.encode()


def test_fields_of_a_newer_producer_are_ignored() -> None:
    assert decode(colour="blue") == decode()


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"interaction_id": "7"}, "interaction_id"),
        ({"user_id": ...}, "user_id"),
        ({"user_id": ""}, "user_id"),
        ({"user_id": "a\x00b"}, "user_id"),
        ({"item_id": 12}, "item_id"),
        ({"item_id": {"id": "x"}}, "item_id"),
        ({"timestamp": "2026-05-01T10:00:00"}, "timestamp"),
        ({"timestamp": "yesterday"}, "timestamp"),
        ({"timestamp": "1815-05-01T10:00:00Z"}, "timestamp"),
        ({"timestamp": None}, "timestamp"),
        ({"interaction_type": "stare"}, "interaction_type"),
        ({"quantity": "3"}, "quantity"),
        ({"quantity": 2.7}, "quantity"),
        ({"quantity": 0}, "quantity"),
        ({"quantity": 5_000_000_000}, "quantity"),
        ({"rating": 0.5}, "rating"),
        ({"rating": 4.3}, "rating"),
        ({"rating": 6}, "rating"),
        ({"position": -1}, "position"),
        ({"review_content": "x" * 20_001}, "review_content"),
        ({"interaction_type": "rate"}, "rating"),
    ],
)
def test_what_the_sink_would_garble_or_choke_on_is_refused(
    change: dict[str, Any], field: str
) -> None:
    with pytest.raises(MalformedEventError, match=field):
        decode(**change)


@pytest.mark.parametrize(
    "payload",
    [None, b"", b"{", b"[]", b"null", b"\xff\xfe", b'"text"', b'{"user_id": "\\ud800"}'],
)
def test_what_is_no_event_is_refused(payload: bytes | None) -> None:
    with pytest.raises(MalformedEventError):
        Interaction.decode(payload)


@given(st.binary())
def test_no_bytes_bring_down_the_decoder(payload: bytes) -> None:
    try:
        Interaction.decode(payload)
    except MalformedEventError as error:
        assert str(error)  # noqa: PT017 - most bytes are refused, some may be an event


def test_refusals_do_not_repeat_personal_data() -> None:
    payload = json.dumps({"user_id": "u", "user_name": 7, "preferences": "secret taste"}).encode()
    with pytest.raises(MalformedEventError) as caught:
        NewUser.decode(payload)
    assert "secret taste" not in str(caught.value)


def test_new_ids_are_ordered_uuid7() -> None:
    ids = [new_id() for _ in range(100)]
    assert {each.version for each in ids} == {7}
    assert len(set(ids)) == 100


@given(st.datetimes(datetime(1971, 1, 1), datetime(2090, 1, 1)), st.text(), st.text())  # noqa: DTZ001
def test_derived_ids_repeat_and_are_uuid7(instant: datetime, one: str, two: str) -> None:
    instant = instant.replace(tzinfo=UTC)
    derived = derived_id(instant, one, two)
    assert derived == derived_id(instant, one, two)
    assert derived.version == 7
    assert derived.variant == "specified in RFC 4122"
    assert derived.int >> 80 == int(instant.timestamp() * 1000)
    assert derived != derived_id(instant, one, two + "x")


def test_only_the_processor_derives_verdicts() -> None:
    assert {each for each in InteractionType if each.is_derived} == {
        InteractionType.POSITIVE_VIEW,
        InteractionType.NEGATIVE_VIEW,
    }


def test_every_channel_has_its_three_topics() -> None:
    assert [topic.name for topic in TOPICS] == [
        "interactions",
        "interactions-valid",
        "interactions-dlq",
        "new-users",
        "new-users-valid",
        "new-users-dlq",
    ]
    for channel in CHANNELS:
        assert channel.public.partitions == channel.valid.partitions
