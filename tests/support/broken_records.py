"""Records of the topic `interactions` that break its contract, by what is wrong with them."""

import json
from collections.abc import Mapping
from typing import Any

GOOD: dict[str, Any] = {
    "interaction_id": "01900000-0000-7000-8000-00000000000a",
    "user_id": "u1",
    "item_id": "i1",
    "timestamp": "2026-05-01T10:00:00.123456+02:00",
    "interaction_type": "view",
}
ID = GOOD["interaction_id"]
ABSENT = object()


def record(**changes: Any) -> bytes:
    """The good interaction with some fields changed; ABSENT removes one."""
    fields = {**GOOD, **changes}
    return json.dumps(
        {name: fields[name] for name in fields if fields[name] is not ABSENT}
    ).encode()


def with_text(field: str, text: str) -> bytes:
    """The good interaction with JSON text for one field, which json.dumps would not write."""
    return record(**{field: 0}).replace(f'"{field}": 0'.encode(), f'"{field}": {text}'.encode())


NO_EVENT: Mapping[str, bytes | None] = {
    "tombstone": None,
    "empty": b"",
    "spaces": b"  \n",
    "cut off": record()[:-1],
    "two events": record() + record(),
    "array": b"[" + record() + b"]",
    "array of nothing": b"[]",
    "null": b"null",
    "string": json.dumps(record().decode()).encode(),
    "number": b"7",
    "true": b"true",
    "no JSON": b"hello",
    "single quotes": record().replace(b'"', b"'"),
    "comma at the end": record()[:-1] + b",}",
    "comment": record()[:-1] + b"/* new */}",
    "no UTF-8": record(user_id="u").replace(b'"u"', b'"\xff\xfe"'),
    "overlong UTF-8": record(user_id="u").replace(b'"u"', b'"\xc0\x80"'),
    "surrogate in UTF-8": record(user_id="u").replace(b'"u"', b'"\xed\xa0\x80"'),
    "latin 1": record(user_id="u").replace(b'"u"', '"Größe"'.encode("latin-1")),
    "UTF-16": record().decode().encode("utf-16"),
    "UTF-32": record().decode().encode("utf-32"),
    "byte order mark": b"\xef\xbb\xbf" + record(),
    "binary": bytes(range(256)) * 40,
    "NUL behind it": record() + b"\x00",
    "control character": record(user_id="u").replace(b'"u"', b'"a\x01b"'),
    "deep arrays": with_text("user_id", "[" * 100_000 + "]" * 100_000),
    "deep objects": with_text("colour", '{"a":' * 5_000 + "1" + "}" * 5_000),
    "unknown field is NaN": with_text("colour", "NaN"),
    "unknown field is infinite": with_text("colour", "-Infinity"),
    "unknown field is no text": with_text("colour", '"\\ud800"'),
    "user a lone surrogate": record(user_id="a\ud800"),
    "user of surrogates in the wrong order": record(user_id="\udc00\ud800"),
    "integer of 5,000 digits": with_text("colour", "9" * 5_000),
    "the same field twice": record()[:-1] + b', "user_id": "u2"}',
    "the same field twice, equal": record()[:-1] + b', "user_id": "u1"}',
    "the same field twice, escaped": record()[:-1] + b', "user_\\u0069d": "u2"}',
    "an unknown field twice": record()[:-1] + b', "colour": 1, "colour": 2}',
    "the same field twice, nested": with_text("colour", '{"a": 1, "a": 2}'),
}
"""Values that are no I-JSON object."""

