"""SQL of the accounts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row, kwargs_row

from streams.errors import ConfigurationError

_USERS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Shopper:
    """An account, as Flask-Login needs one."""

    user_id: str
    email: str | None
    user_name: str
    preferences: tuple[str, ...]
    signup_date: datetime
    birth_year: int | None = None
    """None: not stated."""
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


@dataclass(frozen=True, slots=True)
class KnownUser:
    """Someone with an account, or known from a sign-up or interactions alone."""

    user_id: str
    user_name: str
    """Empty where it is not known."""
    preferences: Sequence[str]


def _shopper(**row: Any) -> Shopper:
    return Shopper(**{**row, "preferences": tuple(row["preferences"])})


def find(connection: Connection[Any], user_id: str) -> Shopper | None:
    """The account with this id."""
    with connection.cursor(row_factory=kwargs_row(_shopper)) as cursor:
        return cursor.execute(
            "select user_id, email, user_name, preferences, signup_date, birth_year,"
            "   (select coalesce(sum(quantity), 0)::integer from shop.cart_lines line"
            "     where line.user_id = shopper.user_id) as cart_items"
            " from shop.users shopper where user_id = %s",
            (user_id,),
        ).fetchone()


def known(connection: Connection[Any], user_id: str) -> KnownUser:
    """What is known of a user: the account's, else the sign-up's."""
    with connection.cursor(row_factory=class_row(KnownUser)) as cursor:
        found = cursor.execute(
            "select user_id, user_name, preferences from ("
            "   select user_id, user_name, preferences, 0 as place from shop.users"
            "   union all select user_id, user_name,"
            "     array_remove(string_to_array(preferences, '|'), ''), 1 from events.new_users"
            " ) known where user_id = %(user)s order by place limit 1",
            {"user": user_id},
        ).fetchone()
    return found or KnownUser(user_id, "", ())


def ids_of(connection: Connection[Any], text: str) -> list[str]:
    """Ids of the users with this id, else with this e-mail address, else with this name.

    Addresses and names are compared without regard to case.
    """
    rows = connection.execute(
        "select user_id, min(case when user_id = %(text)s then 0"
        "   when lower(email) = lower(%(text)s) then 1 else 2 end) as precedence"
        " from (select user_id, user_name, email from shop.users"
        "   union all select user_id, user_name, null from events.new_users"
        "   union all (select user_id, null, null from events.interactions"
        "     where user_id = %(text)s limit 1)) known"
        " where user_id = %(text)s or lower(email) = lower(%(text)s)"
        "   or lower(user_name) = lower(%(text)s)"
        " group by user_id order by user_id",
        {"text": text},
    ).fetchall()
    best = min((precedence for _, precedence in rows), default=None)
    return [user_id for user_id, precedence in rows if precedence == best]


def only_id_of(connection: Connection[Any], text: str) -> str:
    """The id of the one user with this id, e-mail address or name.

    Raises:
        ConfigurationError: there is none, or there are several.
    """
    found = ids_of(connection, text)
    if not found:
        raise ConfigurationError(f"no user has the id, e-mail address or name {text}")
    if len(found) > 1:
        shown = ", ".join(found[:_USERS_SHOWN]) + (", …" if len(found) > _USERS_SHOWN else "")
        raise ConfigurationError(
            f"{len(found)} users have the name {text}: {shown}; choose one by its id"
        )
    return found[0]


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
    birth_year: int | None = None,
) -> Shopper | None:
    """A new account; None if the address has one already."""
    with connection.cursor(row_factory=kwargs_row(_shopper)) as cursor:
        return cursor.execute(
            "insert into shop.users"
            " (user_id, email, user_name, password_hash, preferences, birth_year)"
            " values (%s, %s, %s, %s, %s, %s) on conflict (lower(email)) do nothing"
            " returning user_id, email, user_name, preferences, signup_date, birth_year",
            (user_id, email, user_name, password_hash, list(preferences), birth_year),
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


def change_birth_year(connection: Connection[Any], user_id: str, birth_year: int | None) -> None:
    """Keep the year of birth that a shopper states; None: they no longer state one."""
    connection.execute(
        "update shop.users set birth_year = %s where user_id = %s", (birth_year, user_id)
    )


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
