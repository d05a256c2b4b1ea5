"""SQL of the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, kwargs_row


@dataclass(frozen=True, slots=True)
class Shopper:
    """An account, as Flask-Login needs one."""

    user_id: str
    email: str | None
    user_name: str
    preferences: tuple[str, ...]
    signup_date: datetime
    cart_items: int = 0
    """How many items the cart held when the request came: every page shows it."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The key that the session keeps."""
        return self.user_id


@dataclass(frozen=True, slots=True)
class SampleShopper:
    """Someone known from events alone, whom a visitor of a demonstration may play."""

    user_id: str
    user_name: str
    preferences: Sequence[str]


def _shopper(**row: Any) -> Shopper:
    return Shopper(**{**row, "preferences": tuple(row["preferences"])})


def find(connection: Connection[Any], user_id: str) -> Shopper | None:
    """The account with this id."""
    with connection.cursor(row_factory=kwargs_row(_shopper)) as cursor:
        return cursor.execute(
            "select user_id, email, user_name, preferences, signup_date,"
            "   (select coalesce(sum(quantity), 0)::integer from shop.cart_lines line"
            "     where line.user_id = shopper.user_id) as cart_items"
            " from shop.users shopper where user_id = %s",
            (user_id,),
        ).fetchone()


def preferences(connection: Connection[Any], user_id: str) -> tuple[str, ...]:
    """Categories that a user likes: those of the account, else of the event of the sign-up."""
    row = connection.execute(
        "select coalesce("
        "   (select preferences from shop.users where user_id = %(user)s),"
        "   (select array_remove(string_to_array(preferences, '|'), '')"
        "    from events.new_users where user_id = %(user)s), '{}')",
        {"user": user_id},
    ).fetchone()
    return tuple(row[0]) if row else ()


def credentials(connection: Connection[Any], email: str) -> tuple[str, str] | None:
    """The id and the password's hash of the account with this address."""
    return connection.execute(
        "select user_id, password_hash from shop.users where lower(email) = lower(%s)", (email,)
    ).fetchone()


def create(
    connection: Connection[Any],
    *,
    user_id: str,
    email: str,
    user_name: str,
    password_hash: str,
    preferences: Sequence[str],
) -> Shopper | None:
    """A new account; None if the address has one already."""
    with connection.cursor(row_factory=kwargs_row(_shopper)) as cursor:
        return cursor.execute(
            "insert into shop.users (user_id, email, user_name, password_hash, preferences)"
            " values (%s, %s, %s, %s, %s) on conflict (lower(email)) do nothing"
            " returning user_id, email, user_name, preferences, signup_date",
            (user_id, email, user_name, password_hash, list(preferences)),
        ).fetchone()


def change_preferences(
    connection: Connection[Any], user_id: str, preferences: Sequence[str]
) -> Shopper | None:
    """The account with its new preferences; None if they are what they were."""
    with connection.cursor(row_factory=kwargs_row(_shopper)) as cursor:
        return cursor.execute(
            "update shop.users set preferences = %(preferences)s"
            " where user_id = %(user_id)s and preferences is distinct from %(preferences)s"
            " returning user_id, email, user_name, preferences, signup_date",
            {"preferences": list(preferences), "user_id": user_id},
        ).fetchone()


def lock(connection: Connection[Any], user_id: str) -> None:
    """Keep all others from changing what is the user's, until the end of this transaction."""
    connection.execute("select from shop.users where user_id = %s for update", (user_id,))


def forget(connection: Connection[Any], user_id: str) -> int:
    """Delete the account; returns the number of deleted rows."""
    return connection.execute("delete from shop.users where user_id = %s", (user_id,)).rowcount


def sample_shoppers(connection: Connection[Any], limit: int) -> list[SampleShopper]:
    """Shoppers without an account of their own: whoever has a password is never offered."""
    with connection.cursor(row_factory=class_row(SampleShopper)) as cursor:
        return cursor.execute(
            "select user_id, user_name,"
            "   array_remove(string_to_array(preferences, '|'), '') as preferences"
            " from events.new_users sample"
            " where not exists (select from shop.users owner"
            "   where owner.user_id = sample.user_id and owner.password_hash is not null)"
            " order by user_id limit %s",
            (limit,),
        ).fetchall()


def adopt_sample_shopper(connection: Connection[Any], user_id: str) -> Shopper | None:
    """The account of a sample shopper, made now if need be; None for anyone with a password."""
    connection.execute(
        "insert into shop.users (user_id, user_name, preferences, signup_date)"
        " select user_id, user_name,"
        "   array_remove(string_to_array(preferences, '|'), ''), signup_date"
        " from events.new_users where user_id = %s on conflict (user_id) do nothing",
        (user_id,),
    )
    with connection.cursor(row_factory=kwargs_row(_shopper)) as cursor:
        return cursor.execute(
            "select user_id, email, user_name, preferences, signup_date"
            " from shop.users where user_id = %s and password_hash is null",
            (user_id,),
        ).fetchone()
