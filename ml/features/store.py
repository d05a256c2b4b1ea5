"""The Feast store of this project: everything in one PostgreSQL database, schema `feast`."""

from typing import Any, Literal

import psycopg
from feast import FeatureStore, RepoConfig
from feast.infra.registry.sql import SqlRegistry
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import make_url

from ml.features.definitions import OBJECTS
from ml.features.grants import grant_pushes
from ml.features.online_store import PooledOnlineStore
from ml.settings import MlSettings
from streams.errors import ConfigurationError

_SCHEMA = "feast"
_SCRATCH_SCHEMA = "feast_scratch"
_ONLINE_CONNECTIONS = 8


def repo_config(
    settings: MlSettings, *, registry_tables: Literal["verify", "auto"] = "verify"
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
        entity_key_serialization_version=3,
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
            },
        },
        # A retrieval makes a table and drops it again; who retrieves may do so nowhere else.
        offline_store={"type": "postgres", **database, "db_schema": _SCRATCH_SCHEMA},
        online_store={
            "type": "ml.features.online_store.PooledOnlineStore",
            "vector_enabled": True,
            "max_conn": _ONLINE_CONNECTIONS,
            **database,
        },
    )


def feature_store(settings: MlSettings) -> FeatureStore:
    """A connected store whose definitions are those of the last `apply`."""
    return FeatureStore(config=repo_config(settings))


def apply(settings: MlSettings) -> None:
    """Register the definitions and make the online tables; running it again changes nothing.

    It is for the schema's owner, who lets the other roles of a cluster write what they push.
    """
    store = FeatureStore(config=repo_config(settings, registry_tables="auto"))
    store.apply(list(OBJECTS))
    close(store)
    with psycopg.connect(settings.database_url) as connection:
        grant_pushes(connection, settings.feast_project)


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
