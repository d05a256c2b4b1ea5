"""The OpenAPI document, and pages that show it: all that they need is of this shop.

A cluster may have no way to the internet, so Swagger UI comes from a Python package.
"""

import json
from functools import cache
from importlib.resources import files

from flask import Blueprint, Response, make_response, render_template, send_from_directory

from apps.storefront.api.app import document

blueprint = Blueprint(
    "documentation",
    __name__,
    template_folder="templates",
    static_folder="static",
    static_url_path="/docs/static",
)

_SWAGGER_UI = str(files("flask_swagger_ui") / "dist")
_POLICY = (
    # Swagger UI sets styles in elements, and has its images as data.
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)


@blueprint.get("/openapi.json")
def openapi() -> Response:
    """The OpenAPI document."""
    return Response(_text(), mimetype="application/json")


@blueprint.get("/docs")
def index() -> Response:
    """The document, to read and to try."""
    page = make_response(render_template("api/index.html"))
    page.headers["Content-Security-Policy"] = _POLICY
    return page


@blueprint.get("/docs/swagger-ui/<path:name>")
def swagger_ui(name: str) -> Response:
    """A file of Swagger UI."""
    return send_from_directory(_SWAGGER_UI, name)


@cache
def _text() -> str:
    return json.dumps(document())
