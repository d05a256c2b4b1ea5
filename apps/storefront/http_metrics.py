"""How long requests take, for Prometheus; no label says anything about a person."""

import time
from functools import cache

from flask import Flask, Response, g, request
from prometheus_client import Histogram

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

REQUESTS = Histogram(
    "recsys_http_request_duration_seconds",
    "Seconds that a request took, by Flask's endpoint.",
    ("endpoint", "method", "status"),
)
_of = cache(REQUESTS.labels)
"""The histogram of some labels, of which there are few; looking them up takes a while."""


def install(app: Flask) -> None:
    """Time every request; before anything else is installed, so that all of it is timed."""
    app.before_request(_start)
    app.after_request(_observe)


def _start() -> None:
    g.started = time.perf_counter()


def _observe(response: Response) -> Response:
    # Anyone can invent addresses and methods that no page has: they all count as one.
    method = request.method if request.method in _METHODS else "other"
    endpoint = request.endpoint or "none"
    seconds = time.perf_counter() - g.started
    _of(endpoint, method, str(response.status_code)).observe(seconds)
    return response
