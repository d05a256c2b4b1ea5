"""SQL of filling a shop: which of its events are stored, and what its pages tell of the past."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

from psycopg import Connection

from apps.filling.history import History
from streams import erasures


def stored_interactions(connection: Connection[Any], ids: Collection[UUID]) -> set[UUID]:
    """Which of those interactions are stored."""
    rows = connection.execute(
        "select interaction_id from events.interactions where interaction_id = any(%s)",
        [list(ids)],
    )
    return {interaction_id for (interaction_id,) in rows}


def stored_users(connection: Connection[Any], user_ids: Collection[str]) -> set[str]:
    """Which of those users' sign-ups are stored."""
    rows = connection.execute(
        "select user_id from events.new_users where user_id = any(%s)", [list(user_ids)]
    )
    return {user_id for (user_id,) in rows}


def write_history(connection: Connection[Any], history: History) -> None:
    """Write reviews and orders of the past; those that are there already stay as they are.

    Their shoppers get sample accounts, without a password. Who was erased stays away. The stars of
    the products are not counted anew, because the catalogue's ratings include these reviews.
    """
    erased = erasures.hold_off(connection, [each.user_id for each in history.shoppers])
    orders = [order for order in history.orders if order.user_id not in erased]
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into shop.users (user_id, user_name, preferences, signup_date) values"
            " (%s, %s, array_remove(string_to_array(%s, '|'), ''), %s)"
            " on conflict (user_id) do nothing",
            [
                (user.user_id, user.user_name, user.preferences, user.signup_date)
                for user in history.shoppers
                if user.user_id not in erased
            ],
        )
        cursor.executemany(
            "insert into shop.reviews"
            " (user_id, item_id, rating, title, content, created_at, is_in_catalogue_rating)"
            " values (%s, %s, %s, %s, %s, %s, true) on conflict (user_id, item_id) do nothing",
            [
                (each.user_id, each.item_id, each.rating, each.title, each.content, each.created_at)
                for each in history.reviews
                if each.user_id not in erased
            ],
        )
        cursor.executemany(
            "insert into shop.orders (order_id, user_id, placed_at) values (%s, %s, %s)"
            " on conflict (order_id) do nothing",
            [(order.order_id, order.user_id, order.placed_at) for order in orders],
        )
        cursor.executemany(
            "insert into shop.order_lines (order_id, item_id, quantity, unit_price)"
            " values (%s, %s, %s, %s) on conflict (order_id, item_id) do nothing",
            [
                (order.order_id, item_id, quantity, price)
                for order in orders
                for item_id, (quantity, price) in order.lines.items()
            ],
        )
