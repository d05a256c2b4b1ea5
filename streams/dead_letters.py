"""Reading dead letters: records as they were, with the circumstances in their headers.

The headers are those of Kafka Connect's dead letter queues (KIP-298); the processor's letters and
the sink's have the same. Their values are texts in UTF-8.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from streams.contracts.dead_letter import PREFIX, SIZE

Header = tuple[str, bytes | None]


@dataclass(frozen=True, slots=True)
class LetterId:
    """The place of a letter in its queue, as text `TOPIC-PARTITION-OFFSET`."""

    topic: str
    partition: int
    offset: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The place that the text names.

        Raises:
            ValueError: it names none.
        """
        topic, partition, offset = text.rsplit("-", 2)
        return cls(topic, int(partition), int(offset))

    def __str__(self) -> str:
        return f"{self.topic}-{self.partition}-{self.offset}"


@dataclass(frozen=True, slots=True)
class DeadLetterRecord:
    """A letter as it lies in its queue."""

    id: LetterId
    written_at: datetime
    topic: str | None
    """The topic that the record was refused on; None if the letter does not say."""
    partition: str
    offset: str
    stage: str
    """What refused it."""
    connector: str
    reason: str
    key: bytes | None
    value: bytes | None
    headers: tuple[Header, ...]
    """The record's own."""
    is_cut: bool
    """Whether the value is only the beginning of what it was."""

    @classmethod
    def of(cls, record: Any) -> Self:
        """The letter in a record of kafka-python."""
        headers: Sequence[Header] = record.headers
        texts = {name: (value or b"").decode(errors="replace") for name, value in headers}

        def text(name: str) -> str:
            return texts.get(PREFIX + name, "")

        return cls(
            id=LetterId(record.topic, record.partition, record.offset),
            written_at=datetime.fromtimestamp(record.timestamp / 1000, UTC),
            topic=text("topic") or None,
            partition=text("partition"),
            offset=text("offset"),
            stage=text("stage"),
            connector=text("connector.name"),
            reason=text("exception.message") or "the letter gives no reason",
            key=record.key,
            value=record.value,
            headers=tuple(each for each in headers if not each[0].startswith((PREFIX, SIZE))),
            is_cut=SIZE in texts,
        )

    @property
    def is_whole(self) -> bool:
        """Whether it can be sent again: its topic is known and nothing of it was cut."""
        return self.topic is not None and not self.is_cut
