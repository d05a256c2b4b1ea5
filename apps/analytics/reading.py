"""Reading topics between two offsets. Partitions are assigned, so readers never share them."""

import heapq
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self

from kafka import KafkaConsumer, OffsetAndMetadata, TopicPartition
from kafka.errors import KafkaError

from streams.errors import UnavailableError
from streams.settings import KafkaSettings

Offsets = Mapping[TopicPartition, int]
"""The offset of the next record, by partition."""

_POLL_MILLISECONDS = 500
_STALL_SECONDS = 30.0


@contextmanager
def kafka_errors(kafka: KafkaSettings) -> Iterator[None]:
    """Turn every failure to reach Kafka inside the block into UnavailableError."""
    try:
        yield
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka does not answer at {kafka.kafka_bootstrap_servers}: {error}"
        ) from error


class TopicReader:
    """A consumer of whole topics.

    Args:
        kafka: how to connect.
        topics: names; all must exist.
        group: the consumer group that `commit` and `committed` are about. Its members do not divide
            the partitions among themselves: each reads all.

    Raises:
        UnavailableError: from every call, while Kafka does not answer or a topic is missing.
    """

    def __init__(
        self, kafka: KafkaSettings, topics: Sequence[str], *, group: str | None = None
    ) -> None:
        self._kafka = kafka
        with kafka_errors(kafka):
            self._consumer = KafkaConsumer(
                **kafka.kafka_python,
                group_id=group,
                enable_auto_commit=False,
                # Retention may delete the first records between the question and the read.
                auto_offset_reset="earliest",
            )
        try:
            self._partitions = [each for topic in topics for each in self._partitions_of(topic)]
            self._consumer.assign(self._partitions)
        except BaseException:
            self._consumer.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._consumer.close()

    def oldest(self) -> Offsets:
        """Where each partition begins now; older records were deleted by retention."""
        with kafka_errors(self._kafka):
            return dict(self._consumer.beginning_offsets(self._partitions))

    def end(self) -> Offsets:
        """Where each partition ends now."""
        with kafka_errors(self._kafka):
            return dict(self._consumer.end_offsets(self._partitions))

    def since(self, instant: datetime) -> Offsets:
        """The first record of each partition that Kafka was given at `instant` or later."""
        milliseconds = int(instant.timestamp() * 1000)
        end = self.end()
        with kafka_errors(self._kafka):
            found = self._consumer.offsets_for_times(dict.fromkeys(self._partitions, milliseconds))
        return {
            each: found[each].offset if found.get(each) else end[each] for each in self._partitions
        }

    def committed(self) -> Offsets:
        """What the group has committed; a partition without a commit is left out."""
        with kafka_errors(self._kafka):
            found = {each: self._consumer.committed(each) for each in self._partitions}
        return {each: offset for each, offset in found.items() if offset is not None}

    def commit(self, offsets: Offsets) -> None:
        """Commit for the group, and wait for the acknowledgement."""
        with kafka_errors(self._kafka):
            self._consumer.commit(
                {each: OffsetAndMetadata(offset, "", -1) for each, offset in offsets.items()}
            )

    def seek(self, start: Offsets) -> None:
        """Let `poll` go on at these offsets."""
        for partition in self._partitions:
            self._consumer.seek(partition, start[partition])

    def position(self) -> Offsets:
        """Where `poll` goes on."""
        return {each: self._position(each) for each in self._partitions}

    def read(self, start: Offsets, end: Offsets) -> Iterator[Any]:
        """The records from `start` up to `end`, those of all partitions merged by their time.

        Raises:
            UnavailableError: no record arrives for 30 seconds.
        """
        self.seek(start)
        arrived: dict[TopicPartition, deque[Any]] = {each: deque() for each in self._partitions}

        def records_of(partition: TopicPartition) -> Iterator[Any]:
            waiting = arrived[partition]
            deadline = time.monotonic() + _STALL_SECONDS
            while waiting or self._position(partition) < end[partition]:
                if waiting:
                    record = waiting.popleft()
                    if record.offset >= end[partition]:
                        return
                    yield record
                    deadline = time.monotonic() + _STALL_SECONDS
                    continue
                for each, records in self.poll().items():
                    arrived[each].extend(records)
                if time.monotonic() > deadline:
                    raise UnavailableError(
                        f"{partition.topic}, partition {partition.partition}: no record arrives"
                        f" from offset {self._position(partition)} on"
                    )

        return heapq.merge(*map(records_of, self._partitions), key=lambda record: record.timestamp)

    def follow(self, start: Offsets) -> Iterator[Any]:
        """The records from `start` on, and then each one as it arrives, without an end."""
        self.seek(start)
        while True:
            for records in self.poll().values():
                yield from records

    def poll(self) -> dict[TopicPartition, list[Any]]:
        """Records that have arrived; an empty dictionary if none does within half a second."""
        with kafka_errors(self._kafka):
            return dict(self._consumer.poll(timeout_ms=_POLL_MILLISECONDS))

    def _position(self, partition: TopicPartition) -> int:
        with kafka_errors(self._kafka):
            return int(self._consumer.position(partition))

    def _partitions_of(self, topic: str) -> list[TopicPartition]:
        with kafka_errors(self._kafka):
            numbers = self._consumer.partitions_for_topic(topic)
        if not numbers:
            raise UnavailableError(f"Kafka has no topic {topic}, or you may not read it")
        return [TopicPartition(topic, number) for number in sorted(numbers)]
