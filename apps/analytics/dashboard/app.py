"""The Flask application: one page, and its figures as server-sent events."""

import json
import time
from collections.abc import Iterator

from flask import Flask, Response, abort, jsonify, render_template, request

from apps.analytics.dashboard.watcher import Watcher

WINDOWS = {15: "15 minutes", 60: "1 hour", 360: "6 hours"}
_SECONDS_BETWEEN_FIGURES = 1.0


def create_app(watcher: Watcher) -> Flask:
    """The page, with the figures of a watcher that has begun to read."""
    app = Flask(__name__)

    @app.get("/")
    def index() -> str:
        return render_template("index.html", windows=WINDOWS)

    @app.get("/figures")
    def figures() -> Response:
        """What the page shows now."""
        return jsonify(watcher.figures.latest(_window()))

    @app.get("/stream")
    def stream() -> Response:
        """The figures of each second as server-sent events (HTML standard, section 9.2)."""
        window = _window()

        def events() -> Iterator[str]:
            while True:
                figures = watcher.figures.latest(window) | {"is_reading": watcher.is_reading}
                yield f"data: {json.dumps(figures)}\n\n"
                time.sleep(_SECONDS_BETWEEN_FIGURES)

        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        return Response(events(), mimetype="text/event-stream", headers=headers)

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        return jsonify(status="ready" if watcher.is_reading else "waiting"), (
            200 if watcher.is_reading else 503
        )

    @app.after_request
    def protect(response: Response) -> Response:
        response.headers["Content-Security-Policy"] = "default-src 'self'; frame-ancestors 'none'"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response

    return app


def _window() -> int:
    window = request.args.get("minutes", 60, type=int)
    if window not in WINDOWS:
        abort(400, f"minutes must be one of {', '.join(map(str, WINDOWS))}")
    return window
