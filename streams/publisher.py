"""The one producer of the project: idempotent, acknowledged by all replicas, keyed by user.

Partitions are chosen by murmur2, as the Java and Faust clients do, so that every topic keeps a
user's events in the partition of the same number.

One thread per publisher polls the producer and hands each acknowledgement to the call that waits
for it. If the waiting threads polled themselves, each would run the others' callbacks and learn of
its own records late.
"""

import os
import threading
import time
from collections.abc import Iterable, Sequence
from typing import Self, cast
from weakref import WeakSet

import structlog
from confluent_kafka import KafkaError, KafkaException, Message, Producer

from streams.contracts import MAX_RECORD_BYTES, DeadLetter
from streams.contracts.dead_letter import Header
from streams.errors import PublishError, RecordRefusedError
from streams.settings import KafkaSettings

_log = structlog.get_logger(__name__)

_POLL_SECONDS = 0.1
_FULL_QUEUE_PAUSE = 0.01
_MARGIN_SECONDS = 1.5
"""librdkafka looks for records that have timed out once a second."""
_REFUSALS = frozenset(
    {
        KafkaError.MSG_SIZE_TOO_LARGE,
        KafkaError.INVALID_MSG_SIZE,
        KafkaError.RECORD_LIST_TOO_LARGE,
        KafkaError.INVALID_TIMESTAMP,
        KafkaError.INVALID_RECORD,
        KafkaError._INVALID_DIFFERENT_RECORD,  # noqa: SLF001 - librdkafka's own codes start so
    }
)
"""Errors that sending again cannot mend: the record, or another one of its batch, is at fault."""

_Outgoing = tuple[bytes | None, bytes | None, Sequence[Header]]
"""Key, value and headers of a record."""


class _Deliveries:
    """The acknowledgements of the records of one `publish` call."""

    def __init__(self) -> None:
        self._done = threading.Event()
        self._sent: int | None = None
        self._settled = 0
        self.acknowledged = 0
        self.failure: KafkaError | None = None

    def __call__(self, error: KafkaError | None, _message: Message) -> None:
        """Note the outcome of one record; the polling thread alone calls this."""
        if error is None:
            self.acknowledged += 1
        else:
            self.note(error)
        self._settled += 1
        if self._settled == self._sent:
            self._done.set()

    def note(self, error: KafkaError) -> None:
        """Keep a failure; one that may pass matters more than a refusal."""
        if self.failure is None or self.failure.code() in _REFUSALS:
            self.failure = error

    def wait(self, sent: int, timeout: float) -> bool:
        """Whether all records that were sent have an outcome in time."""
        self._sent = sent
        return self._settled == sent or self._done.wait(timeout)


class _PolledProducer:
    """A producer, and the thread that polls it until it is closed."""

    def __init__(self, configuration: dict[str, str | int | float | bool]) -> None:
        self.is_fatal = False
        self._closing = threading.Event()
        self._producer = Producer(configuration)
        self._thread = threading.Thread(target=self._poll, name="kafka-poller", daemon=True)
        self._thread.start()

    def produce(self, topic: str, record: _Outgoing, deliveries: _Deliveries) -> None:
        """Queue a record.

        Raises:
            BufferError: the queue is full.
            KafkaException: the record cannot be sent.
        """
        key, value, headers = record
        # librdkafka takes a quarter longer for a record with an empty list of headers.
        self._producer.produce(
            topic, value, key, on_delivery=deliveries, headers=[*headers] or None
        )

    def answers(self, timeout: float) -> bool:
        """Whether a broker answers in time."""
        try:
            return bool(self._producer.list_topics(timeout=timeout).brokers)
        except KafkaException:
            return False

    def retire(self) -> None:
        """Let the thread send or fail what is queued, and end."""
        self._closing.set()

    def close(self) -> None:
        """The same, and wait for the thread."""
        self.retire()
        self._thread.join()

    def _poll(self) -> None:
        # What is still queued is sent or has failed when the delivery timeout is over.
        while not self._closing.is_set() or len(self._producer):
            try:
                self._producer.poll(_POLL_SECONDS)
            except KafkaException:  # raised for a fatal error alone
                self.is_fatal = True


