"""Fills an empty shop, wherever it runs: only Kafka and PostgreSQL are needed.

The products come last and all at once. A shop that has some is therefore complete; one that has
none is filled from the beginning, which adds nothing to the events that are stored already.
"""

import time
from collections.abc import Callable

import psycopg

from apps.filling import repository
from apps.filling.loader import LoadReport, ShopLoader
from apps.filling.source import Source
from apps.storefront.catalog.repository import product_count
from streams.errors import UnavailableError
from streams.publisher import Publisher
from streams.settings import KafkaSettings

_POLL_SECONDS = 1.0


class FillSettings(KafkaSettings):
    """Kafka, and the database that holds the catalogue and the events."""

    database_url: str
    """PostgreSQL, `postgresql://user:password@host:port/database`."""


def products_in(settings: FillSettings) -> int:
    """How many products the shop has.

    Raises:
        UnavailableError: PostgreSQL does not answer, or is not migrated.
    """
    try:
        with psycopg.connect(settings.database_url) as connection:
            return product_count(connection)
    except psycopg.errors.UndefinedTable as error:
        raise UnavailableError(
            "the database has no tables yet: run the migrations first"
        ) from error
    except psycopg.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error}") from error


def fill(
    settings: FillSettings,
    source: Source,
    *,
    on_load: Callable[[LoadReport], None],
    on_wait: Callable[[int], None],
    stall_seconds: float = 300.0,
) -> LoadReport:
    """Load a data set and return when all of it is stored, but for its events in the future.

    Args:
        settings: those of the shop, which is empty.
        source: a data set, not a log.
        on_load: progress callback while events are published.
        on_wait: called with the number of events that are not stored yet.
        stall_seconds: the longest time during which nothing is stored.

    Raises:
        PublishError: Kafka does not acknowledge the events.
        UnavailableError: the events are not stored; the shop then stays empty.
    """
    with Publisher(settings) as publisher:
        loader = ShopLoader(publisher, settings.database_url, on_load)
        loaded = loader.load_events(source)
    missing_users = {user.user_id for user in loaded.users}
    missing = {event.interaction_id for event in loaded.interactions}
    latest = time.monotonic()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        while missing or missing_users:
            stored = repository.stored_interactions(connection, missing)
            stored_users = repository.stored_users(connection, missing_users)
            missing -= stored
            missing_users -= stored_users
            on_wait(len(missing) + len(missing_users))
            if stored or stored_users:
                latest = time.monotonic()
            elif time.monotonic() - latest > stall_seconds:
                raise UnavailableError(
                    f"{len(missing)} interactions and {len(missing_users)} sign-ups are not stored:"
                    " look at the processor, the sink's connectors and the dead letters"
                )
            time.sleep(_POLL_SECONDS)
    loader.load_catalogue(loaded)
    return loader.report
