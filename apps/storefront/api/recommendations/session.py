"""Recommendations for a session without an account."""

from collections.abc import Sequence
from itertools import chain, zip_longest
from typing import Any

from psycopg import Connection

from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.repository import ListedProduct
from streams.contracts.category import ancestors

_MAX_FOLLOWED = 10
"""The newest items of the session, of which similar ones are listed."""


def similar_to_session(
    connection: Connection[Any], item_ids: Sequence[str], category: str, limit: int
) -> list[ListedProduct]:
    """What is similar to the newest items of a session, taken from each in turn; none of its own.

    Args:
        connection: to the shop's database.
        item_ids: of the session, the newest last.
        category: a path; only products of it and of those below it, if it is not empty.
        limit: products at most.
    """
    newest_first = list(dict.fromkeys(reversed(item_ids)))[:_MAX_FOLLOWED]
    wanted = limit + len(item_ids)
    similar = [
        catalog.similar_products(connection, product, wanted)
        for product in catalog.named(connection, newest_first)
    ]
    in_turn = chain.from_iterable(zip_longest(*similar))
    met = set(item_ids)
    found = {
        each.item_id: each
        for each in in_turn
        if each
        and each.item_id not in met
        and (not category or category in ancestors(each.category))
    }
    return list(found.values())[:limit]
