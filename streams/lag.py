"""The lag of consumer groups, and the number of records on a topic."""

import time
from collections.abc import Iterable

from confluent_kafka import (
    Consumer,
    ConsumerGroupTopicPartitions,
    KafkaError,
    KafkaException,
    TopicPartition,
)
from confluent_kafka.admin import AdminClient

from streams.contracts import Topic
from streams.errors import UnavailableError
from streams.settings import KafkaSettings

_TIMEOUT_SECONDS = 10.0
_PAUSE_SECONDS = 0.1
_MOVING = {
    KafkaError.NOT_LEADER_FOR_PARTITION,
    KafkaError.LEADER_NOT_AVAILABLE,
    KafkaError.UNKNOWN_TOPIC_OR_PART,
}


class Lag:
    """Reads Kafka's offsets; close it when done.

    Raises:
        UnavailableError: from every call, while Kafka does not answer.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._admin = AdminClient(kafka.librdkafka)
        self._consumer = Consumer({**kafka.librdkafka, "group.id": "recsys-lag"})

    def records(self, topic: Topic) -> int:
        """The number of records on a topic now."""
        return sum(high - low for low, high in self._watermarks(topic).values())

    def ends(self, topic: Topic) -> dict[int, int]:
        """The offset after the last record of each partition."""
        return {partition: high for partition, (_, high) in self._watermarks(topic).items()}

    def committed(self, group: str, topic: Topic) -> dict[int, int]:
        """The next offset of each partition for a consumer group; 0 where it has committed none."""
        return self._committed(group, topic, self.ends(topic))

    def behind(self, group: str, topics: Iterable[Topic]) -> int:
        """The number of records of the topics that a consumer group has not committed yet."""
        lag = 0
        for topic in topics:
            watermarks = self._watermarks(topic)
            committed = self._committed(group, topic, watermarks)
            for partition, (low, high) in watermarks.items():
                lag += high - max(low, committed.get(partition, low))
        return lag

    def close(self) -> None:
        """Close the connections."""
        self._consumer.close()

    def _watermarks(self, topic: Topic) -> dict[int, tuple[int, int]]:
        deadline = time.monotonic() + _TIMEOUT_SECONDS
        while True:
            try:
                return {
                    partition: self._consumer.get_watermark_offsets(
                        TopicPartition(topic.name, partition), timeout=_TIMEOUT_SECONDS
                    )
                    for partition in self._partitions(topic)
                }
            except KafkaException as error:
                # A topic that was just created has no leader yet, or one that is not known here.
                if error.args[0].code() not in _MOVING or time.monotonic() > deadline:
                    raise UnavailableError(
                        f"Kafka does not tell the offsets of {topic.name}"
                    ) from error
            time.sleep(_PAUSE_SECONDS)

    def _partitions(self, topic: Topic) -> list[int]:
        """The partitions that the topic has at the broker."""
        metadata = self._consumer.list_topics(topic.name, timeout=_TIMEOUT_SECONDS)
        found = metadata.topics[topic.name]
        if found.error is not None:
            raise KafkaException(found.error)
        return sorted(found.partitions)

    def _committed(self, group: str, topic: Topic, partitions: Iterable[int]) -> dict[int, int]:
        request = ConsumerGroupTopicPartitions(
            group, [TopicPartition(topic.name, each) for each in partitions]
        )
        future = self._admin.list_consumer_group_offsets(
            [request], request_timeout=_TIMEOUT_SECONDS
        )[group]
        try:
            committed = future.result().topic_partitions
        except KafkaException as error:
            raise UnavailableError(f"Kafka does not tell the offsets of group {group}") from error
        return {each.partition: max(0, each.offset) for each in committed}
