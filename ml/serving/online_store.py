"""What serving reads of Feast's online store, by one query and without Feast's SDK."""

from dataclasses import dataclass
from datetime import datetime

from psycopg import Error, sql

from ml.registry.shoppers import STATED
from streams import live_history
from streams.contracts import Interaction
from streams.contracts.category import names
from streams.database import Database
from streams.errors import UnavailableError
from streams.feature_encoding import entity_key, strings, table

_LISTS = ("user_top_k_items", "top_k_item_ids")
_HISTORIES = ("live_history", "events")
_TRENDS = ("trending_items", "item_ids")
_SCHEMA = "feast"
_STATED = 2
"""The place of what an account states; that of a sign-up is the next one."""


@dataclass(frozen=True, slots=True)
class ShopperFeatures:
    """All that the online store knows of one user, from one read."""

    top_k: tuple[str, ...] | None
    """The user's list of the version that was asked for, best first."""
    known_until: datetime | None
    """The instant up to which the list's model knew interactions."""
    history: tuple[Interaction, ...]
    """Newest last."""
    preferences: tuple[str, ...] = ()
    """What the user has stated, as the shop has it: it is read with the rest."""


class OnlineStore:
    """Users' lists and histories, and what is trending. Threads may share one.

    Args:
        database: where Feast keeps its online store.
        project: Feast's project.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def __init__(self, database: Database, project: str) -> None:
        self._database = database
        self._of_shopper = (
            sql.SQL(
                "{} union all"
                " select {} + place, convert_to(preferences, 'UTF8'), null from ({}) stated"
            )
            .format(_query(project, _LISTS, _HISTORIES), sql.Literal(_STATED), sql.SQL(STATED))
            .as_bytes()
        )
        self._of_trends = _query(project, _TRENDS).as_bytes()

    def shopper(self, version: str | None, user_id: str) -> ShopperFeatures:
        """A user's list, history and preferences, from one read; of no version there is no list."""
        list_key = entity_key(model_version=version or "", user_id=user_id)
        history_key = entity_key(user_id=user_id)
        found = self._read(self._of_shopper, list_key, history_key, user_id, user_id)
        listed, history = found.get(0), found.get(1)
        stated = found.get(_STATED) or found.get(_STATED + 1)
        return ShopperFeatures(
            top_k=strings(listed[0]) if listed else None,
            known_until=listed[1] if listed else None,
            history=live_history.decode(user_id, strings(history[0])) if history else (),
            preferences=tuple(names(stated[0].decode())) if stated and stated[0] else (),
        )

    def trending(self, category: str = "") -> tuple[str, ...]:
        """Items that are trending in a category path, best first; in the whole shop if absent."""
        found = self._read(self._of_trends, entity_key(category=category)).get(0)
        return strings(found[0]) if found else ()

    def _read(self, query: bytes, *keys: bytes | str) -> dict[int, tuple[bytes, datetime]]:
        """The encoded values with their event timestamps, by their places in the query."""
        try:
            with self._database.connection() as connection:
                rows = connection.cursor(binary=True).execute(query, keys)
                return {place: (value, event_ts) for place, value, event_ts in rows}
        except Error as error:
            raise UnavailableError(f"Feast's online store does not answer: {error}") from error


def _query(project: str, *features: tuple[str, str]) -> sql.Composed:
    """What reads features of views by their keys, with their places; composed once."""
    parts = [
        sql.SQL(
            "select {place}, value, event_ts from {table}"
            " where entity_key = %b and feature_name = {feature}"
        ).format(
            place=sql.Literal(place),
            table=sql.Identifier(_SCHEMA, table(project, view)),
            feature=sql.Literal(feature),
        )
        for place, (view, feature) in enumerate(features)
    ]
    return sql.SQL(" union all ").join(parts)
