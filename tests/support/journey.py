"""The way of events through a channel, step by step, in place of processor and sink."""

from collections.abc import Iterable
from datetime import UTC, datetime

import psycopg
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from streams import erasures
from streams.contracts import INTERACTIONS, DeadLetter, Interaction, Topic, new_id
from streams.lag import Lag
from streams.settings import PROCESSOR_GROUP, KafkaSettings
from streams.sink.connectors import SINKS

SINK = SINKS[0]
PUBLIC, VALID, LETTERS = INTERACTIONS.public, INTERACTIONS.valid, INTERACTIONS.dead_letters


class Journey:
    """Writes to the first partition of the topics of interactions, and to the tables."""

    def __init__(self, kafka: KafkaSettings, connection: psycopg.Connection) -> None:
        self._kafka = kafka
        self._connection = connection
        self._lag = Lag(kafka)

    def write(self, topic: Topic, *values: bytes, at: datetime | None = None) -> list[int]:
        """Write records; returns their offsets."""
        offsets: list[int] = []
        producer = Producer(self._kafka.librdkafka)
        stamp = int(at.timestamp() * 1000) if at else 0  # 0: now
        for value in values:
            producer.produce(
                topic.name, value, partition=0, timestamp=stamp,
                on_delivery=lambda _, message: offsets.append(message.offset() or 0),
            )  # fmt: skip
        assert producer.flush(10) == 0
        return offsets

    def refuse(self, topic: Topic, offset: int, value: bytes) -> None:
        """Write the dead letter of a record."""
        letter = DeadLetter(topic.name, 0, offset, reason="an example", stage="test", value=value)
        producer = Producer(self._kafka.librdkafka)
        producer.produce(
            LETTERS.name, letter.record_value(), partition=0, headers=letter.record_headers()
        )
        assert producer.flush(10) == 0

    def commit(self, topic: Topic, upto: int | None = None) -> None:
        """Let the processor or the sink commit, up to the end of the topic."""
        group = PROCESSOR_GROUP if topic is PUBLIC else SINK.consumer_group
        consumer = Consumer({**self._kafka.librdkafka, "group.id": group})
        end = self._lag.ends(topic)[0] if upto is None else upto
        consumer.commit(offsets=[TopicPartition(topic.name, 0, end)], asynchronous=False)
        consumer.close()

    def store(self, *events: Interaction) -> None:
        """Write the rows of events."""
        for event in events:
            self._connection.execute(
                "insert into events.interactions"
                " (interaction_id, user_id, item_id, timestamp, interaction_type)"
                " values (%s, %s, %s, %s, %s) on conflict do nothing",
                [event.interaction_id, event.user_id, event.item_id, event.timestamp,
                 event.interaction_type.value],
            )  # fmt: skip

    def erase(self, user_id: str) -> None:
        """Note that a person was erased."""
        erasures.note(self._connection, new_id(), user_id, {})

    def pass_on(self, events: Iterable[Interaction]) -> None:
        """Write events to both topics, and let the processor commit."""
        values = [each.encode() for each in events]
        self.write(PUBLIC, *values)
        self.write(VALID, *values)
        self.commit(PUBLIC)

    def empty(self, topic: Topic) -> None:
        """Delete the records that the first partition has."""
        admin = AdminClient(self._kafka.librdkafka)
        upto = TopicPartition(topic.name, 0, self.ends(topic)[0])
        for done in admin.delete_records([upto]).values():
            done.result()

    def ends(self, topic: Topic) -> dict[int, int]:
        """Where the topic ends."""
        return self._lag.ends(topic)

    def close(self) -> None:
        """Close the connections."""
        self._lag.close()


def soon_forgotten() -> datetime:
    """An instant of which the topics may not hold the dead letters any more."""
    return datetime.now(UTC) - PUBLIC.retention
