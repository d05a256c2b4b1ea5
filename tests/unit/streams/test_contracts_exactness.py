"""What a contract accepts leaves it as the sink stores it: no value is converted or rounded."""

import json
import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from streams.contracts import Interaction, MalformedEventError
from support.broken_records import ABSENT, BROKEN, GOOD, record, with_text

WHEN_BUSY = settings(deadline=None)
"""A machine that does other work may take long for one example."""
INT32 = range(-(2**31), 2**31)
ANY_TEXT = st.one_of(
    st.text(max_size=20),
    st.text(st.characters(codec=None, exclude_categories=()), max_size=20),
)
ANY_NUMBER = st.one_of(
    st.integers(), st.integers(-2, 10_002), st.floats(), st.integers(0, 12).map(lambda n: n / 2)
)
ANY_JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), ANY_NUMBER, ANY_TEXT),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY_TEXT, inner, max_size=2),
    max_leaves=3,
)
ALMOST_INSTANT = st.builds(
    "{}{}{}{}{}".format,
    st.dates(date(1989, 12, 30), date(2100, 1, 2)) | st.sampled_from(["2026-02-30", "20260501"]),
    st.sampled_from("TTTTt "),
    st.times().map(lambda each: f"{each:%H:%M:%S}")
    | st.sampled_from(["24:00:00", "12:00:60", "12:00"]),
    st.just("") | st.from_regex(r"\A\.[0-9]{1,6}\Z") | st.from_regex(r"\A[.,][0-9]{0,12}\Z"),
    st.just("Z")
    | st.from_regex(r"\A[+-][01][0-9]:[0-5][0-9]\Z")
    | st.from_regex(r"\A[+-][0-9]{2}:?[0-9]{0,2}\Z"),
)
ALMOST_UUID = st.one_of(
    st.uuids().map(str),
    st.uuids().map(lambda each: str(each).upper()),
    st.uuids().map(lambda each: each.hex),
    st.uuids().map(lambda each: each.urn),
    st.from_regex(r"\A[0-9a-fA-F]{8}(-?[0-9a-fA-F]{4}){3}-?[0-9a-fA-F]{12}\Z"),
)
VALUES: dict[str, st.SearchStrategy[Any]] = {
    "interaction_id": ALMOST_UUID,
    "user_id": ANY_TEXT,
    "item_id": ANY_TEXT,
    "timestamp": ALMOST_INSTANT,
    "interaction_type": st.sampled_from(["view", "rate", "View", "positive_view", ""]),
    "quantity": st.integers(1, 10_000) | ANY_NUMBER,
    "rating": st.sampled_from([1, 2.5, 5.0]) | ANY_NUMBER,
    "review_title": ANY_TEXT,
    "review_content": ANY_TEXT,
    "session_id": ANY_TEXT,
    "position": st.integers(0, 100_000) | ANY_NUMBER,
    "colour": ANY_JSON,
}


def microseconds(text: str) -> int:
    """Since year 1, of an instant with offset; read without the contract's parser."""
    found = re.fullmatch(r"(.{19})(?:\.(\d+))?(?:Z|([+-])(\d\d):(\d\d))", text)
    assert found is not None
    date, fraction, sign, hours, minutes = found.groups()
    fields = [int(part) for part in re.split("[-T:]", date)]
    since = datetime(*fields) - datetime(1, 1, 1)  # type: ignore[arg-type] # noqa: DTZ001
    offset = (int(hours) * 60 + int(minutes)) * (-60 if sign == "-" else 60) if sign else 0
    whole: int = (since.days * 86_400 + since.seconds - offset) * 1_000_000
    # A seventh digit of the fraction would make this no integer.
    digits = fraction or "0"
    micros, rest = divmod(int(digits) * 1_000_000, int(10 ** len(digits)))
    assert rest == 0
    return whole + micros


def same(name: str, sent: Any, stored: Any) -> bool:
    if name == "timestamp":
        return microseconds(sent) == microseconds(stored) and str(stored).endswith("Z")
    if name == "interaction_id":
        return str(stored) == str(sent).lower() == str(UUID(sent))
    if isinstance(sent, Decimal):
        return not isinstance(stored, str) and sent == Decimal(str(stored))
    return type(sent) is type(stored) and bool(sent == stored)


