"""How far consumer groups are behind, and how many records a topic holds."""

from collections.abc import Iterable

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, KafkaException, TopicPartition
from confluent_kafka.admin import AdminClient

from streams.contracts import Topic
from streams.errors import UnavailableError
from streams.settings import KafkaSettings

_TIMEOUT_SECONDS = 10.0


class Lag:
    """Watches Kafka's offsets; close it when done.

    Raises:
        UnavailableError: from every call, while Kafka does not answer.
    """

    def __init__(self, kafka: KafkaSettings) -> None:
        self._admin = AdminClient(kafka.librdkafka)
        self._consumer = Consumer({**kafka.librdkafka, "group.id": "recsys-lag"})

    def records(self, topic: Topic) -> int:
        """Records that a topic holds now."""
        return sum(high - low for low, high in self._watermarks(topic).values())

    def behind(self, group: str, topics: Iterable[Topic]) -> int:
        """Records of the topics that a consumer group has not committed yet."""
        waiting = 0
        for topic in topics:
            watermarks = self._watermarks(topic)
            committed = self._committed(group, topic)
            for partition, (low, high) in watermarks.items():
                waiting += high - max(low, committed.get(partition, low))
        return waiting

    def close(self) -> None:
        """Leave Kafka."""
        self._consumer.close()

    def _watermarks(self, topic: Topic) -> dict[int, tuple[int, int]]:
        try:
            return {
                partition: self._consumer.get_watermark_offsets(
                    TopicPartition(topic.name, partition), timeout=_TIMEOUT_SECONDS
                )
                for partition in range(topic.partitions)
            }
        except KafkaException as error:
            raise UnavailableError(f"Kafka does not tell the offsets of {topic.name}") from error

    def _committed(self, group: str, topic: Topic) -> dict[int, int]:
        request = ConsumerGroupTopicPartitions(
            group, [TopicPartition(topic.name, each) for each in range(topic.partitions)]
        )
        future = self._admin.list_consumer_group_offsets(
            [request], request_timeout=_TIMEOUT_SECONDS
        )[group]
        try:
            partitions = future.result().topic_partitions
        except KafkaException as error:
            raise UnavailableError(f"Kafka does not tell the offsets of group {group}") from error
        return {each.partition: max(0, each.offset) for each in partitions}
