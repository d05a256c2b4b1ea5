"""The one producer of the project: idempotent, acknowledged by all replicas, keyed by user.

Partitions are chosen by murmur2, as the Java and Faust clients do, so that every topic keeps a
user's events in the partition of the same number.
"""

import threading
import time
from collections.abc import Iterable

from confluent_kafka import KafkaError, Message, Producer

from streams.contracts import DeadLetter
from streams.contracts.dead_letter import MAX_LETTER_BYTES, Header
from streams.errors import PublishError
from streams.settings import KafkaSettings


class _Deliveries:
    """The acknowledgements of the records of one `publish` call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.waiting = 0
        self.acknowledged = 0
        self.failure: str | None = None

    def expect(self) -> None:
        """Count a record that is about to be sent."""
        with self._lock:
            self.waiting += 1

    def forget(self) -> None:
        """Uncount a record that could not be queued."""
        with self._lock:
            self.waiting -= 1

    def __call__(self, error: KafkaError | None, _message: Message) -> None:
        # Whichever thread polls the shared producer runs this.
        with self._lock:
            self.waiting -= 1
            if error is None:
                self.acknowledged += 1
            else:
                self.failure = error.str()


class Publisher:
    """Sends records and counts those that were acknowledged. Threads may share one.

    Args:
        kafka: how to connect.
        timeout: seconds that Kafka has to acknowledge a record.
        client_id: the name in the broker's logs and quotas.
    """

    def __init__(
        self, kafka: KafkaSettings, *, timeout: float = 30.0, client_id: str = "recsys"
    ) -> None:
        self._timeout = timeout
        self._producer = Producer(
            {
                **kafka.librdkafka,
                "client.id": client_id,
                "enable.idempotence": True,
                "acks": "all",
                "partitioner": "murmur2_random",
                "compression.type": "lz4",
                "linger.ms": 1,
                "message.max.bytes": MAX_LETTER_BYTES,
                "delivery.timeout.ms": int(timeout * 1000),
            }
        )

    def publish(self, topic: str, records: Iterable[tuple[str, bytes]]) -> int:
        """Send (key, value) records, wait for all acknowledgements and count them.

        Raises:
            PublishError: if any record was not acknowledged in time. Sending all of them again is
                safe: events carry their ids.
        """
        return self._publish(topic, ((key.encode(), value, []) for key, value in records))

    def publish_dead_letters(self, topic: str, letters: Iterable[DeadLetter]) -> int:
        """Send dead letters as `publish` sends events."""
        return self._publish(
            topic,
            ((each.key, each.record_value(), each.record_headers()) for each in letters),
        )

    def _publish(
        self,
        topic: str,
        records: Iterable[tuple[bytes | None, bytes | None, list[Header]]],
    ) -> int:
        deliveries = _Deliveries()
        for key, value, headers in records:
            self._send(topic, key, value, headers, deliveries)
        deadline = time.monotonic() + self._timeout + 1
        while deliveries.waiting and time.monotonic() < deadline:
            self._producer.poll(0.05)
        if deliveries.waiting or deliveries.failure:
            raise PublishError(
                f"topic {topic}: not every record was acknowledged: "
                f"{deliveries.failure or 'no answer in time'}"
            )
        return deliveries.acknowledged

    def _send(
        self,
        topic: str,
        key: bytes | None,
        value: bytes | None,
        headers: list[Header],
        deliveries: _Deliveries,
    ) -> None:
        while True:
            deliveries.expect()
            try:
                self._producer.produce(topic, value, key, on_delivery=deliveries, headers=headers)
            except BufferError:
                deliveries.forget()
                self._producer.poll(0.1)
            else:
                self._producer.poll(0)
                return
