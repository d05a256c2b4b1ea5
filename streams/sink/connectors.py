"""The sink connectors: one per channel, from its validated topic into its table.

Topics stay plain JSON; the schema is part of the connector's configuration.
"""

import json
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit

from streams.contracts import (
    IMPRESSIONS,
    INTERACTIONS,
    NEW_USERS,
    SEARCHES,
    Channel,
    ColumnType,
    Event,
)

PLUGIN = "io.debezium.connector.jdbc.JdbcSinkConnector"

_TYPES: dict[ColumnType, dict[str, Any]] = {
    "uuid": {"type": "string", "name": "io.debezium.data.Uuid", "version": 1},
    "instant": {"type": "string", "name": "io.debezium.time.ZonedTimestamp", "version": 1},
    "text": {"type": "string"},
    "integer": {"type": "int32"},
    "number": {"type": "double"},
    # The sink writes arrays of texts, and no arrays of structs.
    "texts": {"type": "array", "items": {"type": "string"}},
}
"""Debezium's semantic names decide the column types that the JDBC sink writes."""


@dataclass(frozen=True, slots=True)
class Connector:
    """A connector's name and its configuration as Connect's REST API takes it."""

    name: str
    config: dict[str, str]


@dataclass(frozen=True, slots=True)
class Sink:
    """A channel and the table that its valid events are written to."""

    channel: Channel
    table: str
    primary_key: str
    tasks: int

    @property
    def connector(self) -> str:
        """The connector's name."""
        return f"{self.channel.public.name}-sink"

    @property
    def has_uuids(self) -> bool:
        """Whether its primary key is a UUID; else it is a text."""
        return _column_types(self.channel.contract)[self.primary_key] == "uuid"

    @property
    def consumer_group(self) -> str:
        """The consumer group that Connect gives the connector."""
        return f"connect-{self.connector}"


@cache
def _column_types(contract: type[Event]) -> dict[str, ColumnType]:
    """Asked for every record, and expensive: pydantic makes a JSON schema."""
    return {column.name: column.type for column in contract.columns()}


SINKS = (
    Sink(INTERACTIONS, "events.interactions", "interaction_id", tasks=3),
    Sink(NEW_USERS, "events.new_users", "user_id", tasks=1),
    Sink(IMPRESSIONS, "events.impressions", "impression_id", tasks=1),
    Sink(SEARCHES, "events.searches", "search_id", tasks=1),
)


def sink_connectors(url: str, username: str, password: str, *, replicas: int) -> list[Connector]:
    """Every sink connector.

    Rows are upserted by primary key, so an event that is delivered twice is one row. A batch of up
    to 2,000 rows is one statement, which gets each column as an array; of an event that it has
    twice the buffer keeps the newer record, for no statement can change a row twice. PostgreSQL
    takes arrays of arrays apart, so a table with an array has a statement for each row.

    Args:
        url: JDBC address, `jdbc:postgresql://host:port/database`.
        username: of the writing role; may be a reference to a Connect config provider.
        password: of that role; may be such a reference, too.
        replicas: number of brokers that keep the dead letter queue.
    """
    return [
        Connector(
            sink.connector,
            {
                "connector.class": PLUGIN,
                "tasks.max": str(sink.tasks),
                "topics": sink.channel.valid.name,
                "connection.url": url,
                "connection.username": username,
                "connection.password": password,
                "collection.name.format": sink.table,
                "insert.mode": "upsert",
                "primary.key.mode": "record_value",
                "primary.key.fields": sink.primary_key,
                "schema.evolution": "none",
                "delete.enabled": "false",
                # A task writes with one connection; the connector's default are up to 32.
                "connection.pool.min_size": "1",
                "connection.pool.max_size": "2",
                "connection.pool.acquire_increment": "1",
                "batch.size": "2000",
                "dialect.postgres.unnest.insert.enabled": "false" if _has_array(sink) else "true",
                "use.reduction.buffer": "true",
                "consumer.override.max.poll.records": "2000",
                "consumer.override.auto.offset.reset": "earliest",
                "key.converter": "org.apache.kafka.connect.storage.StringConverter",
                "value.converter": "org.apache.kafka.connect.json.JsonConverter",
                "value.converter.schemas.enable": "true",
                "value.converter.schema.content": json.dumps(
                    converter_schema(sink.channel.contract)
                ),
                "errors.tolerance": "all",
                "errors.deadletterqueue.topic.name": sink.channel.dead_letters.name,
                "errors.deadletterqueue.topic.replication.factor": str(replicas),
                "errors.deadletterqueue.context.headers.enable": "true",
                "errors.log.enable": "true",
            },
        )
        for sink in SINKS
    ]


def _has_array(sink: Sink) -> bool:
    return any(column.type == "texts" for column in sink.channel.contract.columns())


def converter_schema(contract: type[Event]) -> dict[str, Any]:
    """The JSON converter's schema of one contract (KIP-1054), fields in their order."""
    return {
        "type": "struct",
        "name": contract.__name__,
        "optional": False,
        "fields": [
            {"field": column.name, "optional": column.optional, **_TYPES[column.type]}
            for column in contract.columns()
        ],
    }


def jdbc(database_url: str) -> tuple[str, str, str]:
    """A postgresql:// address as JDBC address, user name and password.

    Parameters are kept: those of TLS (sslmode, sslrootcert) have the same names in JDBC.
    """
    parts = urlsplit(database_url)
    address = f"jdbc:postgresql://{parts.hostname}:{parts.port or 5432}{parts.path}"
    if parts.query:
        address = f"{address}?{parts.query}"
    return address, unquote(parts.username or ""), unquote(parts.password or "")
