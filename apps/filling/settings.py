"""Settings of filling, from environment variables with the prefix RECSYS_."""

from streams.settings import DatabaseSettings, KafkaSettings


class FillSettings(DatabaseSettings, KafkaSettings):
    """Kafka, and the database that holds the catalogue and the events."""
