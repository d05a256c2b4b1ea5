"""Runs one worker: `python -m streams.processor`; start several to share the partitions."""

import gc
import time

import psycopg
import structlog
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from faust.worker import Worker

from streams.certificates import end_when_renewed
from streams.contracts import CHANNELS, TOPICS
from streams.processor import metrics, repository
from streams.processor.app import create_app
from streams.provisioning import topic_ids
from streams.settings import ProcessorSettings

log = structlog.get_logger()

_POLL_SECONDS = 0.5
_TIMEOUT_SECONDS = 5
_OBJECTS_BETWEEN_COLLECTIONS = 1_000_000
"""More than the events of the batches under way are. Among these there are no cycles; to look for
some took half of the worker's time with Python's own 700, and a quarter with 100,000. The
application looks once a minute."""


def main() -> None:
    """Wait for what the processor needs, so that components may start in any order, and run it."""
    settings = ProcessorSettings()
    end_when_renewed(settings)
    if settings.metrics_port:
        metrics.serve(settings.metrics_port)
    admin = AdminClient({**settings.librdkafka, "log_level": 0})
    _wait(settings, admin)
    app = create_app(settings, topic_ids(admin, [channel.public for channel in CHANNELS]))
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS)
    Worker(app, loglevel="INFO").execute_from_commandline()


def _wait(settings: ProcessorSettings, admin: AdminClient) -> None:
    """Return when every topic and the processor's tables exist."""
    logged = None
    while (missing := _missing_topics(admin) or _missing_table(settings.database_url)) is not None:
        if missing != logged:
            log.info("waiting", what=missing)
            logged = missing
        time.sleep(_POLL_SECONDS)


def _missing_topics(admin: AdminClient) -> str | None:
    try:
        existing = admin.list_topics(timeout=_TIMEOUT_SECONDS).topics
    except KafkaException:
        return "Kafka"
    absent = sorted(topic.name for topic in TOPICS if topic.name not in existing)
    return f"topics {', '.join(absent)}" if absent else None


def _missing_table(database_url: str) -> str | None:
    try:
        with psycopg.connect(database_url, connect_timeout=_TIMEOUT_SECONDS) as connection:
            return None if repository.is_migrated(connection) else "migrations"
    except psycopg.OperationalError:
        return "PostgreSQL"
    except psycopg.errors.InsufficientPrivilege:
        return "privileges, which the migrations grant"


if __name__ == "__main__":
    main()
