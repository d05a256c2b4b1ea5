import json

from streams.contracts import NewUser
from streams.processor.validation import Record, validate

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
    records = [Record("new-users", 1, offset, value) for offset, value in enumerate(values)]
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
