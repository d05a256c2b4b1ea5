"""How the API's pydantic models read requests and describe themselves in the OpenAPI document."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from apiflask import APIBlueprint
from apiflask.schema_adapters import registry
from apiflask.schema_adapters.pydantic import PydanticAdapter
from flask import Request, Response
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import UnsupportedMediaType

from apps.storefront.api.models import Answer
from apps.storefront.api.problems import InvalidRequestError, violations
from apps.storefront.api.rows import LINES, Rows

_View = Callable[..., Any]
_Decorator = Callable[[_View], _View]


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

    def output(  # type: ignore[override] # the rest is handed on by name
        self, schema: Any, status_code: int = 200, **options: Any
    ) -> _Decorator:
        """As APIFlask's own, but an answer becomes JSON at once.

        APIFlask makes dictionaries first, which takes several times as long for a list.
        """
        documented = super().output(schema, status_code=status_code, **options)

        def decorate(view: _View) -> _View:
            @wraps(view)
            def respond(*arguments: Any, **named: Any) -> ResponseReturnValue:
                found: Answer | ResponseReturnValue = view(*arguments, **named)
                if not isinstance(found, Answer):
                    return found
                body = found.model_dump_json(by_alias=True)
                return Response(body, status_code, mimetype="application/json")

            return documented(respond)

        return decorate


registry.register("pydantic", _Adapter)
