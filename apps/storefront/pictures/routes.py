"""Files of pictures. An address names its content, so browsers and proxies may keep it."""

import re
from functools import cache
from http import HTTPStatus

from flask import Blueprint, Response, abort, redirect
from flask.typing import ResponseReturnValue
from psycopg import errors

from apps.storefront.pictures import repository
from apps.storefront.pictures.drawings.draw import draw, draw_kind
from apps.storefront.pictures.picture import (
    WIDTHS,
    address,
    drawings_prefix,
    key_of,
    kind_named,
)
from apps.storefront.pictures.rendering import render
from apps.storefront.services import Services

blueprint = Blueprint("pictures", __name__)

_FOR_EVER = "public, max-age=31536000, immutable"
_DIGEST_LENGTH = 32
_KEY = re.compile(r"[dp][0-9a-z]{33,60}")
"""What is kept has such a key; another one may hold characters that PostgreSQL refuses."""


@blueprint.get("/pictures/<key>-<int:width>.webp")
def file(key: str, width: int) -> ResponseReturnValue:
    """A picture in one size; a drawing is made when it is first asked for, and kept."""
    if width not in WIDTHS:
        abort(HTTPStatus.NOT_FOUND)
    if (kind := kind_named(key)) is not None:
        return _answer(_kind_file(kind, width))
    if _KEY.fullmatch(key) is None:
        abort(HTTPStatus.NOT_FOUND)
    # Only drawings of the present version are made: another one's address has another content.
    is_drawing = key[:-_DIGEST_LENGTH] == drawings_prefix()
    with Services.of_this_app().database.reading() as connection:
        if (webp := repository.file(connection, key, width)) is not None:
            return _answer(webp)
        subject = repository.subject(connection, key[-_DIGEST_LENGTH:]) if is_drawing else None
        if subject is None:
            abort(HTTPStatus.NOT_FOUND)
    webp = render(draw(subject), width)
    try:
        with Services.of_this_app().database.connection() as connection:
            repository.keep_file(connection, key, width, webp)
    except errors.ReadOnlySqlTransaction:
        pass  # A standby answers: the picture is shown, and kept another time.
    return _answer(webp)


@blueprint.get("/pictures/of/<path:item_id>")
def of_product(item_id: str) -> ResponseReturnValue:
    """The way to the picture that a product has now, in the middle size."""
    with Services.of_this_app().database.reading() as connection:
        picture = repository.picture(connection, item_id)
    if picture is None:
        abort(HTTPStatus.NOT_FOUND)
    return redirect(address(key_of(picture), WIDTHS[1]))


@blueprint.get("/pictures/drawings")
def drawings() -> Response:
    """How the keys of drawings begin, for whoever keeps what was made of them."""
    return Response(drawings_prefix(), mimetype="text/plain")


@cache
def _kind_file(kind: str, width: int) -> bytes:
    return render(draw_kind(kind), width)


def _answer(webp: bytes) -> Response:
    response = Response(webp, mimetype="image/webp")
    response.headers["Cache-Control"] = _FOR_EVER
    return response
