"""Reading dead letter queues in tests."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

from confluent_kafka import Consumer, Message, TopicPartition

from streams.contracts import PARTITIONS
from support.laptop import RunningStack


def letters(stack: RunningStack, topic: str) -> Iterator[Message]:
    """Every record of the topic now."""
    consumer = Consumer({**stack.kafka.librdkafka, "group.id": str(uuid4())})
    for partition in range(PARTITIONS):
        low, high = consumer.get_watermark_offsets(TopicPartition(topic, partition), timeout=10)
        consumer.assign([TopicPartition(topic, partition, low)])
        while high > low:
            message = consumer.poll(10)
            assert message is not None
            yield message
            low += 1
    consumer.close()


def headers(message: Message) -> dict[str, Any]:
    """The headers of a letter, as text."""
    found = message.headers() or []
    assert isinstance(found, list)
    return {name: value.decode() for name, value in found if isinstance(value, bytes)}
