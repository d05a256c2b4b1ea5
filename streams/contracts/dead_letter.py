"""Dead letters: refused records as they were, with the circumstances in their headers.

The headers are those of Kafka Connect's dead letter queues (KIP-298), so that the processor's
letters and the sink's are read alike. Key, value and headers of the record are kept byte for byte.
"""

from collections.abc import Sequence
from dataclasses import dataclass

PREFIX = "__connect.errors."
TOPIC = f"{PREFIX}topic"
PARTITION = f"{PREFIX}partition"
OFFSET = f"{PREFIX}offset"
STAGE = f"{PREFIX}stage"
REASON = f"{PREFIX}exception.message"
SIZE = "recsys.errors.value.size"
"""Of a value that was cut: its length in bytes before."""

MAX_VALUE_BYTES = 4 * 1024 * 1024
"""A longer value is cut. A broker refuses larger batches of records, so only a value that was sent
compressed can be longer."""
MAX_LETTER_BYTES = MAX_VALUE_BYTES + 1024 * 1024
"""What a dead letter queue takes: the longest value with its key and its headers."""
_MAX_REASON_LENGTH = 1000
_MAX_HEADERS_BYTES = 256 * 1024

Header = tuple[str, str | bytes | None]


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that was refused, and why."""

    topic: str
    partition: int
    offset: int
    reason: str
    stage: str
    """What refused it."""
    key: bytes | None = None
    value: bytes | None = None
    headers: tuple[Header, ...] = ()
    """The record's own."""

    def record_headers(self) -> list[Header]:
        """The letter's headers: the record's own, as far as they fit, then the circumstances."""
        circumstances = {
            TOPIC: self.topic,
            PARTITION: str(self.partition),
            OFFSET: str(self.offset),
            STAGE: self.stage,
            REASON: self.reason[:_MAX_REASON_LENGTH],
        }
        if self.value is not None and len(self.value) > MAX_VALUE_BYTES:
            circumstances[SIZE] = str(len(self.value))
        return [
            *_fitting(self.headers),
            *((name, text.encode(errors="replace")) for name, text in circumstances.items()),
        ]

    def record_value(self) -> bytes | None:
        """The record's value; of one that is too long, the beginning."""
        return self.value if self.value is None else self.value[:MAX_VALUE_BYTES]


def _fitting(headers: Sequence[Header]) -> list[Header]:
    kept, size = [], 0
    for name, value in headers:
        size += len(name.encode()) + len(value or "")
        if size <= _MAX_HEADERS_BYTES:
            kept.append((name, value))
    return kept
