"""Errors of the API as problem details (RFC 9457)."""

from collections.abc import Iterable, Sequence
from http import HTTPStatus

import structlog
from apiflask import APIFlask
from flask import Response, request
from pydantic import BaseModel, ConfigDict, SerializeAsAny, ValidationError
from werkzeug.exceptions import HTTPException

from apps.storefront.api.request_ids import request_id
from streams.errors import UnavailableError

_log = structlog.get_logger(__name__)

MEDIA_TYPE = "application/problem+json"
_RETRY_SECONDS = "5"


class Violation(BaseModel):
    """One value that a request may not have."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    location: str
    """The field, with those that it is in, joined by points; empty: the whole."""
    reason: str


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    model_config = ConfigDict(frozen=True, use_attribute_docstrings=True)

    type: str = "about:blank"
    """Always `about:blank`: the status says what kind of problem it is."""
    title: str
    """The status in words."""
    status: int
    detail: str
    """What went wrong this time."""
    request_id: str
    """As in the header X-Request-ID and in the shop's log."""
    errors: Sequence[SerializeAsAny[Violation]] = ()
    """Each value that is wrong."""


class InvalidRequestError(Exception):
    """What was sent breaks its contract."""

    def __init__(self, violations: Sequence[Violation], detail: str) -> None:
        super().__init__(detail)
        self.violations = violations


def violations(error: ValidationError) -> list[Violation]:
    """What pydantic found, without the values: they may be personal."""
    return [
        Violation(location=".".join(map(str, each["loc"])), reason=each["msg"])
        for each in error.errors(include_url=False, include_context=False, include_input=False)
    ]


def problem(status: int, detail: str, errors: Iterable[Violation] = ()) -> Response:
    """An error as a response."""
    found = Problem(
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        request_id=request_id(),
        errors=tuple(errors),
    )
    body = found.model_dump_json(exclude=None if found.errors else {"errors"})
    return Response(body, status, mimetype=MEDIA_TYPE)


def install(app: APIFlask) -> None:
    """Answer every failure with problem details."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InvalidRequestError, _invalid)
    app.register_error_handler(UnavailableError, _unavailable)
    app.register_error_handler(Exception, _broken)


def _http(error: HTTPException) -> Response:
    answer = problem(error.code or 500, error.description or "The request failed.")
    for name, value in error.get_headers():
        if name != "Content-Type":
            answer.headers[name] = value  # such as Allow
    return answer


def _invalid(error: InvalidRequestError) -> Response:
    return problem(422, str(error), error.violations)


def _unavailable(error: UnavailableError) -> Response:
    _log.error("a request of the API cannot be served", path=request.path, reason=str(error))
    answer = problem(503, "The shop is temporarily unavailable. Please try again.")
    answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer


def _broken(_error: Exception) -> Response:
    _log.exception("a request of the API failed", path=request.path, method=request.method)
    return problem(500, "This is our fault, and it was recorded.")
