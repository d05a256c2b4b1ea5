"""Settings of the publisher, the processor and the sink, from variables with the prefix RECSYS_."""

from datetime import timedelta

from pydantic import Field

from streams.kafka_settings import KafkaSettings

PROCESSOR_GROUP = "recsys-processor"
"""The processor's consumer group."""


class StreamSettings(KafkaSettings):
    """Addresses of Kafka and PostgreSQL, and how sessions are cut."""

    database_url: str
    """PostgreSQL, `postgresql://user:password@host:port/database`."""
    processor_host: str = "127.0.0.1"
    processor_port: int = 6066
    """Where the processor answers /health/ready."""
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """Where Prometheus is answered; nowhere unless given."""
    session_gap: timedelta = timedelta(minutes=30)
    """A session without an event for so long has ended."""
    session_grace: timedelta = timedelta(seconds=5)
    """How long nothing of a shopper must have arrived before an ended session is closed, so that a
    replayed log, whose events are all long past, is not cut between two of its batches."""
    batch_size: int = Field(default=1000, ge=1)
    """Events that the processor validates and writes in one go."""
