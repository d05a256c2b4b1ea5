"""Requests for vectors of pictures, and of texts in the pictures' space."""

import time

import numpy as np
import numpy.typing as npt
from flask import Flask, Response, abort, request
from werkzeug.exceptions import UnprocessableEntity, UnsupportedMediaType

from apps.encoder.cached_model import CachedModel
from apps.encoder.contracts import (
    IMAGE_TYPES,
    MAX_IMAGE_BYTES,
    MAX_TEXTS_BYTES,
    Embeddings,
    ImageEncoderDescription,
    TextsRequest,
)
from ml.untrusted_images.opening import opened
from streams.errors import ContractError


def install(
    app: Flask,
    images: CachedModel[bytes],
    texts: CachedModel[str] | None,
    *,
    timeout: float,
    min_turned_similarity: float,
) -> None:
    """Add the requests to the app.

    Args:
        app: the encoder's.
        images: the model of pictures, which gives the vectors of all orientations of each.
        texts: the model that gives texts vectors of the pictures' space; None: there is none.
        timeout: seconds that a request for vectors may take.
        min_turned_similarity: of the model of pictures.
    """

    @app.get("/v1/images")
    def describe_images() -> Response:
        """What the encoder of pictures is."""
        answer = ImageEncoderDescription(encoder=images.name, reads_texts=texts is not None)
        return Response(answer.model_dump_json(), mimetype="application/json")

    @app.post("/v1/images")
    def encode_image() -> Response:
        """The vectors of one picture: as it is, and turned."""
        request.max_content_length = MAX_IMAGE_BYTES
        if request.mimetype not in IMAGE_TYPES:
            raise UnsupportedMediaType(f"Send a picture of the type {', '.join(IMAGE_TYPES)}.")
        file = request.get_data(cache=False)
        try:
            opened(file)  # the queue's thread is for pictures that can be opened
        except ContractError as error:
            raise UnprocessableEntity(str(error)) from None
        (vectors,) = images.encode([file], time.monotonic() + timeout)
        return _answer(images.name, vectors, min_turned_similarity)

    @app.post("/v1/image-texts")
    def encode_image_texts() -> Response:
        """The vectors of texts in the space of the pictures."""
        if texts is None:
            abort(404, "This encoder of pictures reads no texts.")
        request.max_content_length = MAX_TEXTS_BYTES
        if not request.is_json:
            raise UnsupportedMediaType("Send JSON, with the header Content-Type.")
        wanted = TextsRequest.model_validate_json(request.get_data(cache=False))
        vectors = texts.encode(wanted.texts, time.monotonic() + timeout)
        return _answer(texts.name, vectors)


def _answer(
    encoder: str, vectors: npt.NDArray[np.float32], turned_similarity: float | None = None
) -> Response:
    answer = Embeddings(
        encoder=encoder,
        dimension=vectors.shape[1],
        embeddings=vectors.tolist(),
        min_turned_similarity=turned_similarity,
    )
    return Response(answer.model_dump_json(exclude_none=True), mimetype="application/json")