class Publisher:
    """Sends records and counts those that were acknowledged. Threads may share one.

    Its producer and its thread start with the first call, and anew in a forked process, because
    neither survives a fork. A producer that has failed for good (KIP-360: an idempotent producer
    whose sequence is broken) is replaced.

    Args:
        kafka: how to connect.
        timeout: seconds that Kafka has to acknowledge a record.
        client_id: the name in the broker's logs and quotas.
        max_record_bytes: of a record before it is compressed; a longer one is refused.
    """

    _lock: threading.Lock
    _producer: _PolledProducer | None

    def __init__(
        self,
        kafka: KafkaSettings,
        *,
        timeout: float = 30.0,
        client_id: str = "recsys",
        max_record_bytes: int = MAX_RECORD_BYTES,
    ) -> None:
        self._timeout = timeout
        self._configuration = {
            **kafka.librdkafka,
            "client.id": client_id,
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "compression.type": "lz4",
            "linger.ms": 0,  # records that wait for the broker become a batch all the same
            "socket.nagle.disable": True,
            "message.max.bytes": max_record_bytes,
            "delivery.timeout.ms": int(timeout * 1000),
        }
        self._start_anew()
        _publishers.add(self)

    def publish(
        self, topic: str, records: Iterable[tuple[str, bytes]], *, timeout: float | None = None
    ) -> int:
        """Send (key, value) records, wait for all acknowledgements and count them.

        Args:
            topic: where they go.
            records: in the order that each partition will have.
            timeout: seconds to wait, if less than Kafka has. What is not acknowledged by then may
                still arrive.

        Raises:
            RecordRefusedError: Kafka never takes one of the records; the others were acknowledged,
                or refused for being in one batch with it.
            PublishError: a record was not acknowledged in time. Sending all of them again is
                safe: events carry their ids.
        """
        outgoing = ((key.encode(), value, ()) for key, value in records)
        return self._publish(topic, outgoing, self._timeout_of(timeout))

    def publish_copies(self, topic: str, messages: Iterable[Message]) -> int:
        """Send records that were read, with their keys, values and headers, as `publish` does."""
        outgoing = (
            (each.key(), each.value(), cast("Sequence[Header]", each.headers() or ()))
            for each in messages
        )
        return self._publish(topic, outgoing, self._timeout_of(None))

    def publish_dead_letters(self, topic: str, letters: Iterable[DeadLetter]) -> int:
        """Send dead letters as `publish` sends events."""
        outgoing = (
            (letter.key, letter.record_value(), letter.record_headers()) for letter in letters
        )
        return self._publish(topic, outgoing, self._timeout_of(None))

    def _timeout_of(self, timeout: float | None) -> float:
        return self._timeout + _MARGIN_SECONDS if timeout is None else timeout

    def _publish(self, topic: str, records: Iterable[_Outgoing], timeout: float) -> int:
        deadline = time.monotonic() + timeout
        deliveries = _Deliveries()
        sent = sum(self._send(topic, record, deliveries, deadline) for record in records)
        in_time = deliveries.wait(sent, max(0.0, deadline - time.monotonic()))
        if in_time and deliveries.failure is None:
            return deliveries.acknowledged
        reason = deliveries.failure.str() if deliveries.failure else "no answer in time"
        refused = in_time and deliveries.failure and deliveries.failure.code() in _REFUSALS
        kind = RecordRefusedError if refused else PublishError
        raise kind(f"topic {topic}: not every record was acknowledged: {reason}")

    def connect(self, timeout: float) -> None:
        """Wait until a broker answers.

        Raises:
            PublishError: none does in time.
        """
        if not self._in_use().answers(timeout):
            raise PublishError("no broker of Kafka answers")

    def close(self) -> None:
        """Wait until what was sent is acknowledged or has failed, and end the thread."""
        with self._lock:
            producer, self._producer = self._producer, None
        if producer:
            producer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(
        self, topic: str, record: _Outgoing, deliveries: _Deliveries, deadline: float
    ) -> bool:
        """Queue a record; returns whether it will have an outcome."""
        while True:
            producer = self._in_use()
            try:
                producer.produce(topic, record, deliveries)
            except BufferError:
                if time.monotonic() > deadline:
                    raise PublishError(f"topic {topic}: too many records wait for Kafka") from None
                time.sleep(_FULL_QUEUE_PAUSE)
            except KafkaException as exception:
                error = exception.args[0]
                if error.code() != KafkaError._FATAL:  # noqa: SLF001 - librdkafka's own code
                    deliveries.note(error)
                    return False
                producer.is_fatal = True
            else:
                return True

    def _in_use(self) -> _PolledProducer:
        """The producer; the first one, or a new one after a fatal error."""
        producer = self._producer
        if producer and not producer.is_fatal:
            return producer
        with self._lock:
            if self._producer and self._producer.is_fatal:
                _log.warning("the producer has failed for good and is replaced")
                self._producer.retire()
                self._producer = None
            if self._producer is None:
                self._producer = _PolledProducer(self._configuration)
            return self._producer

    def _start_anew(self) -> None:
        self._lock = threading.Lock()
        self._producer = None


_publishers: "WeakSet[Publisher]" = WeakSet()
_inherited: list[_PolledProducer | None] = []
"""Of the process that forked: librdkafka fails when a child destroys them."""


def _start_anew_after_fork() -> None:
    for publisher in _publishers:
        _inherited.append(publisher._producer)  # noqa: SLF001 - this module's own
        publisher._start_anew()  # noqa: SLF001


os.register_at_fork(after_in_child=_start_anew_after_fork)
