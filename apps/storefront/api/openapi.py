"""The OpenAPI document of the API."""

from typing import Any

from apiflask import APIFlask

from apps.storefront.api.image_search.schemas import request_body as image_search_body
from apps.storefront.api.problems import MEDIA_TYPE, Problem
from apps.storefront.api.rows import LINES

TITLE = "recsys"
VERSION = "1"
_DESCRIPTION = """\
Recommendations, and what they are made from, for other programs.

Every operation but those of `Health` needs a key, which `recsys api-key create` makes, and which is
sent as `Authorization: Bearer KEY`. An error is answered as problem details (RFC 9457)."""
_METHODS = frozenset({"get", "post", "put", "patch", "delete"})
_STANDARD_HEADERS = {
    "X-Request-ID": ("The id of the request: the caller's, or a new one.", "string"),
    "RateLimit-Limit": ("Requests that the key may send within the window.", "integer"),
    "RateLimit-Remaining": ("Requests that it may still send within the window.", "integer"),
    "RateLimit-Reset": ("Seconds until the window ends.", "integer"),
}


def document(api: APIFlask, prefix: str) -> dict[str, Any]:
    """The document of an API whose paths are below `prefix`."""
    api.config.update(
        DESCRIPTION=_DESCRIPTION,
        AUTO_OPERATION_ID=True,
        AUTO_404_RESPONSE=False,
        AUTO_AUTH_ERROR_RESPONSE=False,
        AUTO_VALIDATION_ERROR_RESPONSE=False,
    )
    api.description = _DESCRIPTION
    api.servers = [{"url": prefix}]
    with api.app_context():
        spec = api.spec
    assert isinstance(spec, dict)
    _add_components(spec["components"])
    # APIFlask knows bodies of one kind only.
    spec["paths"]["/search/image"]["post"]["requestBody"] = image_search_body()
    spec["paths"] = dict(sorted(spec["paths"].items()))
    for path in spec["paths"].values():
        for method, operation in path.items():
            if method in _METHODS:
                _complete(operation)
    return spec


def _add_components(components: dict[str, Any]) -> None:
    template = "#/components/schemas/{model}"
    schema = Problem.model_json_schema(mode="serialization", ref_template=template)
    components["schemas"] |= schema.pop("$defs", {})
    components["schemas"]["Problem"] = schema
    components["responses"] = {
        "Problem": {
            "description": "The request failed.",
            "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
        }
    }
    components["headers"] = {
        name: {"description": words, "schema": {"type": kind}}
        for name, (words, kind) in _STANDARD_HEADERS.items()
    }


def _complete(operation: dict[str, Any]) -> None:
    """Add what APIFlask cannot know: errors, headers, and bodies as lines."""
    needs_key = bool(operation.get("security"))
    names = [name for name in _STANDARD_HEADERS if needs_key or not name.startswith("RateLimit")]
    for response in operation["responses"].values():
        response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in names}
    for group in ("4XX", "5XX"):
        operation["responses"][group] = {"$ref": "#/components/responses/Problem"}
    if "requestBody" not in operation:
        return
    operation["requestBody"]["required"] = True
    content = operation["requestBody"]["content"]
    for media in list(content.values()):
        if media["schema"].get("$ref", "").endswith("Rows"):
            content[LINES] = {
                "schema": {"type": "string", "description": "One row per line, each as JSON."}
            }
