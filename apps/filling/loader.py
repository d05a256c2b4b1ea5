"""Loads a shop's data by the path that a shopper's clicks take: through Kafka.

Products go into the storefront's catalogue; sign-ups and interactions are published. Loading the
same data again adds nothing: products are upserted and events keep their ids.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import TypeVar

import psycopg

from apps.filling import repository
from apps.filling.history import History
from apps.filling.source import Source
from apps.storefront.catalog.repository import upsert_products
from ml.data.fields import RejectedRow
from streams.contracts import (
    CLOCK_SKEW,
    INTERACTIONS,
    NEW_USERS,
    Channel,
    Event,
    Interaction,
    NewUser,
    Product,
)
from streams.publisher import Publisher

_CHUNK = 5_000
T = TypeVar("T")


@dataclass(slots=True)
class LoadReport:
    """What has been loaded so far."""

    events_read: int = 0
    events_acknowledged: int = 0
    events_in_future: int = 0
    """Of a data set, left out: the processor would refuse them."""
    rejected: list[RejectedRow] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return (
            f"{self.events_read:,} events read, {self.events_acknowledged:,} acknowledged,"
            f" {len(self.rejected):,} rows rejected"
        )


class ShopLoader:
    """Loads data sets and logs; `report` has the counts.

    Raises:
        PublishError: from every call, if Kafka does not acknowledge an event.
    """

    def __init__(
        self, publisher: Publisher, database_url: str, on_progress: Callable[[LoadReport], None]
    ) -> None:
        self._publisher = publisher
        self._database_url = database_url
        self._on_progress = on_progress
        self.report = LoadReport()

    def load(self, source: Source) -> None:
        """Load all of a source.

        The products of a data set come last: a shop that has some has all the events, acknowledged
        by Kafka.
        """
        present = self.load_events(source)
        if source.log is None:
            self.load_catalogue(present)

    def load_events(self, source: Source) -> Source:
        """Load what goes through Kafka: a log, or a data set without its products.

        Returns:
            The data set without its events in the future, which are not loaded.
        """
        self.report.rejected.extend(source.rejected)
        self.report.repaired.extend(source.repaired)
        if source.log is not None:
            self._replay(source.log)
            return source
        present = source.until(datetime.now(UTC) + CLOCK_SKEW)
        self.report.events_in_future += _events(source) - _events(present)
        for users in _chunks(present.users):
            self._publish(NEW_USERS, users)
        for interactions in _chunks(present.interactions):
            self._publish_interactions(interactions)
        return present

    def load_catalogue(self, source: Source) -> None:
        """Add a data set's products and what shoppers wrote and bought: all of it, or nothing."""
        with psycopg.connect(self._database_url) as connection:
            upsert_products(connection, source.products)
            repository.write_history(connection, History.of(source))

    def load_products(self, products: Iterable[Product]) -> None:
        """Add products to the catalogue, or bring them up to date."""
        with psycopg.connect(self._database_url) as connection:
            upsert_products(connection, products)

    def _replay(self, rows: Iterable[Interaction | RejectedRow]) -> None:
        """Publish a log; users and products are made when they first occur in it."""
        users: set[str] = set()
        items: set[str] = set()
        for chunk in _chunks(rows):
            events = [row for row in chunk if isinstance(row, Interaction)]
            self.report.rejected.extend(row for row in chunk if isinstance(row, RejectedRow))
            new_items = {event.item_id: event for event in reversed(events)}
            new_users = {event.user_id: event for event in reversed(events)}
            self.load_products(_product(new_items[key]) for key in new_items.keys() - items)
            self._publish(NEW_USERS, [_user(new_users[key]) for key in new_users.keys() - users])
            self._publish_interactions(events)
            items |= new_items.keys()
            users |= new_users.keys()

    def _publish_interactions(self, events: list[Interaction]) -> None:
        self.report.events_read += len(events)
        self.report.events_acknowledged += self._publish(INTERACTIONS, events)
        self._on_progress(self.report)

    def _publish(self, channel: Channel, events: Iterable[Event]) -> int:
        return self._publisher.publish(
            channel.public.name, ((event.key, event.encode()) for event in events)
        )


def _events(source: Source) -> int:
    return len(source.users) + len(source.interactions)


def _product(first: Interaction) -> Product:
    return Product(
        item_id=first.item_id, product_name=f"Item {first.item_id}", arrival_date=first.timestamp
    )


def _user(first: Interaction) -> NewUser:
    return NewUser(
        user_id=first.user_id,
        user_name=f"Shopper {first.user_id}",
        preferences="",
        signup_date=first.timestamp,
    )


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    iterator = iter(rows)
    while chunk := list(islice(iterator, _CHUNK)):
        yield chunk
