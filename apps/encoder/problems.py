"""Errors of the encoder as problem details (RFC 9457)."""

from collections.abc import Sequence
from http import HTTPStatus

import structlog
from flask import Flask, Response
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from apps.encoder.contracts import Problem, Violation
from streams.errors import UnavailableError

log = structlog.get_logger()

_RETRY_SECONDS = "1"


def install(app: Flask) -> None:
    """Answer every failure with problem details."""
    app.register_error_handler(ValidationError, _invalid)
    app.register_error_handler(UnavailableError, _unavailable)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _broken)


def _problem(status: int, detail: str, errors: Sequence[Violation] = ()) -> Response:
    title = HTTPStatus(status).phrase
    found = Problem(title=title, status=status, detail=detail, errors=errors)
    body = found.model_dump_json(exclude=None if errors else {"errors"})
    return Response(body, status, mimetype="application/problem+json")


def _invalid(error: ValidationError) -> Response:
    # Without the values: what somebody searches for is personal.
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return _problem(
        422,
        "The request breaks its contract.",
        [Violation(location=".".join(map(str, each["loc"])), reason=each["msg"]) for each in found],
    )


def _unavailable(error: UnavailableError) -> Response:
    answer = _problem(503, str(error))
    answer.headers["Retry-After"] = _RETRY_SECONDS
    return answer


def _http(error: HTTPException) -> Response:
    return _problem(error.code or 500, error.description or "The request failed.")


def _broken(error: Exception) -> Response:
    log.error("a request failed", exc_info=error)
    return _problem(500, "This is our fault, and it was recorded.")