def check(value: bytes | None) -> None:
    """Refused, or exactly what the sink's converter and PostgreSQL's types take."""
    try:
        event = Interaction.decode(value)
    except MalformedEventError:
        return
    assert value is not None
    sent = json.loads(value, parse_float=Decimal)
    stored = json.loads(event.encode(), parse_float=Decimal)
    known = {name for name in Interaction.model_fields if sent.get(name) is not None}
    assert stored.keys() == known
    for name, kept in stored.items():
        if name == "rating":  # an integer is a double, too
            assert Decimal(kept) == Decimal(sent[name])
        else:
            assert same(name, sent[name], kept), name
        if isinstance(kept, str):
            assert "\x00" not in kept
            kept.encode()
        if isinstance(kept, int):
            assert kept in INT32
    assert Interaction.decode(event.encode()) == event
    assert EARLIEST <= event.timestamp < LATEST


EARLIEST = datetime(1990, 1, 1, tzinfo=UTC)
LATEST = datetime(2100, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("value", BROKEN.values(), ids=BROKEN)
def test_broken_records(value: bytes | None) -> None:
    check(value)


@WHEN_BUSY
@given(st.fixed_dictionaries({}, optional=VALUES))
@example({"timestamp": "2026-05-01T23:59:59.999999-18:00"})
@example({"timestamp": "2026-05-01T00:00:00+18:00"})
@example({"timestamp": "1990-01-01T00:00:00Z"})
@example({"timestamp": "2099-12-31T23:59:59.999999Z"})
@example({"rating": 1, "interaction_type": "rate"})
@example({"user_id": "\U0001f600" * 128})
def test_fields_near_the_contract(changes: dict[str, Any]) -> None:
    check(record(**changes))


@WHEN_BUSY
@given(st.sampled_from(sorted(GOOD)), ANY_JSON)
def test_values_of_any_kind(name: str, value: Any) -> None:
    check(record(**{name: value}))


@WHEN_BUSY
@given(
    st.sampled_from(["quantity", "rating", "position"]),
    st.from_regex(r"\A-?(0|[1-9][0-9]{0,25})(\.[0-9]{1,25})?([eE][+-]?[0-9]{1,20})?\Z"),
)
def test_numbers_in_every_notation(name: str, text: str) -> None:
    check(with_text(name, text))


@WHEN_BUSY
@given(st.integers(0, len(record()) - 1), st.binary(min_size=0, max_size=3))
def test_damaged_bytes(at: int, damage: bytes) -> None:
    good = record()
    check(good[:at] + damage + good[at + 1 :])


@WHEN_BUSY
@given(
    st.datetimes(datetime(1990, 1, 2), datetime(2099, 12, 30)),  # noqa: DTZ001
    st.integers(0, 6),
    st.one_of(st.just("Z"), st.from_regex(r"\A[+-](0[0-9]|1[0-7]):[0-5][0-9]\Z")),
)
def test_every_instant_of_the_contract_is_accepted(
    instant: datetime, digits: int, offset: str
) -> None:
    fraction = f".{instant:%f}"[: digits + 1] if digits else ""
    text = f"{instant:%Y-%m-%dT%H:%M:%S}{fraction}{offset}"
    stored = json.loads(Interaction.decode(record(timestamp=text)).encode())["timestamp"]
    assert microseconds(stored) == microseconds(text)


@pytest.mark.parametrize(
    "changes",
    [
        {"interaction_id": GOOD["interaction_id"].upper()},
        {"quantity": None, "rating": None, "session_id": None},
        {"rating": 4, "interaction_type": "rate"},
        {"quantity": 10_000, "position": 100_000, "rating": 5},
        {"user_id": "u" * 128, "review_title": "x" * 512, "review_content": "\U0001f600" * 20_000},
        {"user_id": "'; drop table events.interactions; --"},
        {"review_content": 'line\nend\ttab\r\x01\x7f\u2028"\\/'},
        {"colour": 0.29999999999999999, "encode": 4.5, "model_fields": 1.5, "key": 1.5},
        {"colour": {"deep": [{"er": ["x\x00"]}]}},
        {"item_id": " "},
        {"review_title": ABSENT},
    ],
)
def test_what_is_within_the_contract_is_accepted(changes: dict[str, Any]) -> None:
    value = record(**changes)
    Interaction.decode(value)
    check(value)


def test_an_unknown_number_may_have_more_digits_than_a_double() -> None:
    Interaction.decode(with_text("colour", "0.299999999999999999999999999999"))
    Interaction.decode(with_text("colour", "1e99999999999999999999999"))
