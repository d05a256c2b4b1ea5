"""Feast's registry and stores: everything is in one PostgreSQL database, schema `feast`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

from feast import FeatureStore, RepoConfig
from feast.errors import FeastError
from feast.infra.registry.sql import FeastRegistrySchemaError, SqlRegistry
from psycopg import Error as PostgresError
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import PoolClosed, PoolTimeout
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from streams.errors import ConfigurationError, UnavailableError
from streams.features.online_store import PooledOnlineStore
from streams.settings import FeatureSettings

ENTITY_KEY_VERSION = 3
"""Of the encoding of keys in the online store."""
_SCHEMA = "feast"
_ONLINE_CONNECTIONS = 8
_REGISTRY_CONNECTIONS = 3


def repo_config(
    settings: FeatureSettings, *, registry_tables: Literal["verify", "auto"] = "verify"
) -> RepoConfig:
    """Feast's configuration, made from the database's address; no file holds a secret.

    Args:
        settings: where the database is.
        registry_tables: `auto` makes them, which takes the rights of their owner.

    Raises:
        ConfigurationError: the address lacks its host, user or database.
    """
    database = _database(settings.database_url)
    return RepoConfig(
        project=settings.feast_project,
        provider="local",
        entity_key_serialization_version=ENTITY_KEY_VERSION,
        registry={
            "registry_type": "sql",
            "schema_mode": registry_tables,
            "path": make_url(settings.database_url)
            .set(drivername="postgresql+psycopg")
            .render_as_string(hide_password=False),
            # The definitions change with a deployment alone, so no read ever reloads them.
            "cache_ttl_seconds": 0,
            "sqlalchemy_config_kwargs": {
                "connect_args": {"options": f"-csearch_path={_SCHEMA}"},
                "pool_pre_ping": True,
                "pool_size": 1,
                "max_overflow": _REGISTRY_CONNECTIONS - 1,
            },
        },
        offline_store={"type": "postgres", **database},
        online_store={
            "type": "streams.features.online_store.PooledOnlineStore",
            "vector_enabled": True,
            "max_conn": _ONLINE_CONNECTIONS,
            **database,
        },
    )


def feature_store(settings: FeatureSettings) -> FeatureStore:
    """A connected store whose definitions are those of the last `apply`."""
    return FeatureStore(config=repo_config(settings))


@contextmanager
def feast_errors() -> Iterator[None]:
    """Turn every failure of Feast and of its database inside the block into UnavailableError.

    Definitions that have not been applied yet are such a failure, too.
    """
    try:
        yield
    except (
        FeastError,
        FeastRegistrySchemaError,
        PostgresError,
        SQLAlchemyError,
        PoolTimeout,
        PoolClosed,
    ) as error:
        raise UnavailableError(f"Feast is unavailable: {error}") from error


def close(store: FeatureStore) -> None:
    """Give the store's connections back."""
    online_store, registry = store.provider.online_store, store.registry
    assert isinstance(online_store, PooledOnlineStore)
    assert isinstance(registry, SqlRegistry)
    online_store.close_connections()
    registry.write_engine.dispose()


def _database(url: str) -> dict[str, Any]:
    parts = conninfo_to_dict(url)
    missing = [name for name in ("host", "user", "dbname") if not parts.get(name)]
    if missing:
        raise ConfigurationError(f"the database's address lacks: {', '.join(missing)}")
    optional = {
        "sslkey_path": parts.get("sslkey"),
        "sslcert_path": parts.get("sslcert"),
        "sslrootcert_path": parts.get("sslrootcert"),
    }
    return {
        "host": parts["host"],
        "port": int(parts.get("port") or 5432),
        "database": parts["dbname"],
        "db_schema": _SCHEMA,
        "user": parts["user"],
        "password": parts.get("password") or "",
        "sslmode": parts.get("sslmode") or "prefer",
        **{name: value for name, value in optional.items() if value},
    }