WRONG_FIELD: Mapping[str, tuple[str, bytes]] = {
    "id absent": ("interaction_id", record(interaction_id=ABSENT)),
    "id null": ("interaction_id", record(interaction_id=None)),
    "id a number": ("interaction_id", record(interaction_id=7)),
    "id as URN": ("interaction_id", record(interaction_id=f"urn:uuid:{ID}")),
    "id in braces": ("interaction_id", record(interaction_id=f"{{{ID}}}")),
    "id without dashes": ("interaction_id", record(interaction_id=ID.replace("-", ""))),
    "id with dashes elsewhere": (
        "interaction_id",
        record(interaction_id="0190-00000000-7000-8000-00000000000a"),
    ),
    "id with a space": ("interaction_id", record(interaction_id=f"{ID} ")),
    "id with a line's end": ("interaction_id", record(interaction_id=f"{ID}\n")),
    "id in other digits": ("interaction_id", record(interaction_id=ID.replace("0", "\u0660"))),
    "id empty": ("interaction_id", record(interaction_id="")),
    "user absent": ("user_id", record(user_id=ABSENT)),
    "user empty": ("user_id", record(user_id="")),
    "user too long": ("user_id", record(user_id="u" * 129)),
    "user with NUL": ("user_id", record(user_id="a\x00b")),
    "user an object": ("user_id", record(user_id={"id": "u1"})),
    "user an array": ("user_id", record(user_id=["u1"])),
    "user true": ("user_id", record(user_id=True)),
    "item a number": ("item_id", record(item_id=12)),
    "item only NUL": ("item_id", record(item_id="\x00")),
    "type absent": ("interaction_type", record(interaction_type=ABSENT)),
    "type unknown": ("interaction_type", record(interaction_type="stare")),
    "type in capitals": ("interaction_type", record(interaction_type="VIEW")),
    "type with a space": ("interaction_type", record(interaction_type="view ")),
    "type a number": ("interaction_type", record(interaction_type=0)),
    "quantity a string": ("quantity", record(quantity="3")),
    "quantity a fraction": ("quantity", record(quantity=2.7)),
    "quantity a whole fraction": ("quantity", record(quantity=2.0)),
    "quantity with an exponent": ("quantity", with_text("quantity", "1e2")),
    "quantity true": ("quantity", record(quantity=True)),
    "quantity 0": ("quantity", record(quantity=0)),
    "quantity negative": ("quantity", record(quantity=-1)),
    "quantity of 33 bits": ("quantity", record(quantity=5_000_000_000)),
    "quantity wraps to 1": ("quantity", record(quantity=2**32 + 1)),
    "quantity wraps to 1 in 64 bits": ("quantity", record(quantity=2**64 + 1)),
    "quantity of 400 digits": ("quantity", with_text("quantity", "1" * 400)),
    "quantity infinite": ("quantity", with_text("quantity", "Infinity")),
    "position negative": ("position", record(position=-1)),
    "position too large": ("position", record(position=100_001)),
    "position NaN": ("position", with_text("position", "NaN")),
    "rating a string": ("rating", record(rating="4.5")),
    "rating true": ("rating", record(rating=True)),
    "rating too low": ("rating", record(rating=0.5)),
    "rating too high": ("rating", record(rating=5.5)),
    "rating no half": ("rating", record(rating=4.3)),
    "rating almost a half": ("rating", record(rating=4.500000001)),
    "rating almost 4": ("rating", record(rating=3.9999999999)),
    "rating beyond a half in its last bit": ("rating", record(rating=4.500000000000001)),
    "rating of more digits than a double": (
        "rating",
        with_text("rating", "4.5000000000000000000000000001"),
    ),
    "rating that only a double takes for a half": (
        "rating",
        with_text("rating", "4.49999999999999999999999"),
    ),
    "rating NaN": ("rating", with_text("rating", "NaN")),
    "rating infinite": ("rating", with_text("rating", "Infinity")),
    "rating 1e999": ("rating", with_text("rating", "1e999")),
    "rating absent from a rating": ("rating", record(interaction_type="rate")),
    "title too long": ("review_title", record(review_title="x" * 513)),
    "title with NUL": ("review_title", record(review_title="x\x00")),
    "review too long": ("review_content", record(review_content="x" * 20_001)),
    "review an object": ("review_content", record(review_content={"text": "fine"})),
    "session a number": ("session_id", record(session_id=1)),
    "session empty": ("session_id", record(session_id="")),
}
"""Objects of which one field breaks the contract, with that field."""

