"""What a model is trained on, read as it was at one instant.

Feast says which rows and columns a view has, and where; its own retrieval puts every row into
Python lists, so four gigabytes end near five million events. Here PostgreSQL sorts the rows and
sends them as Arrow record batches (ADBC, by COPY), and each batch goes into a Parquet file at once.

A point-in-time join over (user, item) would keep one row of an interaction that happened twice in
the same instant, and the views' time to live would hide a shopper or a product that is older than
five years. Nothing may be lost here, so there is no join.
"""

import tempfile
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from adbc_driver_manager.dbapi import Error as AdbcError
from adbc_driver_postgresql import dbapi
from feast import FeatureStore, FeatureView
from feast.infra.offline_stores.contrib.postgres_offline_store.postgres_source import (
    PostgreSQLSource,
)
from feast.types import Float32, Float64, Int64
from psycopg import sql

from ml.dataset import (
    CONTENT_DIGEST,
    INTERACTION_COLUMNS,
    ITEM_COLUMNS,
    USER_COLUMNS,
    Dataset,
    read_table,
)
from ml.features.definitions import INTERACTIONS_FEATURES, ITEM_FEATURES, USER_FEATURES
from streams.errors import ContractError, UnavailableError
from streams.features.store import close, feast_errors, feature_store
from streams.settings import FeatureSettings

_NUMBERS = {Float32, Float64, Int64}
_INSTANT = pa.timestamp("ns", tz="UTC")
_DICTIONARY_BYTES = 64 << 20
"""Of the distinct values of a column in a row group. Beyond it Parquet would repeat each value."""

_ORDER = {
    "interactions": ("timestamp", *(name for name in INTERACTION_COLUMNS if name != "timestamp")),
    "users": ("user_id",),
    "items": ("item_id",),
}
"""Rows are in a fixed order, so that equal data trains equal models."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """Which of the shop's rows a run knows."""

    until: datetime
    """The instant of the newest event, with its offset."""
    ingested_until: datetime | None = None
    """The instant until which an interaction must have been stored. A verdict on a view has the
    view's instant and is made later; at an instant of the past it was not known. None: all that is
    stored."""
    window: timedelta | None = None
    """Before `until`; older interactions are left out. None: all."""
    item_ids: tuple[str, ...] | None = None
    """The items of the catalogue that are wanted. None: all."""


def export_dataset(settings: FeatureSettings, as_of: AsOf, folder: Path) -> dict[str, int]:
    """Write the interactions, users and items of an instant as Parquet files into `folder`.

    The rows are those of one snapshot of the database. Ids are dictionary-encoded, so that a file
    and its reader hold each of them once.

    Returns:
        The number of rows by table.

    Raises:
        ContractError: an instant has no time zone.
        UnavailableError: PostgreSQL does not answer, or Feast's definitions are not applied.
    """
    for instant in (as_of.until, as_of.ingested_until):
        if instant is not None and instant.tzinfo is None:
            raise ContractError("until: an instant needs its offset")
    return _export(settings, dict.fromkeys(_VIEWS, as_of), folder)


def load_dataset(
    settings: FeatureSettings, until: datetime, *, ingested_until: datetime | None = None
) -> Dataset:
    """What `export_dataset` writes, in memory."""
    with tempfile.TemporaryDirectory(prefix="recsys-dataset-") as folder:
        export_dataset(settings, AsOf(until, ingested_until), Path(folder))
        return Dataset.load(Path(folder))


def load_items(settings: FeatureSettings, item_ids: Sequence[str]) -> pd.DataFrame:
    """The items of a `Dataset` as they are now: of `item_ids` those that have arrived.

    Raises:
        UnavailableError: as from `export_dataset`.
    """
    with tempfile.TemporaryDirectory(prefix="recsys-items-") as folder:
        as_of = AsOf(datetime.now(UTC), item_ids=tuple(item_ids))
        _export(settings, {"items": as_of}, Path(folder))
        return read_table(Path(folder) / "items.parquet")


