"""Reading topics between two offsets without a share in any consumer group."""

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import datetime
from typing import cast

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from streams.contracts import Topic
from streams.errors import UnavailableError
from streams.reconciliation.records import Record
from streams.settings import PROCESSOR_GROUP, KafkaSettings

Offsets = Mapping[int, int]
"""Offsets by partition."""

_BATCH = 2000
_END = KafkaError._PARTITION_EOF  # noqa: SLF001 - librdkafka's own code
_POLL_SECONDS = 0.5
_STALL_SECONDS = 30.0


class RecordReader:
    """A consumer of stretches of topics; close it when done.

    Raises:
        UnavailableError: from every call, while Kafka does not answer.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._consumer = Consumer(
            {
                **kafka.librdkafka,
                # librdkafka demands a group. Partitions are assigned and nothing is committed, so
                # it makes no difference to the group's members.
                "group.id": PROCESSOR_GROUP,
                "enable.auto.commit": False,
                # Retention may delete the first records between the question and the read, or all.
                "auto.offset.reset": "earliest",
                "enable.partition.eof": True,
                "queued.max.messages.kbytes": 16 * 1024,
            }
        )

    def since(self, topic: Topic, instant: datetime, ends: Offsets) -> dict[int, int]:
        """The first record of each partition that is of `instant` or later; else the end."""
        milliseconds = int(instant.timestamp() * 1000)
        wanted = [TopicPartition(topic.name, number, milliseconds) for number in ends]
        try:
            found = self._consumer.offsets_for_times(wanted, timeout=_STALL_SECONDS)
        except KafkaException as error:
            raise UnavailableError(f"Kafka does not tell the times of {topic.name}") from error
        return {
            each.partition: each.offset if each.offset >= 0 else ends[each.partition]
            for each in found
        }

    def batches(
        self, topic: Topic, start: Offsets, stop: Offsets, parse: Callable[[Message], Record | None]
    ) -> Iterator[list[Record]]:
        """What `parse` makes of the records between two offsets of each partition."""
        batch: list[Record] = []
        for message in self._messages(topic, start, stop):
            if record := parse(message):
                batch.append(record)
            if len(batch) == _BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def at(self, topic: Topic, places: Collection[tuple[int, int]]) -> Iterator[Message]:
        """The records at partitions and offsets, except those that the topic has no longer."""
        wanted = set(places)
        start: dict[int, int] = {}
        stop: dict[int, int] = {}
        for partition, offset in sorted(wanted):
            start.setdefault(partition, offset)
            stop[partition] = offset + 1
        for message in self._messages(topic, start, stop):
            if (message.partition(), message.offset()) in wanted:
                yield message

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _messages(self, topic: Topic, start: Offsets, stop: Offsets) -> Iterator[Message]:
        left = {number: stop[number] for number in start if start[number] < stop[number]}
        if not left:
            return
        self._consumer.assign([TopicPartition(topic.name, each, start[each]) for each in left])
        deadline = time.monotonic() + _STALL_SECONDS
        while left:
            message = self._consumer.poll(_POLL_SECONDS)
            if message is None:
                if time.monotonic() > deadline:
                    raise UnavailableError(f"{topic.name}: no record arrives any more")
                continue
            deadline = time.monotonic() + _STALL_SECONDS
            error = message.error()
            if error and error.code() != _END:
                raise UnavailableError(f"Kafka does not let {topic.name} be read: {error}")
            number, offset = cast("int", message.partition()), cast("int", message.offset())
            if number not in left:
                continue
            if not error and offset < left[number]:
                yield message
            if error or offset + 1 >= left[number]:
                del left[number]
        self._consumer.unassign()
