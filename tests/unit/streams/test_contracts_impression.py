import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.contracts import Impression, MalformedEventError
from streams.contracts.impression import MAX_SHOWN
from streams.processor.validation import validate
from streams.schemas.json_schema import json_schema
from support.records import keyed

GOOD: dict[str, Any] = {
    "impression_id": "01900000-0000-7000-8000-00000000000a",
    "user_id": "u1",
    "timestamp": "2026-05-01T10:00:00.123456+02:00",
    "surface": "home",
    "item_ids": ["i1", "i2"],
    "first_position": 0,
}


def value(**changes: Any) -> bytes:
    fields = {**GOOD, **changes}
    return json.dumps({name: fields[name] for name in fields if fields[name] is not ...}).encode()


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"item_ids": ["i"] * MAX_SHOWN, "first_position": 1_000_000},
        {"session_id": "s", "model_version": "v1", "experiment": "e"},
        {"session_id": None, "colour": "blue"},
    ],
)
def test_an_impression_survives_the_wire(changes: dict[str, Any]) -> None:
    event = Impression.decode(value(**changes))
    assert Impression.decode(event.encode()) == event
    assert event.item_ids == tuple({**GOOD, **changes}["item_ids"])
    assert event.key == "u1"
    Draft202012Validator(json_schema(Impression)).validate(json.loads(event.encode()))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"impression_id": ...}, "impression_id"),
        ({"impression_id": "{01900000-0000-7000-8000-00000000000a}"}, "impression_id"),
        ({"user_id": None}, "user_id"),
        ({"timestamp": "1767225600"}, "timestamp"),
        ({"surface": ""}, "surface"),
        ({"surface": None}, "surface"),
        ({"item_ids": ...}, "item_ids"),
        ({"item_ids": None}, "item_ids"),
        ({"item_ids": []}, "item_ids"),
        ({"item_ids": "i1,i2"}, "item_ids"),
        ({"item_ids": {"0": "i1"}}, "item_ids"),
        ({"item_ids": ["i1", None]}, "item_ids.1"),
        ({"item_ids": ["i1", 2]}, "item_ids.1"),
        ({"item_ids": ["i1", ["i2"]]}, "item_ids.1"),
        ({"item_ids": ["i1", ""]}, "item_ids.1"),
        ({"item_ids": ["i" * 129]}, "item_ids.0"),
        ({"item_ids": ["i"] * (MAX_SHOWN + 1)}, "item_ids"),
        ({"first_position": ...}, "first_position"),
        ({"first_position": -1}, "first_position"),
        ({"first_position": 1_000_001}, "first_position"),
        ({"first_position": 2**32}, "first_position"),
        ({"first_position": "0"}, "first_position"),
        ({"first_position": 0.5}, "first_position"),
        ({"model_version": 7}, "model_version"),
    ],
)
def test_what_the_sink_cannot_store_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedEventError, match=field):
        Impression.decode(value(**changes))
    assert not Draft202012Validator(json_schema(Impression)).is_valid(json.loads(value(**changes)))


def test_an_item_with_nul_is_refused() -> None:
    with pytest.raises(MalformedEventError, match=r"item_ids\.0"):
        Impression.decode(value(item_ids=["a\x00b"]))


def test_an_impression_from_the_future_is_refused() -> None:
    record = keyed("impressions", 0, value(timestamp="2098-01-01T00:00:00Z"))
    (letter,) = validate(Impression, [record]).dead_letters
    assert "future" in letter.reason
