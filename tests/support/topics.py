"""What a topic holds."""

from uuid import uuid4

from confluent_kafka import Consumer, TopicPartition

from streams.settings import KafkaSettings

_TIMEOUT_SECONDS = 10


def records(kafka: KafkaSettings, topic: str) -> list[tuple[str, bytes]]:
    """The (key, value) records of a topic now, in the order of each partition."""
    consumer = Consumer({**kafka.librdkafka, "group.id": str(uuid4())})
    found: list[tuple[str, bytes]] = []
    for partition in consumer.list_topics(topic, timeout=_TIMEOUT_SECONDS).topics[topic].partitions:
        low, high = consumer.get_watermark_offsets(
            TopicPartition(topic, partition), timeout=_TIMEOUT_SECONDS
        )
        consumer.assign([TopicPartition(topic, partition, low)])
        while low < high:
            message = consumer.poll(_TIMEOUT_SECONDS)
            assert message is not None
            assert message.error() is None
            found.append(((message.key() or b"").decode(), message.value() or b""))
            low = (message.offset() or 0) + 1
    consumer.close()
    return found
