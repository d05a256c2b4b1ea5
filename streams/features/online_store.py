"""Feast's PostgreSQL online store with connections that threads may share."""

import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime

from feast import FeatureView, RepoConfig
from feast.infra.online_stores.helpers import compute_table_id
from feast.infra.online_stores.postgres_online_store.postgres import (
    PostgreSQLOnlineStore,
    PostgreSQLOnlineStoreConfig,
)
from feast.infra.utils.postgres.connection_utils import _get_conn_kwargs, _get_conninfo
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool

from streams.database import check_idle


class PooledOnlineStoreConfig(PostgreSQLOnlineStoreConfig):
    """Settings of `PooledOnlineStore`: those of Feast's own store and one more."""

    type: str = "streams.features.online_store.PooledOnlineStore"  # type: ignore[assignment]
    pool_timeout: float = 2.0
    """Seconds to wait for a connection."""


class PooledOnlineStore(PostgreSQLOnlineStore):
    """Feast's own store, except for how it comes by a connection.

    Feast's single connection is shared by all threads while each changes its autocommit, and its
    pool never gets a connection back whose query failed. Here a connection always returns to the
    pool, and one that the server has closed is replaced before it is handed out.
    """

    def __init__(self) -> None:
        super().__init__()
        self._opening = threading.Lock()

    @contextmanager
    def _get_conn(
        self,
        config: RepoConfig,
        autocommit: bool = False,  # noqa: FBT001, FBT002 - as Feast has it
    ) -> Iterator[Connection[tuple[object, ...]]]:
        with self._pool(config).connection() as connection:
            connection.set_autocommit(autocommit)
            yield connection

    def _pool(self, config: RepoConfig) -> ConnectionPool[Connection[tuple[object, ...]]]:
        with self._opening:
            if self._conn_pool is None:
                self._conn_pool = _open_pool(config.online_store)
            return self._conn_pool

    def delete(self, config: RepoConfig, view: FeatureView, keys: Sequence[bytes]) -> set[bytes]:
        """Delete what a view has of the keys; returns those that it had. Feast has no such call."""
        with self._get_conn(config) as connection:
            cursor = connection.cursor(binary=True)
            cursor.execute(
                sql.SQL(
                    "delete from {} where entity_key = any(%b::bytea[]) returning entity_key"
                ).format(_table(config, view)),
                [list(keys)],
            )
            return {key for (key,) in cursor}  # type: ignore[misc]

    def read_values(
        self, config: RepoConfig, view: FeatureView, feature: str, keys: Sequence[bytes]
    ) -> dict[bytes, bytes]:
        """The encoded values of one feature, by key; keys without a value are left out."""
        with self._get_conn(config, autocommit=True) as connection:
            cursor = connection.cursor(binary=True)
            cursor.execute(
                sql.SQL(
                    "select entity_key, value from {}"
                    " where entity_key = any(%b::bytea[]) and feature_name = %s"
                ).format(_table(config, view)),
                [list(keys), feature],
            )
            return dict(cursor)  # type: ignore[arg-type]

    def write_values(
        self, config: RepoConfig, view: FeatureView, feature: str, values: Mapping[bytes, bytes]
    ) -> None:
        """Write the encoded values of one feature by key, in one statement.

        Feast's own call has one for each row, which takes three times as long.
        """
        if not values:
            return
        with self._get_conn(config, autocommit=True) as connection:
            connection.execute(
                sql.SQL(
                    "insert into {} (entity_key, feature_name, value, event_ts, created_ts)"
                    " select entity_key, %s, value, now(), now()"
                    " from unnest(%b::bytea[], %b::bytea[]) as given (entity_key, value)"
                    " on conflict (entity_key, feature_name) do update set value = excluded.value,"
                    " event_ts = excluded.event_ts, created_ts = excluded.created_ts"
                ).format(_table(config, view)),
                [feature, list(values), list(values.values())],
            )

    def add_values(
        self,
        config: RepoConfig,
        view: FeatureView,
        feature: str,
        values: Iterable[tuple[bytes, bytes]],
        *,
        of: datetime,
    ) -> None:
        """Write the encoded values of one feature by key, of keys that have none yet, by COPY.

        `of` is their event timestamp.
        """
        created = datetime.now(of.tzinfo)
        statement = sql.SQL(
            "copy {} (entity_key, feature_name, value, event_ts, created_ts)"
            " from stdin with (format binary)"
        ).format(_table(config, view))
        with (
            self._get_conn(config) as connection,
            connection.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            copy.set_types(["bytea", "text", "bytea", "timestamptz", "timestamptz"])
            for key, value in values:
                copy.write_row((key, feature, value, of, created))

    def first_key(self, config: RepoConfig, view: FeatureView, *, start: bytes) -> bytes | None:
        """The smallest key of a view that is not below `start`; None where there is none."""
        with self._get_conn(config, autocommit=True) as connection:
            row = (
                connection.cursor(binary=True)
                .execute(
                    sql.SQL(
                        "select entity_key from {} where entity_key >= %b"
                        " order by entity_key limit 1"
                    ).format(_table(config, view)),
                    [start],
                )
                .fetchone()
            )
            return row[0] if row else None  # type: ignore[return-value]

    def values_from(
        self, config: RepoConfig, view: FeatureView, *, start: bytes, end: bytes, limit: int
    ) -> list[tuple[bytes, bytes]]:
        """Keys and values from `start` to before `end`, at most `limit`, in the order of keys."""
        with self._get_conn(config, autocommit=True) as connection:
            cursor = connection.cursor(binary=True)
            cursor.execute(
                sql.SQL(
                    "select entity_key, value from {} where entity_key >= %b and entity_key < %b"
                    " order by entity_key limit %s"
                ).format(_table(config, view)),
                [start, end, limit],
            )
            return cursor.fetchall()  # type: ignore[return-value]

    def delete_range(
        self, config: RepoConfig, view: FeatureView, *, start: bytes, end: bytes
    ) -> int:
        """Delete what a view has of the keys from `start` to before `end`; returns the rows."""
        with self._get_conn(config) as connection:
            return connection.execute(
                sql.SQL("delete from {} where entity_key >= %b and entity_key < %b").format(
                    _table(config, view)
                ),
                [start, end],
            ).rowcount

    def close_connections(self) -> None:
        """Give all connections back; the next use opens new ones."""
        with self._opening:
            if self._conn_pool is not None:
                self._conn_pool.close()
                self._conn_pool = None


def _table(config: RepoConfig, view: FeatureView) -> sql.Identifier:
    return sql.Identifier(compute_table_id(config.project, view))


def _open_pool(config: PooledOnlineStoreConfig) -> ConnectionPool[Connection[tuple[object, ...]]]:
    return ConnectionPool(
        conninfo=_get_conninfo(config),
        kwargs=_get_conn_kwargs(config),
        min_size=config.min_conn,
        max_size=config.max_conn,
        timeout=config.pool_timeout,
        check=check_idle,
        open=True,
    )
