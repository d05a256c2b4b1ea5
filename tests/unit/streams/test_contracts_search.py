import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from streams.contracts import MalformedEventError, Search
from streams.contracts.search import MAX_QUERY_LENGTH, normalised
from streams.processor.validation import validate
from streams.schemas.json_schema import json_schema
from support.records import keyed

GOOD: dict[str, Any] = {
    "search_id": "01900000-0000-7000-8000-00000000000a",
    "user_id": "u1",
    "timestamp": "2026-05-01T10:00:00.123456+02:00",
    "query": "red lamp",
    "result_count": 12,
    "surface": "search",
}


def value(**changes: Any) -> bytes:
    fields = {**GOOD, **changes}
    return json.dumps({name: fields[name] for name in fields if fields[name] is not ...}).encode()


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("  Red \t LAMP ", "red lamp"),
        ("\uff2cam\uff50e STRASSE straße", "lampe strasse strasse"),
        ("lamp for ada@example.org!", "lamp for [e-mail]"),
        ("call +49 (30) 123-4567 now", "call [number] now"),
        ("4111 1111 1111 1111", "[number]"),
        ("b012345678 usb 3.0 1080p 65 inch", "b012345678 usb 3.0 1080p 65 inch"),
        ("\x00 \n", ""),
        ("x" * 500, "x" * MAX_QUERY_LENGTH),
        ("ﬃ" * 150, "ffi" * 66 + "ff"),
    ],
)
def test_a_query_is_kept_in_one_spelling_without_addresses_and_long_numbers(
    written: str, kept: str
) -> None:
    assert normalised(written) == kept
    assert normalised(kept) == kept


@pytest.mark.parametrize(
    "changes", [{}, {"session_id": "s"}, {"session_id": None, "colour": "blue"}]
)
def test_a_search_survives_the_wire(changes: dict[str, Any]) -> None:
    event = Search.decode(value(**changes))
    assert Search.decode(event.encode()) == event
    assert event.key == "u1"
    Draft202012Validator(json_schema(Search)).validate(json.loads(event.encode()))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"search_id": ...}, "search_id"),
        ({"user_id": None}, "user_id"),
        ({"query": ...}, "query"),
        ({"query": ""}, "query"),
        ({"query": "x" * (MAX_QUERY_LENGTH + 1)}, "query"),
        ({"result_count": -1}, "result_count"),
        ({"result_count": 1_000_000_001}, "result_count"),
        ({"result_count": "1"}, "result_count"),
        ({"surface": ""}, "surface"),
    ],
)
def test_what_the_sink_cannot_store_is_refused(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(MalformedEventError, match=field):
        Search.decode(value(**changes))
    assert not Draft202012Validator(json_schema(Search)).is_valid(json.loads(value(**changes)))


@pytest.mark.parametrize(
    "query", ["Red lamp", "red  lamp", "ada@example.org", "0301234567", "a\x00"]
)
def test_a_query_that_is_not_normalised_becomes_a_dead_letter_without_its_words(query: str) -> None:
    record = keyed("searches", 0, value(query=query))
    (letter,) = validate(Search, [record]).dead_letters
    assert letter.reason.startswith("query: ")
    assert query not in letter.reason
