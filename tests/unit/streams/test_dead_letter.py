from streams.contracts import DeadLetter
from streams.contracts.dead_letter import MAX_LETTER_BYTES, MAX_VALUE_BYTES, REASON, SIZE, TOPIC


def letter(**fields: object) -> DeadLetter:
    known = {"topic": "interactions", "partition": 1, "offset": 7, "reason": "no", "stage": "here"}
    return DeadLetter(**{**known, **fields})  # type: ignore[arg-type]


def test_a_record_is_kept_as_it_was() -> None:
    value = bytes(range(256)) * 4096
    kept = letter(key=b"\xff", value=value, headers=(("trace", b"\x00"), ("empty", None)))
    assert (kept.key, kept.record_value()) == (b"\xff", value)
    headers = kept.record_headers()
    assert headers[:2] == [("trace", b"\x00"), ("empty", None)]
    assert dict(headers)[TOPIC] == b"interactions"
    assert SIZE not in dict(headers)


def test_a_tombstone_stays_one() -> None:
    assert letter(value=None).record_value() is None


def test_a_letter_always_fits() -> None:
    kept = letter(
        value=b"x" * (3 * MAX_VALUE_BYTES),
        reason="é" * 1_000_000,
        headers=tuple((f"h{number}", b"x" * 100_000) for number in range(50)),
    )
    assert kept.record_value() == b"x" * MAX_VALUE_BYTES
    headers = kept.record_headers()
    assert dict(headers)[SIZE] == str(3 * MAX_VALUE_BYTES).encode()
    assert dict(headers)[REASON] == ("é" * 1000).encode()
    size = sum(len(name) + len(value or b"") for name, value in headers)
    assert size + MAX_VALUE_BYTES < MAX_LETTER_BYTES
