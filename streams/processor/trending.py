"""What is trending, in the shop and in each category, for Feast's online store."""

from collections.abc import Iterable
from datetime import UTC, datetime

import pandas as pd

from streams.contracts.category import ancestors
from streams.database import Database
from streams.features.online import TRENDING_SOURCE, WHOLE_SHOP, OnlineStore
from streams.processor import counters

LIST_LENGTH = 100
"""Items of a category at most."""
_MAX_ITEMS = 20_000
"""Items that are looked at; those beyond have the lowest scores."""

Lists = dict[str, tuple[str, ...]]
"""Item ids by category path, best first."""


class TrendingLists:
    """Writes the lists that have changed. One worker at a time does it.

    Raises:
        UnavailableError: from every call, while PostgreSQL or Feast does not answer.
    """

    def __init__(self, database: Database, online_store: OnlineStore) -> None:
        self._database = database
        self._online_store = online_store
        self._written: Lists = {}

    def hand_over(self) -> None:
        """Note that another worker may write the lists meanwhile."""
        self._written = {}

    def publish(self) -> int:
        """Write the lists that differ from those written last; returns their number.

        The first time every category gets one, so that none keeps what another worker wrote.
        """
        with self._database.connection() as connection:
            lists = by_category(counters.trending(connection, _MAX_ITEMS))
            known = self._written or dict.fromkeys(
                (each for path in counters.categories(connection) for each in _levels(path)), ()
            )
        all_lists: Lists = {**dict.fromkeys((WHOLE_SHOP, *known), ()), **lists}
        changed = {
            category: item_ids
            for category, item_ids in all_lists.items()
            if self._written.get(category) != item_ids
        }
        if changed:
            self._online_store.push(TRENDING_SOURCE, _frame(changed))
        self._written = all_lists
        return len(changed)


def by_category(ranked: Iterable[tuple[str, str]]) -> Lists:
    """The lists of the whole shop and of each category, from item ids and category paths."""
    lists: dict[str, list[str]] = {}
    for item_id, path in ranked:
        for level in _levels(path):
            of_level = lists.setdefault(level, [])
            if len(of_level) < LIST_LENGTH:
                of_level.append(item_id)
    return {level: tuple(item_ids) for level, item_ids in lists.items()}


def _levels(path: str) -> list[str]:
    """An item without a category is in the whole shop alone."""
    return [WHOLE_SHOP, *ancestors(path)]


def _frame(lists: Lists) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "category": list(lists),
            "item_ids": [list(item_ids) for item_ids in lists.values()],
            "event_timestamp": datetime.now(UTC),
        }
    )
