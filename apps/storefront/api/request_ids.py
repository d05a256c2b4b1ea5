"""One id per request: the caller's, or a new one; in the answer and in each line of the log."""

import re

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from streams.contracts import new_id

HEADER = "X-Request-ID"
_FORM = re.compile(r"[A-Za-z0-9._-]{1,128}")


def install(app: Flask) -> None:
    """Give every request its id; before anything else that may log or fail."""
    app.before_request(_begin)
    app.after_request(_end)


def request_id() -> str:
    """The id of this request."""
    if "request_id" not in g:
        sent = request.headers.get(HEADER, "")
        # Whatever else was sent could forge lines of the log.
        g.request_id = sent if _FORM.fullmatch(sent) else str(new_id())
    return str(g.request_id)


def _begin() -> None:
    clear_contextvars()  # those of the request that this thread answered before
    bind_contextvars(request_id=request_id())


def _end(response: Response) -> Response:
    response.headers[HEADER] = request_id()
    return response