_VIEWS = {"interactions": INTERACTIONS_FEATURES, "users": USER_FEATURES, "items": ITEM_FEATURES}
_COLUMNS = {
    "interactions": INTERACTION_COLUMNS,
    "users": USER_COLUMNS,
    "items": (*ITEM_COLUMNS, CONTENT_DIGEST),
}


def _export(settings: FeatureSettings, tables: Mapping[str, AsOf], folder: Path) -> dict[str, int]:
    """Write tables of one snapshot as Parquet files; returns the number of rows of each."""
    folder.mkdir(parents=True, exist_ok=True)
    with feast_errors():
        store = feature_store(settings)
        queries = {name: _query(store, _VIEWS[name], name, as_of) for name, as_of in tables.items()}
        close(store)
    try:
        with closing(dbapi.connect(settings.database_url)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read, read only")
            return {
                name: _write(connection, query, folder / f"{name}.parquet")
                for name, query in queries.items()
            }
    except AdbcError as error:
        raise UnavailableError(f"PostgreSQL does not send the training data: {error}") from error


def _query(store: FeatureStore, view: FeatureView, table: str, as_of: AsOf) -> str:
    """The rows of a view's source as they are in a `Dataset`."""
    applied = store.get_feature_view(view.name)
    source = applied.batch_source
    assert isinstance(source, PostgreSQLSource)
    numbers = {field.name for field in applied.schema if field.dtype in _NUMBERS}
    texts = {"user_id", "item_id", "interaction_type"}
    columns = [
        sql.SQL("{}::double precision").format(sql.Identifier(name))
        if name in numbers
        else sql.Identifier(name)
        for name in _COLUMNS[table]
    ]
    # The order of a database's own collation differs from one machine to another.
    order = [
        sql.SQL('{} collate "C"').format(sql.Identifier(name))
        if name in texts
        else sql.Identifier(name)
        for name in _ORDER[table]
    ]
    event_time = sql.Identifier(source.timestamp_field)
    known = [sql.SQL("{} <= {}").format(event_time, _literal(as_of.until))]
    if source.created_timestamp_column and as_of.ingested_until:
        ingested = sql.Identifier(source.created_timestamp_column)
        known.append(sql.SQL("{} <= {}").format(ingested, _literal(as_of.ingested_until)))
    if as_of.window and table == "interactions":
        known.append(sql.SQL("{} > {}").format(event_time, _literal(as_of.until - as_of.window)))
    if as_of.item_ids is not None and table == "items":
        known.append(sql.SQL("item_id = any({})").format(sql.Literal(list(as_of.item_ids))))
    return (
        sql.SQL("select {} from {} as source where {} order by {}")
        .format(
            sql.SQL(", ").join(columns),
            sql.SQL(source.get_table_query_string()),
            sql.SQL(" and ").join(known),
            sql.SQL(", ").join(order),
        )
        .as_string()
    )


def _literal(instant: datetime) -> sql.Composed:
    return sql.SQL("{}::timestamptz").format(sql.Literal(instant.astimezone(UTC).isoformat()))


def _write(connection: dbapi.Connection, query: str, path: Path) -> int:
    """Stream the rows of a query into a Parquet file; returns their number."""
    with connection.cursor() as cursor:
        cursor.execute(query)
        batches = cursor.fetch_record_batch()
        schema = _schema(batches.schema)
        rows = 0
        with pq.ParquetWriter(
            path, schema, dictionary_pagesize_limit=_DICTIONARY_BYTES, write_statistics=False
        ) as writer:
            for batch in batches:
                writer.write_batch(batch.cast(schema))
                rows += len(batch)
    return rows


def _schema(sent: pa.Schema) -> pa.Schema:
    """The columns of a batch with instants as a `Dataset` has them."""
    fields: Sequence[pa.Field] = [
        pa.field(field.name, _INSTANT if pa.types.is_timestamp(field.type) else field.type)
        for field in sent
    ]
    return pa.schema(fields)
