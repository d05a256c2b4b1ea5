"""Counts of the catalogue that many pages show and that hardly change, kept for half a minute."""

from collections.abc import Callable, Hashable, Mapping
from threading import Lock
from typing import Any, TypeVar, cast

from cachetools import TTLCache
from flask import current_app
from psycopg import Connection, sql

from apps.storefront.catalog import listing_repository, repository
from apps.storefront.catalog.repository import Department

_KEY = "catalog_counts"
_SECONDS = 30
_MAX_COUNTS = 1000

T = TypeVar("T")


class CatalogCounts:
    """One per worker, safe for threads.

    That there is nothing is not kept, for the shop may just be filled; only that a category has no
    others below it, which is so for most.
    """

    def __init__(self) -> None:
        self._kept: TTLCache[Hashable, Any] = TTLCache(_MAX_COUNTS, _SECONDS)
        self._lock = Lock()

    @classmethod
    def of_this_app(cls) -> "CatalogCounts":
        """The counts of the app that answers the current request."""
        counts = current_app.extensions[_KEY]
        assert isinstance(counts, cls)
        return counts

    def install(self, extensions: dict[str, object]) -> None:
        """Hand the counts to an app."""
        extensions[_KEY] = self

    def departments(
        self, connection: Connection[Any], limit: int, region: str | None
    ) -> list[Department]:
        """`repository.departments`."""
        return self._counted(
            ("departments", limit, region),
            lambda: repository.departments(connection, limit, region=region),
        )

    def subcategories(
        self, connection: Connection[Any], category: str, limit: int, region: str | None
    ) -> list[Department]:
        """`repository.subcategories`."""
        return self._counted(
            ("subcategories", category, limit, region),
            lambda: repository.subcategories(connection, category, limit, region=region),
            keeps_nothing=True,
        )

    def listed(
        self,
        connection: Connection[Any],
        key: Hashable,
        condition: sql.Composable,
        values: Mapping[str, Any],
        region: str | None,
    ) -> int:
        """`listing_repository.listed_count`; equal conditions have equal keys."""
        return self._counted(
            ("listed", key, region),
            lambda: listing_repository.listed_count(connection, condition, values),
        )

    def _counted(self, key: Hashable, count: Callable[[], T], *, keeps_nothing: bool = False) -> T:
        with self._lock:
            kept = self._kept.get(key)
        if kept is not None:
            return cast("T", kept)
        counted = count()
        if counted or keeps_nothing:
            with self._lock:
                self._kept[key] = counted
        return counted
