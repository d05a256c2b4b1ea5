"""Settings of filling, from environment variables with the prefix RECSYS_."""

from streams.kafka_settings import KafkaSettings


class FillSettings(KafkaSettings):
    """Kafka, and the database that holds the catalogue and the events."""

    database_url: str
    """PostgreSQL, `postgresql://user:password@host:port/database`."""
