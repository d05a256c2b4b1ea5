"""Reads the letters of all dead letter queues."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from apps.analytics.reading import TopicReader
from streams.contracts import CHANNELS
from streams.dead_letters import DeadLetterRecord, LetterId
from streams.settings import KafkaSettings

QUEUES = tuple(channel.dead_letters.name for channel in CHANNELS)


@dataclass(frozen=True, slots=True)
class Selection:
    """Which letters are meant; every condition that is given must hold."""

    since: datetime | None = None
    reason: str | None = None
    """Part of the reason, without regard to case."""
    ids: frozenset[LetterId] = field(default_factory=frozenset)

    @property
    def queues(self) -> Sequence[str]:
        """The queues in which such letters can be."""
        return sorted({each.topic for each in self.ids}) or QUEUES

    def has(self, letter: DeadLetterRecord) -> bool:
        """Whether a letter is meant."""
        return (
            (self.since is None or letter.written_at >= self.since)
            and (self.reason is None or self.reason.lower() in letter.reason.lower())
            and (not self.ids or letter.id in self.ids)
        )


def read(kafka: KafkaSettings, selection: Selection) -> Iterator[DeadLetterRecord]:
    """The selected letters that the queues hold now, in the order in which Kafka got them.

    Raises:
        UnavailableError: Kafka does not answer, or a queue is missing.
    """
    with TopicReader(kafka, selection.queues) as reader:
        start = reader.since(selection.since) if selection.since else reader.oldest()
        for record in reader.read(start, reader.end()):
            letter = DeadLetterRecord.of(record)
            if selection.has(letter):
                yield letter
