"""One notation per type in JSON, where pydantic takes several spellings and rounds some of them."""

from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema


@dataclass(frozen=True, slots=True)
class Notation:
    """Annotates a type whose values are JSON strings of one form; Python's values are unchanged."""

    pattern: str
    """A regular expression of the whole text."""
    json_format: str
    """JSON Schema's `format`."""
    parse: CoreSchema
    """Makes the value of a text that has the form."""

    def __get_pydantic_core_schema__(
        self, source: type[Any], handler: GetCoreSchemaHandler
    ) -> CoreSchema:
        text = core_schema.str_schema(strict=True, pattern=self.pattern)
        return core_schema.json_or_python_schema(
            json_schema=core_schema.chain_schema([text, self.parse]),
            python_schema=handler(source),
        )

    def __get_pydantic_json_schema__(
        self, _schema: CoreSchema, _handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {"type": "string", "format": self.json_format, "pattern": self.pattern}
