"""How the API's pydantic models read requests and describe themselves in the OpenAPI document."""

from typing import Any

from apiflask import APIBlueprint
from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from apps.storefront.api.models import Answer
from apps.storefront.api.problems import InvalidRequestError, violations
from apps.storefront.api.rows import LINES, Rows


class _Adapter(PydanticAdapter):
    """APIFlask's own, but it reads JSON as JSON.

    APIFlask parses a body first and validates the Python values. The contracts of events are strict
    about the types of JSON, and need the text.
    """

    def validate_input(self, request: Request, location: str, **_: Any) -> Any:
        """The request as the model; of many rows, each on its own.

        Raises:
            InvalidRequestError: it breaks the contract.
            UnsupportedMediaType: the body is not JSON.
        """
        model: type[BaseModel] = self.model_class
        try:
            if location == "query":
                return model.model_validate(request.args.to_dict())
            is_rows = issubclass(model, Rows)
            if not request.is_json and not (is_rows and request.mimetype == LINES):
                raise UnsupportedMediaType("Send JSON, with the header Content-Type.")
            if issubclass(model, Rows):
                return model.check(request)
            return model.model_validate_json(request.get_data(cache=False))
        except ValidationError as error:
            raise InvalidRequestError(
                violations(error), "The request breaks its contract."
            ) from None

    def get_openapi_schema(self, **_: Any) -> dict[str, Any]:
        """The schema of what is read, or for an answer of what is written."""
        mode = "serialization" if issubclass(self.model_class, Answer) else "validation"
        schema: dict[str, Any] = super().get_openapi_schema(mode=mode)
        return schema


class Blueprint(APIBlueprint):
    """A part of the API; who makes one has loaded this module, so its models are read as above."""


registry.register("pydantic", _Adapter)
