"""The encoder as a Flask app: vectors of texts, health and metrics."""

import time
from collections.abc import Sequence

from flask import Flask, Response, g, jsonify, request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from werkzeug.exceptions import UnsupportedMediaType

from apps.encoder import image_requests, metrics, problems
from apps.encoder.batching import Batcher
from apps.encoder.cached_model import CachedModel
from apps.encoder.contracts import MAX_TEXTS_BYTES, Embeddings, Nearest, TextsRequest
from apps.encoder.worker import Worker
from ml.text_index import TextIndex
from streams.errors import UnavailableError


def create_app(
    worker: Worker,
    texts: CachedModel[str],
    index: TextIndex,
    *,
    batchers: Sequence[Batcher[str] | Batcher[bytes]],
    timeout: float,
    images: CachedModel[bytes],
    image_texts: CachedModel[str] | None,
    image_timeout: float,
    min_turned_similarity: float,
) -> Flask:
    """Answers for a worker and models that have been started.

    Args:
        worker: encodes the catalogue.
        texts: the model of texts.
        index: of the catalogue's texts.
        batchers: all there are.
        timeout: seconds that a request for their vectors may take.
        images: the model of pictures.
        image_texts: the model of texts in the pictures' space; None: there is none.
        image_timeout: seconds that a request for a vector of that space may take.
        min_turned_similarity: of the model of pictures.
    """
    app = Flask(__name__)
    problems.install(app)
    image_requests.install(
        app,
        images,
        image_texts,
        timeout=image_timeout,
        min_turned_similarity=min_turned_similarity,
    )
    app.before_request(_start)
    app.after_request(_observe)

    @app.post("/v1/texts")
    def encode_texts() -> Response:
        """The vectors of texts, and what of the catalogue is nearest to them."""
        request.max_content_length = MAX_TEXTS_BYTES
        if not request.is_json:
            raise UnsupportedMediaType("Send JSON, with the header Content-Type.")
        wanted = TextsRequest.model_validate_json(request.get_data(cache=False))
        vectors = texts.encode(wanted.texts, time.monotonic() + timeout)
        nearest = index.nearest(vectors, wanted.nearest) if wanted.nearest else ()
        if nearest is None:
            raise UnavailableError("the catalogue's texts have not been read yet")
        answer = Embeddings(
            encoder=texts.name,
            dimension=vectors.shape[1],
            embeddings=vectors.tolist(),
            nearest=[
                Nearest(item_ids=item_ids, cosines=cosines.tolist())
                for item_ids, cosines in nearest
            ]
            or None,
        )
        return Response(answer.model_dump_json(exclude_none=True), mimetype="application/json")

    @app.get("/health/live")
    def live() -> tuple[Response, int]:
        """Whether all threads still move; if not, the process must be started again."""
        are_alive = all(each.is_alive for each in batchers)
        return _answer("alive", is_true=worker.is_alive and are_alive)

    @app.get("/health/ready")
    def ready() -> tuple[Response, int]:
        """Whether requests can be answered, and the catalogue could be read once.

        A catalogue that cannot be read later is no reason to answer nobody.
        """
        state = {
            "model": "loaded" if texts.batcher.is_loaded else "not loaded",
            "image_model": "loaded" if images.batcher.is_loaded else "not loaded",
            "catalogue": "encoded" if worker.is_ready else "not encoded",
        }
        return _answer(
            "ready", is_true=texts.batcher.is_ready and worker.has_succeeded, details=state
        )

    @app.get("/metrics")
    def prometheus() -> Response:
        return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)

    return app


def _answer(
    state: str, *, is_true: bool, details: dict[str, str] | None = None
) -> tuple[Response, int]:
    status = state if is_true else f"not {state}"
    return jsonify(status=status, **(details or {})), 200 if is_true else 503


def _start() -> None:
    g.started = time.perf_counter()


def _observe(response: Response) -> Response:
    if request.method == "POST" and request.endpoint:
        labels = request.endpoint, str(response.status_code)
        metrics.REQUEST_SECONDS.labels(*labels).observe(time.perf_counter() - g.started)
    return response
