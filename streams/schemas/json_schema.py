"""The contracts as JSON Schema (draft 2020-12)."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode, models_json_schema
from pydantic_core import CoreSchema, core_schema

from streams.contracts import CHANNELS, Event

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


class _Untitled(GenerateJsonSchema):
    """Without titles that only repeat the names of fields."""

    def field_title_should_be_set(
        self,
        schema: CoreSchema  # noqa: ARG002 - the signature is pydantic's
        | core_schema.ModelField
        | core_schema.DataclassField
        | core_schema.TypedDictField
        | core_schema.ComputedField,
    ) -> bool:
        return False


def json_schema(contract: type[Event]) -> dict[str, Any]:
    """One contract as a document of its own."""
    return {"$schema": _DIALECT, **contract.model_json_schema(schema_generator=_Untitled)}


def definitions(ref_template: str) -> dict[str, Any]:
    """Every contract and what they are made of, by name, for use inside another document.

    Args:
        ref_template: how a definition is referred to there, with `{model}` for its name.
    """
    mode: JsonSchemaMode = "validation"
    contracts = [(channel.contract, mode) for channel in CHANNELS]
    _, schema = models_json_schema(contracts, ref_template=ref_template, schema_generator=_Untitled)
    found: dict[str, Any] = schema["$defs"]
    return found
