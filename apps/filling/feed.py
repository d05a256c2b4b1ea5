"""Brings a shop's data in on the way that a shopper's clicks take: through Kafka.

Products go into the storefront's catalogue; sign-ups and interactions are published. Bringing the
same data in again adds nothing: products are upserted and events carry their ids.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeVar

import psycopg

from apps.storefront.catalog.repository import upsert_products
from ml.data.fields import RejectedRow
from streams.contracts import INTERACTIONS, NEW_USERS, Channel, Event, Interaction, NewUser, Product
from streams.publisher import Publisher

_CHUNK = 5_000
T = TypeVar("T")


@dataclass(slots=True)
class Fed:
    """What was brought in so far."""

    events_read: int = 0
    events_acknowledged: int = 0
    rejected: list[RejectedRow] = field(default_factory=list)
    repaired: list[str] = field(default_factory=list)


Progress = Callable[[Fed], None]


class Feed:
    """One way in, for data sets and for logs."""

    def __init__(self, publisher: Publisher, database_url: str, on_progress: Progress) -> None:
        self._publisher = publisher
        self._database_url = database_url
        self._on_progress = on_progress
        self.fed = Fed()

    def shop(
        self,
        products: Iterable[Product],
        users: Iterable[NewUser],
        interactions: Iterable[Interaction],
    ) -> None:
        """Bring in a data set.

        The products come last: a shop that has some has all the events, acknowledged by Kafka.
        """
        for chunk in _chunks(users):
            self._publish(NEW_USERS, chunk)
        for events in _chunks(interactions):
            self._interactions(events)
        self.products(products)

    def log(self, rows: Iterable[Interaction | RejectedRow]) -> None:
        """Replay a log; users and products are made when they first occur in it."""
        users: set[str] = set()
        items: set[str] = set()
        for chunk in _chunks(rows):
            events = [row for row in chunk if isinstance(row, Interaction)]
            self.fed.rejected.extend(row for row in chunk if isinstance(row, RejectedRow))
            new_items = {event.item_id: event for event in reversed(events)}
            new_users = {event.user_id: event for event in reversed(events)}
            self.products(_product(new_items[key]) for key in new_items.keys() - items)
            self._publish(NEW_USERS, [_user(new_users[key]) for key in new_users.keys() - users])
            self._interactions(events)
            items |= new_items.keys()
            users |= new_users.keys()

    def products(self, products: Iterable[Product]) -> None:
        """Put products into the catalogue."""
        with psycopg.connect(self._database_url) as connection:
            upsert_products(connection, products)

    def _interactions(self, events: list[Interaction]) -> None:
        self.fed.events_read += len(events)
        self.fed.events_acknowledged += self._publish(INTERACTIONS, events)
        self._on_progress(self.fed)

    def _publish(self, channel: Channel, events: Iterable[Event]) -> int:
        return self._publisher.publish(
            channel.public.name, ((event.key, event.encode()) for event in events)
        )


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
