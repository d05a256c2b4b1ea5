"""What is read of one shopper at a request, each part behind a circuit breaker of its own."""

from ml.registry.shoppers import Met, met_items, reached_age
from ml.registry.shoppers import preferences as stored_preferences
from ml.serving.dependency import Dependency
from ml.serving.online_store import OnlineStore, ShopperFeatures
from streams.database import Database


class ShopperReads:
    """Threads may share one. It never raises because a dependency is unavailable.

    Args:
        store: Feast's online store.
        database: for reads of one statement within a time budget.
    """

    def __init__(self, store: OnlineStore, database: Database) -> None:
        self._store = store
        self._database = database
        self._features = Dependency("Feast online store")
        self._preferences = Dependency("what the shopper prefers")
        self._age = Dependency("the shopper's age")
        self._met = Dependency("what the shopper has bought")

    def features(self, version: str | None, user_id: str | None) -> ShopperFeatures | None:
        """What Feast knows; None for a visitor, and while it does not answer."""
        if user_id is None:
            return None
        return self._features.call(lambda: self._store.shopper(version, user_id))

    def preferences(self, user_id: str | None) -> tuple[str, ...]:
        """What the shopper has stated, where it could not be read with the rest."""
        if user_id is None:
            return ()

        def read() -> tuple[str, ...]:
            with self._database.connection() as connection:
                return stored_preferences(connection, user_id)

        return self._preferences.call(read) or ()

    def age(self, user_id: str | None) -> int | None:
        """The age that the shopper has certainly reached; None where it is not known."""
        if user_id is None:
            return None

        def read() -> int | None:
            with self._database.connection() as connection:
                return reached_age(connection, user_id)

        return self._age.call(read)

    def met(self, user_id: str | None) -> dict[str, Met] | None:
        """What the shopper has met; None for a visitor, and if PostgreSQL does not answer."""
        if user_id is None:
            return None

        def read() -> dict[str, Met]:
            with self._database.connection() as connection:
                return met_items(connection, user_id)

        return self._met.call(read)