WRONG_TIMESTAMP: Mapping[str, Any] = {
    "absent": ABSENT,
    "null": None,
    "empty": "",
    "words": "yesterday",
    "seconds": 1_767_225_600,
    "seconds in a string": "1767225600",
    "seconds with a fraction in a string": "1767225600.5",
    "milliseconds in a string": "1767225600000",
    "negative seconds in a string": "-1",
    "in e-mail's form": "Fri, 01 May 2026 10:00:00 +0200",
    "no offset": "2026-05-01T10:00:00",
    "a date": "2026-05-01",
    "a date with offset": "2026-05-01Z",
    "a time": "10:00:00Z",
    "a duration": "P1D",
    "basic form": "20260501T100000Z",
    "week date": "2026-W18-5T10:00:00Z",
    "ordinal date": "2026-121T10:00:00Z",
    "no seconds": "2026-05-01T10:00Z",
    "no T": "2026-05-01 10:00:00Z",
    "underscore for T": "2026-05-01_10:00:00Z",
    "small letters": "2026-05-01t10:00:00z",
    "space before the offset": "2026-05-01T10:00:00 Z",
    "space behind": "2026-05-01T10:00:00Z ",
    "line's end behind": "2026-05-01T10:00:00Z\n",
    "name of a zone": "2026-05-01T10:00:00+02:00[Europe/Vienna]",
    "abbreviation of a zone": "2026-05-01T10:00:00CET",
    "offset of hours": "2026-05-01T10:00:00+02",
    "offset without colon": "2026-05-01T10:00:00+0200",
    "offset of seconds": "2026-05-01T10:00:00+02:00:30",
    "offset of 99 hours": "2026-05-01T10:00:00+99:99",
    "offset of 24 hours": "2026-05-01T10:00:00-24:00",
    "offset of 19 hours": "2026-05-01T10:00:00+19:00",
    "offset of 60 minutes": "2026-05-01T10:00:00+01:60",
    "offset with a minus sign of print": "2026-05-01T10:00:00−02:00",  # noqa: RUF001
    "leap second": "2016-12-31T23:59:60Z",
    "second 61": "2026-05-01T10:00:61Z",
    "minute 60": "2026-05-01T10:60:00Z",
    "hour 24": "2026-05-01T24:00:00Z",
    "month 13": "2026-13-01T10:00:00Z",
    "month 0": "2026-00-01T10:00:00Z",
    "30 February": "2026-02-30T10:00:00Z",
    "29 February of no leap year": "2026-02-29T10:00:00Z",
    "comma for the point": "2026-05-01T10:00:00,5Z",
    "point without digits": "2026-05-01T10:00:00.Z",
    "nanoseconds": "2026-05-01T10:00:00.123456789Z",
    "picoseconds": "2026-05-01T10:00:00.123456000001Z",
    "other digits": "2026-05-\u06601T10:00:00Z",
    "year of two digits": "26-05-01T10:00:00Z",
    "year of five digits": "12026-05-01T10:00:00Z",
    "year with a sign": "+2026-05-01T10:00:00Z",
    "year 0": "0000-01-01T00:00:00Z",
    "year 1": "0001-01-01T00:00:00+14:00",
    "year 1815": "1815-05-01T10:00:00Z",
    "1970": "1970-01-01T00:00:00Z",
    "the last second of 1989": "1989-12-31T23:59:59.999999Z",
    "1990 only by its offset": "1990-01-01T00:30:00+01:00",
    "2100": "2100-01-01T00:00:00Z",
    "2100 by its offset": "2099-12-31T23:30:00-01:00",
    "year 9999": "9999-12-31T23:59:59Z",
    "an object": {"seconds": 1_767_225_600},
}
"""Timestamps that are no instant of the contract."""

BROKEN: Mapping[str, bytes | None] = {
    **NO_EVENT,
    **{name: value for name, (_, value) in WRONG_FIELD.items()},
    **{f"timestamp: {name}": record(timestamp=each) for name, each in WRONG_TIMESTAMP.items()},
}
"""All of them."""
