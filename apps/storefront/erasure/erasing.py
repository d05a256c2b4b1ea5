"""Erasing a person: from the shop's tables at once, and by an event from all other stores.

The event leaves by the outbox, like all that goes with a change of the shop's tables. The processor
carries it out (`streams.erasures`) in the stores behind the topics. It does not matter whether
other events of the person are still under way then, or come after it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from psycopg import Connection

from apps.storefront.accounts import repository as accounts
from apps.storefront.cart import repository as cart
from apps.storefront.events import publishing
from apps.storefront.events import repository as outbox
from apps.storefront.orders import repository as orders
from apps.storefront.reviews import repository as reviews
from apps.storefront.submissions import repository as submissions
from streams.contracts import Erasure, new_id


@dataclass(frozen=True, slots=True)
class ErasedFromShop:
    """What has become of the shop's rows, and the event that tells all others."""

    event: Erasure
    removed: Mapping[str, int]
    """Number of deleted rows by table."""
    anonymous_orders: int
    """Orders that remain, for the shop's revenue, without their shopper."""


def erase(connection: Connection[Any], user_id: str) -> ErasedFromShop:
    """Delete the account and all that is the shopper's, and store the event, in one transaction."""
    accounts.lock(connection, user_id)
    removed = {
        "shop.cart_lines": cart.forget(connection, user_id),
        "shop.reviews": reviews.forget(connection, user_id),
        "shop.submissions": submissions.forget(connection, user_id),
        "shop.outbox": outbox.forget(connection, user_id),
    }
    anonymous_orders = orders.forget_shopper(connection, user_id)
    removed["shop.users"] = accounts.forget(connection, user_id)
    event = Erasure(erasure_id=new_id(), user_id=user_id, timestamp=datetime.now(UTC))
    outbox.add(connection, [publishing.record(event)])
    return ErasedFromShop(event, removed, anonymous_orders)
