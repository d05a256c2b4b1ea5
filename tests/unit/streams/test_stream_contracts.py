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
from support.broken_records import NO_EVENT, WRONG_FIELD, WRONG_TIMESTAMP, record


def decode(**changes: Any) -> Interaction:
    return Interaction.decode(record(**changes))


def test_an_event_survives_the_wire() -> None:
    event = decode(quantity=2, rating=3.5, review_title="so so", position=0)
    assert Interaction.decode(event.encode()) == event
    assert event.timestamp == datetime(2026, 5, 1, 8, 0, 0, 123456, tzinfo=UTC)
    assert b"null" not in event.encode()


def test_fields_of_a_newer_producer_are_ignored() -> None:
    assert decode(colour="blue") == decode()


@pytest.mark.parametrize("value", NO_EVENT.values(), ids=NO_EVENT)
def test_what_is_no_event_is_refused(value: bytes | None) -> None:
    with pytest.raises(MalformedEventError):
        Interaction.decode(value)


@pytest.mark.parametrize(("field", "value"), WRONG_FIELD.values(), ids=WRONG_FIELD)
def test_what_the_sink_would_garble_or_choke_on_is_refused(field: str, value: bytes) -> None:
    with pytest.raises(MalformedEventError, match=field):
        Interaction.decode(value)


@pytest.mark.parametrize("timestamp", WRONG_TIMESTAMP.values(), ids=WRONG_TIMESTAMP)
def test_what_is_no_instant_is_refused(timestamp: Any) -> None:
    with pytest.raises(MalformedEventError, match="timestamp"):
        Interaction.decode(record(timestamp=timestamp))


def test_a_tombstone_is_called_one() -> None:
    with pytest.raises(MalformedEventError, match="tombstone"):
        Interaction.decode(None)


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
        "impressions",
        "impressions-valid",
        "impressions-dlq",
        "searches",
        "searches-valid",
        "searches-dlq",
        "erasures",
        "erasures-valid",
        "erasures-dlq",
    ]
    for channel in CHANNELS:
        assert channel.public.partitions == channel.valid.partitions
