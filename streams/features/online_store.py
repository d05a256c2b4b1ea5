"""Feast's PostgreSQL online store with connections that threads may share."""

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from feast import FeatureView, RepoConfig
from feast.infra.key_encoding_utils import serialize_entity_key
from feast.infra.online_stores.helpers import compute_table_id
from feast.infra.online_stores.postgres_online_store.postgres import (
    PostgreSQLOnlineStore,
    PostgreSQLOnlineStoreConfig,
)
from feast.infra.utils.postgres.connection_utils import _get_conn_kwargs, _get_conninfo
from feast.protos.feast.types.EntityKey_pb2 import EntityKey
from psycopg import Connection, sql
from psycopg_pool import ConnectionPool


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

    def delete(
        self, config: RepoConfig, view: FeatureView, keys: Sequence[EntityKey]
    ) -> list[EntityKey]:
        """Delete what a view has of the keys; returns those that it had. Feast has no such call."""
        version = config.entity_key_serialization_version
        by_bytes = {serialize_entity_key(key, version): key for key in keys}
        table = sql.Identifier(compute_table_id(config.project, view))
        with self._get_conn(config) as connection:
            rows = connection.execute(
                sql.SQL("delete from {} where entity_key = any(%s) returning entity_key").format(
                    table
                ),
                [list(by_bytes)],
            ).fetchall()
        return [by_bytes[found] for found in {bytes(row[0]) for row in rows}]  # type: ignore[call-overload]

    def close_connections(self) -> None:
        """Give all connections back; the next use opens new ones."""
        with self._opening:
            if self._conn_pool is not None:
                self._conn_pool.close()
                self._conn_pool = None


def _open_pool(config: PooledOnlineStoreConfig) -> ConnectionPool[Connection[tuple[object, ...]]]:
    return ConnectionPool(
        conninfo=_get_conninfo(config),
        kwargs=_get_conn_kwargs(config),
        min_size=config.min_conn,
        max_size=config.max_conn,
        timeout=config.pool_timeout,
        check=ConnectionPool.check_connection,
        open=True,
    )
