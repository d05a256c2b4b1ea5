"""Sends dead letters to their topics again, each once.

A letter is noted in PostgreSQL, sent, and the note is committed when Kafka has acknowledged the
record. So a letter that is noted was sent; two replays at a time never send the same one, because
the second waits for the first one's note. Only who dies, or loses Kafka or PostgreSQL, between the
sending and the commit leaves a record without a note: the next replay sends it again, and its event
id makes that harmless.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from confluent_kafka import KafkaError, KafkaException, Producer
from psycopg import Connection, connect

from apps.dead_letters import repository
from streams.database import postgres_errors
from streams.dead_letters import DeadLetterRecord
from streams.errors import PublishError
from streams.settings import KafkaSettings

_TIMEOUT_SECONDS = 30.0
_MAX_BYTES = 8 * 1024 * 1024
_TOO_LARGE = KafkaError.MSG_SIZE_TOO_LARGE


@dataclass(slots=True)
class ReplayReport:
    """What became of the selected letters."""

    sent: int = 0
    """Sent, or to be sent if this is a dry run."""
    already_sent: int = 0
    """By an earlier replay."""
    incomplete: int = 0
    """They do not say their topic, or hold only the beginning of the value."""
    too_large: int = 0
    """The broker refuses them."""


def replay(
    kafka: KafkaSettings,
    database_url: str,
    letters: Iterable[DeadLetterRecord],
    *,
    dry_run: bool,
    on_sent: Callable[[DeadLetterRecord], None] = lambda _: None,
) -> ReplayReport:
    """Send letters again, with their own keys, values and headers.

    Args:
        kafka: how to connect.
        database_url: of a role that may write events.replayed_dead_letters.
        letters: those to send.
        dry_run: whether only to count.
        on_sent: called with each letter when Kafka has acknowledged it, before that is committed.

    Raises:
        UnavailableError: Kafka or PostgreSQL does not answer. What was sent is noted; run it again.
    """
    report = ReplayReport()
    producer = Producer(
        {
            **kafka.librdkafka,
            "client.id": "recsys-replay",
            "enable.idempotence": True,
            "acks": "all",
            "partitioner": "murmur2_random",
            "message.max.bytes": _MAX_BYTES,
            "delivery.timeout.ms": int(_TIMEOUT_SECONDS * 1000),
        }
    )
    with postgres_errors(), connect(database_url, autocommit=True) as connection:
        for letter in letters:
            if not letter.is_whole:
                report.incomplete += 1
            elif dry_run and repository.is_taken(connection, letter.id):
                report.already_sent += 1
            elif dry_run:
                report.sent += 1
            else:
                _replay(producer, connection, letter, report, on_sent)
    return report


class _TooLargeError(Exception):
    """The broker refuses the record for its size."""


def _replay(
    producer: Producer,
    connection: Connection,
    letter: DeadLetterRecord,
    report: ReplayReport,
    on_sent: Callable[[DeadLetterRecord], None],
) -> None:
    try:
        with connection.transaction():
            if not repository.take(connection, letter.id):
                report.already_sent += 1
                return
            _send(producer, letter)
            on_sent(letter)
    except _TooLargeError:
        report.too_large += 1
    else:
        report.sent += 1


def _send(producer: Producer, letter: DeadLetterRecord) -> None:
    """Send a record and wait for the acknowledgement."""
    assert letter.topic is not None
    failures: list[KafkaError] = []
    try:
        producer.produce(
            letter.topic,
            letter.value,
            letter.key,
            headers=list(letter.headers),
            on_delivery=lambda error, _: failures.append(error) if error else None,
        )
        left = producer.flush(_TIMEOUT_SECONDS + 1)
    except KafkaException as error:
        failures.append(error.args[0])
        left = 0
    if any(each.code() == _TOO_LARGE for each in failures):
        raise _TooLargeError
    if failures or left:
        raise PublishError(
            f"letter {letter.id} was not acknowledged by topic {letter.topic}:"
            f" {failures[0].str() if failures else 'no answer in time'}"
        )
