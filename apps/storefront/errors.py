"""Error pages, in the shop's own layout."""

import psycopg
import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from apps.storefront.validation import InvalidFormError

_log = structlog.get_logger(__name__)

_TITLES = {
    400: ("That did not work", "The request was not understood."),
    403: ("Not yours to see", "This page belongs to someone else."),
    404: ("Nothing here", "This page does not exist, or no longer."),
    405: ("That did not work", "This address is not made for that."),
    413: ("Too much at once", "What was sent is larger than the shop accepts."),
    429: ("One moment, please", "Too many attempts in a short time. Please try again later."),
    500: ("Something broke", "It is our fault, and it is noted. Please try again."),
    503: ("Back in a moment", "The shop cannot reach its shelves just now. Please try again."),
}


def install(app: Flask) -> None:
    """Answer every failure with a page."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(InvalidFormError, _invalid_form)
    app.register_error_handler(psycopg.OperationalError, _database_away)
    app.register_error_handler(Exception, _broken)


def _page(code: int, detail: str | None = None, *, alone: bool = False) -> ResponseReturnValue:
    title, words = _TITLES.get(code, (f"Error {code}", "The request failed."))
    page = render_template("error.html", code=code, title=title, words=detail or words, alone=alone)
    return page, code


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, "The form was too old or came from elsewhere. Go back, reload, try again.")


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:  # abort(redirect(…))
        return error.response
    code = error.code or 500
    own_words = error.description != type(error).description and code != 429  # noqa: PLR2004 - HTTP
    return _page(code, error.description if own_words else None)


def _invalid_form(error: InvalidFormError) -> ResponseReturnValue:
    return _page(400, " ".join(dict.fromkeys(error.messages.values())))


def _database_away(error: psycopg.OperationalError) -> ResponseReturnValue:
    _log.error("the database does not answer", path=request.path, reason=type(error).__name__)
    return _page(503, alone=True)


def _broken(_error: Exception) -> ResponseReturnValue:
    _log.exception("a page failed", path=request.path, method=request.method)
    return _page(500, alone=True)
