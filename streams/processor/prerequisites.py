"""What the processor waits for when it starts, so that parts may start in any order."""

import time

import psycopg
import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient

from streams.contracts import TOPICS
from streams.processor import repository
from streams.settings import ProcessorSettings

log = structlog.get_logger()

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 5


def wait(settings: ProcessorSettings) -> None:
    """Return when every topic exists and the processor's table is there."""
    admin = AdminClient({**settings.librdkafka, "log_level": 0})
    told = None
    while (missing := _missing_topics(admin) or _missing_table(settings.database_url)) is not None:
        if missing != told:
            log.info("waiting", what=missing)
            told = missing
        time.sleep(_POLL_SECONDS)


def _missing_topics(admin: AdminClient) -> str | None:
    try:
        there = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException:
        return "Kafka"
    absent = sorted(topic.name for topic in TOPICS if topic.name not in there)
    return f"topics {', '.join(absent)}" if absent else None


def _missing_table(database_url: str) -> str | None:
    try:
        with psycopg.connect(database_url, connect_timeout=_TIMEOUT_SECONDS) as connection:
            return None if repository.is_migrated(connection) else "migrations"
    except psycopg.OperationalError:
        return "PostgreSQL"
    except psycopg.errors.InsufficientPrivilege:
        return "privileges, which the migrations grant"
