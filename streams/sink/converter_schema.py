"""The JSON converter's schema of a contract (KIP-1054).

Topics stay plain JSON and the schema is part of the connector's configuration. The semantic names
are Debezium's: they decide the column types that the JDBC sink writes.
"""

from typing import Any

from streams.contracts import ColumnType, Event

_TYPES: dict[ColumnType, dict[str, Any]] = {
    "uuid": {"type": "string", "name": "io.debezium.data.Uuid", "version": 1},
    "instant": {"type": "string", "name": "io.debezium.time.ZonedTimestamp", "version": 1},
    "text": {"type": "string"},
    "integer": {"type": "int32"},
    "number": {"type": "double"},
}


def converter_schema(contract: type[Event]) -> dict[str, Any]:
    """The schema of one contract, fields in their order."""
    return {
        "type": "struct",
        "name": contract.__name__,
        "optional": False,
        "fields": [
            {"field": column.name, "optional": column.optional, **_TYPES[column.type]}
            for column in contract.columns()
        ],
    }
