"""The encoder's health and metrics as a Flask app."""

from flask import Flask, Response, jsonify
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from apps.encoder.worker import Worker


def create_app(worker: Worker) -> Flask:
    """Answers for a worker that has been started."""
    app = Flask(__name__)

    @app.get("/health/live")
    def live() -> tuple[Response, int]:
        """Whether the worker still moves; if it does not, the process must be started again."""
        return _answer("alive", is_true=worker.is_alive)

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        """Whether the catalogue could be read and encoded last time."""
        return _answer("ready", is_true=worker.is_ready)

    @app.get("/metrics")
    def metrics() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return app


def _answer(state: str, *, is_true: bool) -> tuple[Response, int]:
    return jsonify(status=state if is_true else f"not {state}"), 200 if is_true else 503
