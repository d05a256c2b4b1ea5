"""What Prometheus reads of a worker; no label says anything of a person."""

import time
from collections.abc import Iterable
from typing import TYPE_CHECKING

import psycopg
from flask import Flask, Response, g, request
from prometheus_client import REGISTRY, Counter, Histogram, start_http_server
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric

from apps.storefront.interactions import repository as outbox

if TYPE_CHECKING:
    from apps.storefront.services import Services  # whose members count here

RECOMMENDATIONS = Counter(
    "recsys_recommendations_total", "Lists shown, by what they were made of.", ("source",)
)
PUBLISHED = Counter(
    "recsys_events_published_total",
    "Events that Kafka acknowledged, sent by the request itself or from the outbox.",
    ("topic", "way"),
)

_METHODS = frozenset({"DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"})

_REQUESTS = Histogram(
    "recsys_http_request_duration_seconds",
    "Seconds that a request took, by Flask's endpoint.",
    ("endpoint", "method", "status"),
)


def install(app: Flask) -> None:
    """Time every request; before anything else is installed, so that all of it is timed."""
    app.before_request(_start)
    app.after_request(_observe)


def serve(services: "Services", port: int) -> None:
    """Answer Prometheus on a port of its own, of which a host has one a worker."""
    REGISTRY.register(_State(services))
    start_http_server(port)


def _start() -> None:
    g.started = time.perf_counter()


def _observe(response: Response) -> Response:
    # Addresses and methods that no page has are anyone's to invent: they all count as one.
    method = request.method if request.method in _METHODS else "other"
    endpoint = request.endpoint or "none"
    seconds = time.perf_counter() - g.started
    _REQUESTS.labels(endpoint, method, str(response.status_code)).observe(seconds)
    return response


class _State:
    """What is looked up when Prometheus asks."""

    def __init__(self, services: "Services") -> None:
        self._services = services

    def describe(self) -> Iterable[Metric]:
        """The names alone."""
        return self._outbox(), self._model()

    def collect(self) -> Iterable[Metric]:
        """The values now; of a part that is away there is none."""
        waiting, model = self._outbox(), self._model()
        try:
            with self._services.database.connection() as connection:
                waiting.add_metric([], outbox.waiting(connection))
        except psycopg.Error:
            pass
        version = self._services.recommender.recommend(None, (), 1).model_version
        if version is not None:
            model.add_metric([], {"version": version})
        return waiting, model

    @staticmethod
    def _outbox() -> GaugeMetricFamily:
        return GaugeMetricFamily("recsys_outbox_waiting", "Events that Kafka has not yet.")

    @staticmethod
    def _model() -> InfoMetricFamily:
        return InfoMetricFamily("recsys_live_model", "The version that recommendations come from.")
