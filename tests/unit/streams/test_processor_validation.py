import json
from datetime import UTC, datetime, timedelta

import pytest

from streams.contracts import Interaction, InteractionType, NewUser
from streams.processor.validation import validate
from support.broken_records import BROKEN, record
from support.records import Record, keyed

GOOD = json.dumps(
    {
        "user_id": "u",
        "user_name": "U",
        "preferences": "",
        "signup_date": "2026-01-01T00:00:00Z",
    }
).encode()


def test_every_record_ends_in_one_of_the_lists_in_order() -> None:
    values = [GOOD, b"{", None, GOOD, b"\xff"]
    records = [keyed("new-users", offset, value) for offset, value in enumerate(values)]
    result = validate(NewUser, records)
    assert [user.user_id for user in result.valid] == ["u", "u"]
    assert [letter.offset for letter in result.dead_letters] == [1, 2, 4]


def test_a_dead_letter_has_the_record_as_it_was() -> None:
    record = Record("new-users", 2, 7, b'{"user_id": "\xff"}', b"\xfe", (("trace", b"1"),))
    (letter,) = validate(NewUser, [record]).dead_letters
    assert (letter.topic, letter.partition, letter.offset) == ("new-users", 2, 7)
    assert (letter.key, letter.value) == (record.key, record.value)
    assert letter.headers == record.headers
    assert letter.reason


@pytest.mark.parametrize("key", [None, b"", b"other", b"u ", b"\xff"])
def test_a_record_must_have_its_user_as_the_key(key: bytes | None) -> None:
    (letter,) = validate(NewUser, [Record("new-users", 2, 7, GOOD, key)]).dead_letters
    assert (letter.key, letter.value) == (key, GOOD)
    assert letter.reason == "event: the record's key is not its user_id"


@pytest.mark.parametrize("user", ["u", "Zoë", "\U0001f600"])
def test_a_key_is_the_user_in_utf_8(user: str) -> None:
    value = json.dumps({**json.loads(GOOD), "user_id": user}).encode()
    batch = validate(NewUser, [Record("new-users", 0, 0, value, user.encode())])
    assert [event.user_id for event in batch.valid] == [user]


NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SKEW = timedelta(minutes=5)


def reasons(*values: bytes | None) -> list[str]:
    records = [keyed("interactions", offset, value) for offset, value in enumerate(values)]
    batch = validate(Interaction, records, now=NOW, clock_skew=SKEW)
    assert len(batch.valid) + len(batch.dead_letters) == len(values)
    return [letter.reason for letter in batch.dead_letters]


@pytest.mark.parametrize(
    "timestamp",
    [
        "2098-05-01T12:00:00Z",
        "2027-05-01T12:00:00Z",
        "2026-05-01T12:05:00.000001Z",
        "2026-05-01T12:30:00-00:30",
    ],
)
def test_an_event_from_the_future_is_refused(timestamp: str) -> None:
    (reason,) = reasons(record(timestamp=timestamp))
    assert "future" in reason


@pytest.mark.parametrize(
    "timestamp",
    [
        "2026-05-01T12:05:00Z",
        "2026-05-01T12:00:00Z",
        "2011-01-01T00:00:00Z",
        "1990-01-01T00:00:00Z",
    ],
)
def test_clocks_may_differ_and_old_logs_be_replayed(timestamp: str) -> None:
    assert reasons(record(timestamp=timestamp)) == []


def test_a_sign_up_from_the_future_is_refused() -> None:
    later = GOOD.replace(b"2026-01-01", b"2098-01-01")
    (letter,) = validate(NewUser, [keyed("new-users", 0, later)]).dead_letters
    assert "future" in letter.reason


def test_without_an_instant_the_clock_decides() -> None:
    soon, later = (datetime.now(UTC) + timedelta(minutes=each) for each in (4, 6))
    records = [
        keyed("interactions", offset, record(timestamp=each.isoformat()))
        for offset, each in enumerate((soon, later))
    ]
    batch = validate(Interaction, records)
    assert [letter.offset for letter in batch.dead_letters] == [1]


@pytest.mark.parametrize("kind", [each.value for each in InteractionType])
def test_verdicts_come_from_the_processor_alone(kind: str) -> None:
    verdict = record(interaction_type=kind, rating=4)
    assert len(reasons(verdict)) == (1 if kind in ("positive_view", "negative_view") else 0)
    Interaction.decode(verdict)  # on the validated topic it is an event


def test_every_broken_record_is_a_dead_letter_and_every_good_one_is_not() -> None:
    values = [value for broken in BROKEN.values() for value in (record(), broken)]
    assert len(reasons(*values)) == len(BROKEN)
    assert all(reasons(*values))
