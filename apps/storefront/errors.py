"""Error pages, in the shop's own layout."""

from functools import partial

import structlog
from flask import Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from apps.storefront.submissions.submission import STALE_FORM
from streams.errors import UnavailableError

_log = structlog.get_logger(__name__)

_TITLES = {
    400: ("Something went wrong", "The shop did not understand this request."),
    403: ("No access", "You do not have access to this page."),
    404: ("Page not found", "This page does not exist or is no longer available."),
    405: ("Something went wrong", "This page cannot be used in this way."),
    413: ("Too much text", "You sent more than the shop accepts. Please shorten it."),
    429: ("Too many attempts", "You have tried too often. Please wait a while and try again."),
    500: ("Something went wrong", "This is our fault, and we have recorded it. Please try again."),
    503: ("Back in a moment", "The shop is temporarily unavailable. Please try again."),
}


def install(app: Flask) -> None:
    """Answer every failure with a page."""
    app.register_error_handler(CSRFError, _stale_form)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(UnavailableError, _unavailable)
    app.register_error_handler(Exception, _broken)


def _page(code: int, detail: str | None = None, *, alone: bool = False) -> ResponseReturnValue:
    """The page of a failure; `alone`: without the shopper's name and cart."""
    title, words = _TITLES.get(code, (f"Error {code}", "The request failed."))
    render = partial(render_template, "error.html", code=code, title=title, words=detail or words)
    if not alone:
        try:
            return render(), code
        except UnavailableError:
            _log.warning("an error page lacks the database", path=request.path, code=code)
    return render(alone=True), code


def _stale_form(_error: CSRFError) -> ResponseReturnValue:
    return _page(400, STALE_FORM)


def _http(error: HTTPException) -> ResponseReturnValue:
    if error.response is not None:  # abort(redirect(…))
        return error.response
    code = error.code or 500
    own_words = error.description != type(error).description and code != 429  # noqa: PLR2004 - HTTP
    return _page(code, error.description if own_words else None)


def _unavailable(error: UnavailableError) -> ResponseReturnValue:
    _log.error("a page cannot be served", path=request.path, reason=str(error))
    return _page(503, alone=True)


def _broken(_error: Exception) -> ResponseReturnValue:
    _log.exception("a page failed", path=request.path, method=request.method)
    return _page(500, alone=True)
