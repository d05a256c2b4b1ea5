"""Publishing from a test that leaves no producer behind, which would look for its broker."""

from collections.abc import Iterable

from streams.publisher import Publisher
from streams.settings import KafkaSettings


def publish_records(
    kafka: KafkaSettings, topic: str, records: Iterable[tuple[str, bytes]], timeout: float = 30.0
) -> int:
    """Send records as `Publisher.publish` does."""
    with Publisher(kafka, timeout=timeout) as publisher:
        return publisher.publish(topic, records)
