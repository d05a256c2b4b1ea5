"""Settings from environment variables with the prefix RECSYS_: Kafka, PostgreSQL, the processor."""

import ssl
from datetime import timedelta
from typing import Any, Self

from pydantic import Field, FilePath, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from streams.contracts import CLOCK_SKEW, SESSION_GAP

PROCESSOR_GROUP = "recsys-processor"
"""The processor's consumer group."""


class KafkaSettings(BaseSettings):
    """Kafka's addresses and three PEM files for mutual TLS; without the files it is plain text.

    Every Kafka client is configured from here. Clients read the files when they are made
    (`streams.certificates` says what follows from it).
    """

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    kafka_bootstrap_servers: str
    """Kafka's addresses, `host:port`, comma-separated."""
    kafka_ca_file: FilePath | None = None
    """Certificates of the authority that signs the brokers'; all three files or none."""
    kafka_certificate_file: FilePath | None = None
    """This client's certificate."""
    kafka_key_file: FilePath | None = None
    """Its key, without a password."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        files = {
            "RECSYS_KAFKA_CA_FILE": self.kafka_ca_file,
            "RECSYS_KAFKA_CERTIFICATE_FILE": self.kafka_certificate_file,
            "RECSYS_KAFKA_KEY_FILE": self.kafka_key_file,
        }
        missing = [name for name, path in files.items() if path is None]
        if missing and len(missing) < len(files):
            raise ValueError(f"Kafka over TLS takes three files; missing: {', '.join(missing)}")
        try:
            self.ssl_context()
        except (OSError, ssl.SSLError) as error:
            raise ValueError(f"Kafka's certificates and key do not fit: {error}") from error
        return self

    @property
    def librdkafka(self) -> dict[str, str | int | float | bool]:
        """What every client of confluent-kafka is made with."""
        plain: dict[str, str | int | float | bool] = {
            "bootstrap.servers": self.kafka_bootstrap_servers
        }
        if self.kafka_ca_file is None:
            return plain
        return plain | {
            "security.protocol": "ssl",
            "ssl.ca.location": str(self.kafka_ca_file),
            "ssl.certificate.location": str(self.kafka_certificate_file),
            "ssl.key.location": str(self.kafka_key_file),
        }

    @property
    def kafka_python(self) -> dict[str, Any]:
        """What every client of kafka-python is made with."""
        plain = {"bootstrap_servers": self.kafka_bootstrap_servers.split(",")}
        context = self.ssl_context()
        return plain | ({"security_protocol": "SSL", "ssl_context": context} if context else {})

    def ssl_context(self) -> ssl.SSLContext | None:
        """For clients in Python, which check the broker's name as librdkafka does; None: no TLS.

        Raises:
            OSError: a file cannot be read, is no PEM, or the key is not the certificate's.
        """
        if self.kafka_ca_file is None or self.kafka_certificate_file is None:
            return None
        context = ssl.create_default_context(cafile=self.kafka_ca_file)
        # Without a password given, OpenSSL would ask for an encrypted key's on the terminal.
        context.load_cert_chain(self.kafka_certificate_file, self.kafka_key_file, password="")
        return context


class DatabaseSettings(BaseSettings):
    """Where PostgreSQL is."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    database_url: str
    """PostgreSQL, `postgresql://user:password@host:port/database`."""


class FeatureSettings(DatabaseSettings):
    """Where Feast's stores are: in PostgreSQL, under a project's name."""

    feast_project: str = "feast_edb_rec_sys"


class ProcessorSettings(KafkaSettings, FeatureSettings):
    """What the processor connects to, where it answers, and how sessions end."""

    processor_host: str = "127.0.0.1"
    processor_port: int = 6066
    """The port of /health/ready."""
    metrics_port: int | None = Field(default=None, ge=1, le=65_535)
    """The port that Prometheus reads; None: no metrics are served."""
    session_gap: timedelta = SESSION_GAP
    """A session ends when it has no event for this long."""
    session_grace: timedelta = timedelta(seconds=5)
    """An ended session is closed once no event of its shopper has arrived for this long, so that a
    replayed log, whose events are all in the past, is not cut between two of its batches."""
    session_memory: timedelta = timedelta(days=1)
    """An event that arrives up to this long after the last one of its session still counts for the
    verdicts of that session; then the session is forgotten."""
    stall_limit: timedelta = timedelta(minutes=2)
    """The worker is not alive any more if it has had something to do and has finished nothing for
    this long."""
    clock_skew: timedelta = CLOCK_SKEW
    """How far ahead of this clock an event may lie; one farther ahead is a dead letter."""
    batch_size: int = Field(default=20_000, ge=1)
    """Maximum number of events of a partition that are validated and written together."""
    batch_linger: timedelta = timedelta(milliseconds=50)
    """How long an event waits for others if it is alone: a batch takes a worker nearly the same
    time whether it has one event or ten."""
