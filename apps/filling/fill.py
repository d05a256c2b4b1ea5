"""Fills an empty shop, wherever it runs: nothing but Kafka and PostgreSQL is needed.

The products come last and all at once. A shop that has some is therefore complete; one that has
none is filled from the beginning, which adds nothing to the events that are there already.
"""

import time
from collections.abc import Callable

import psycopg

from apps.filling import repository
from apps.filling.feed import Fed, Feed
from apps.filling.settings import FillSettings
from apps.filling.source import Source
from apps.storefront.catalog.repository import product_count
from streams.errors import UnavailableError
from streams.publisher import Publisher

_POLL_SECONDS = 1.0

Waiting = Callable[[int], None]
"""Called with the number of events that are not rows yet."""


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
    on_feed: Callable[[Fed], None],
    on_wait: Waiting,
    stall_seconds: float = 300.0,
) -> Fed:
    """Bring in a data set and return when all of it is rows.

    Args:
        settings: of the shop, which is empty.
        source: a data set, no log.
        on_feed: told what was published.
        on_wait: told what is on its way.
        stall_seconds: how long nothing may arrive.

    Raises:
        PublishError: Kafka does not take the events.
        UnavailableError: they do not become rows; the shop then stays empty.
    """
    users, interactions = list(source.users), list(source.interactions)
    feed = Feed(Publisher(settings), settings.database_url, on_feed)
    feed.fed.rejected.extend(source.rejected)
    feed.fed.repaired.extend(source.repaired)
    feed.shop((), users, interactions)
    missing_users = {user.user_id for user in users}
    missing = {event.interaction_id for event in interactions}
    latest = time.monotonic()
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        while missing or missing_users:
            arrived = repository.arrived_interactions(connection, missing)
            new_users = repository.arrived_users(connection, missing_users)
            missing -= arrived
            missing_users -= new_users
            on_wait(len(missing) + len(missing_users))
            if arrived or new_users:
                latest = time.monotonic()
            elif time.monotonic() - latest > stall_seconds:
                raise UnavailableError(
                    f"{len(missing)} interactions and {len(missing_users)} sign-ups do not arrive:"
                    " look at the processor, the sink's connectors and the dead letters"
                )
            time.sleep(_POLL_SECONDS)
    feed.products(source.products)
    return feed.fed
