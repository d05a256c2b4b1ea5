"""The JSON converter's schema of a contract (KIP-1054).

Topics stay plain JSON and the schema lives in the connector. The semantic names are Debezium's:
they decide the column types that the JDBC sink writes.
"""

from typing import Any

from streams.contracts import Event

_TYPES: dict[tuple[str, str | None], dict[str, Any]] = {
    ("string", "uuid"): {"type": "string", "name": "io.debezium.data.Uuid", "version": 1},
    ("string", "date-time"): {
        "type": "string",
        "name": "io.debezium.time.ZonedTimestamp",
        "version": 1,
    },
    ("string", None): {"type": "string"},
    ("integer", None): {"type": "int32"},
    ("number", None): {"type": "double"},
}
"""By JSON Schema's type and format."""


def converter_schema(contract: type[Event]) -> dict[str, Any]:
    """The schema of one contract, made from its JSON Schema, fields in their order.

    Raises:
        KeyError: if a field has a type for which there is no column type.
    """
    schema = contract.model_json_schema()
    return {
        "type": "struct",
        "name": contract.__name__,
        "optional": False,
        "fields": [
            {
                "field": name,
                "optional": name not in schema["required"],
                **_type(field, schema.get("$defs", {})),
            }
            for name, field in schema["properties"].items()
        ],
    }


def _type(field: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    (field,) = [part for part in field.get("anyOf", [field]) if part.get("type") != "null"]
    if "$ref" in field:
        field = definitions[field["$ref"].rsplit("/", 1)[1]]
    return _TYPES[field["type"], field.get("format")]
