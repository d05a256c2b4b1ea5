"""The API without a database and without Kafka."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from pydantic import ValidationError

from apps.storefront.api.app import create_api, document
from apps.storefront.api.interactions.schemas import InteractionRows, NewInteraction
from apps.storefront.api.keys.rate_limits import RateLimits
from apps.storefront.api.keys.secret import Secret
from apps.storefront.api.problems import InvalidRequestError
from apps.storefront.api.rows import MAX_ROWS
from streams.contracts import Interaction, InteractionType

PROBLEM = "application/problem+json"


@pytest.fixture
def client(lonely_shop: Flask) -> FlaskClient:
    return lonely_shop.test_client()


def checked(body: bytes, mimetype: str = "application/json") -> Any:
    api = create_api()
    with api.test_request_context(
        "/interactions/bulk", method="POST", data=body, content_type=mimetype
    ):
        from flask import request

        return InteractionRows.check(request)


def row(**changes: object) -> dict[str, object]:
    return {"user_id": "u", "item_id": "i", "interaction_type": "view", **changes}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/v1", 404),
        ("get", "/api/v1/nothing", 404),
        ("delete", "/api/v1/health/live", 405),
        ("get", "/api/v1/items", 401),
        ("post", "/api/v1/interactions", 401),
        ("get", "/api/v1/health/ready", 503),
    ],
)
def test_every_error_is_a_problem(client: FlaskClient, method: str, path: str, status: int) -> None:
    answer = client.open(path, method=method)
    assert (answer.status_code, answer.mimetype) == (status, PROBLEM)
    found = json.loads(answer.data)
    assert found["status"] == status
    assert found["request_id"] == answer.headers["X-Request-ID"]
    assert found["title"]
    assert found["detail"]


def test_a_method_that_there_is_not_names_those_that_there_are(client: FlaskClient) -> None:
    assert "GET" in client.delete("/api/v1/health/live").headers["Allow"]


def test_who_shows_no_key_learns_how_to(client: FlaskClient) -> None:
    assert client.get("/api/v1/items").headers["WWW-Authenticate"].startswith("Bearer")


def test_what_breaks_inside_is_a_problem_without_its_reason() -> None:
    api = create_api()

    @api.get("/broken")
    def broken() -> str:
        raise RuntimeError("a secret of ours")

    answer = api.test_client().get("/broken")
    assert (answer.status_code, answer.mimetype) == (500, PROBLEM)
    assert b"secret" not in answer.data


def test_a_page_that_there_is_not_stays_a_page(client: FlaskClient) -> None:
    assert client.get("/nothing").mimetype == "text/html"


def test_a_request_keeps_its_callers_id(client: FlaskClient) -> None:
    answer = client.get("/api/v1/health/live", headers={"X-Request-ID": "order-17.retry_2"})
    assert answer.headers["X-Request-ID"] == "order-17.retry_2"


@pytest.mark.parametrize("sent", ["", "a b", "x" * 129, "é", 'a"b'])
def test_an_id_that_could_forge_the_log_is_replaced(client: FlaskClient, sent: str) -> None:
    answers = [client.get("/api/v1/health/live", headers={"X-Request-ID": sent}) for _ in range(2)]
    made = {answer.headers["X-Request-ID"] for answer in answers}
    assert len(made) == 2
    assert sent not in made


def test_the_api_has_no_session(client: FlaskClient) -> None:
    answer = client.get("/api/v1/health/live")
    assert "Set-Cookie" not in answer.headers
    assert "Vary" not in answer.headers


def test_a_key_is_read_as_it_is_written() -> None:
    secret = Secret.new()
    assert Secret.read(secret.text) == secret
    assert secret.matches(secret.hash)
    assert not secret.matches(Secret.new().hash)


@pytest.mark.parametrize("text", ["", "wsk_", "wsk_0123456789abcdef_short", "sk-0123"])
def test_what_is_no_key_is_said(text: str) -> None:
    assert Secret.read(text) is None


def test_a_limit_counts_each_key_alone_and_says_how_much_is_left() -> None:
    limits = RateLimits("2 per minute; 100 per hour")
    standings = [limits.hit("a") for _ in range(3)]
    assert [each.remaining for each in standings] == [1, 0, 0]
    assert [each.is_exceeded for each in standings] == [False, False, True]
    assert 0 < standings[0].reset_seconds <= 60
    assert "Retry-After" in standings[2].headers
    assert "Retry-After" not in standings[1].headers
    assert not limits.hit("b").is_exceeded


def test_a_limit_ends_with_its_window() -> None:
    limits = RateLimits("1 per second")
    limits.hit("a")
    time.sleep(1.1)
    assert not limits.hit("a").is_exceeded


def test_an_interaction_gets_an_id_and_an_instant() -> None:
    made = NewInteraction.model_validate_json(json.dumps(row())).identified
    assert Interaction.decode(made.encode()).interaction_type is InteractionType.VIEW


def test_the_id_of_an_interaction_with_a_timestamp_follows_from_its_contents() -> None:
    def identified(**changes: object) -> object:
        text = json.dumps(row(timestamp="2026-11-01T10:00:00Z", **changes))
        return NewInteraction.model_validate_json(text).identified.interaction_id

    assert identified() == identified()
    assert identified() != identified(session_id="s")


@pytest.mark.parametrize(
    "changes",
    [
        {"interaction_type": "positive_view"},
        {"timestamp": "2099-01-01T00:00:00Z"},
        {"interaction_type": "rate"},
        {"quantity": "2"},
        {"interaction_id": "7"},
        {"user_id": ""},
    ],
)
def test_what_no_producer_may_send_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewInteraction.model_validate_json(json.dumps(row(**changes)))


def test_each_bad_row_is_named_and_the_others_are_kept() -> None:
    rows = [row(), row(quantity=0), row(item_id="k", rating=9, interaction_type="rate"), 7]
    for body, mimetype in (
        (json.dumps(rows).encode(), "application/json"),
        ("\n".join(map(json.dumps, rows)).encode(), "application/x-ndjson"),
    ):
        found = checked(body, mimetype)
        assert [each.item_id for each in found.valid] == ["i"]
        assert found.rejected == 3
        assert [(each.index, each.location) for each in found.errors] == [
            (1, "quantity"),
            (2, "rating"),
            (3, ""),
        ]
        assert all(each.reason for each in found.errors)


def test_a_line_that_is_no_json_spoils_no_other() -> None:
    lines = [json.dumps(row()), "{", "", "{}, {}", json.dumps(row(item_id="last"))]
    found = checked("\r\n".join(lines).encode(), "application/x-ndjson")
    assert [each.item_id for each in found.valid] == ["i", "last"]
    assert {each.index for each in found.errors} == {1, 2}


@pytest.mark.parametrize("body", [b"{}", b"[", b"", b"[NaN]", b'["\xff"]', b'["\\ud800"]'])
def test_a_body_that_is_no_array_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequestError):
        checked(body)


def test_no_rows_are_no_error() -> None:
    assert checked(b"[]").valid == []


def test_a_body_has_a_largest_number_of_rows(client: FlaskClient) -> None:
    from werkzeug.exceptions import RequestEntityTooLarge

    body = json.dumps([row()] * (MAX_ROWS + 1)).encode()
    with pytest.raises(RequestEntityTooLarge):
        checked(body)


def test_the_document_names_every_operation_and_what_it_refers_to() -> None:
    made = document()
    assert made["openapi"].startswith("3.1")
    operations = [
        (path, operation)
        for path, each in made["paths"].items()
        for method, operation in each.items()
    ]
    assert len({operation["operationId"] for _, operation in operations}) == len(operations) == 23
    for path, operation in operations:
        assert bool(operation.get("security")) is not path.startswith("/health"), path
        assert operation["summary"]
        assert {"4XX", "5XX"} < set(operation["responses"])
    for reference in set(_references(made)):
        place: Any = made
        for part in reference.removeprefix("#/").split("/"):
            place = place[part]


def _references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if "$ref" in node else []
        return own + [found for each in node.values() for found in _references(each)]
    return [found for each in node for found in _references(each)] if isinstance(node, list) else []


def test_the_pages_of_the_document_load_nothing_from_elsewhere(
    make_shop: Callable[..., Flask],
) -> None:
    client = make_shop().test_client()
    assert client.get("/openapi.json").json == document()
    page = client.get("/docs")
    assert page.status_code == 200
    assert "http" not in page.text
    for name in ("swagger-ui.css", "swagger-ui-bundle.js"):
        assert f"/docs/swagger-ui/{name}" in page.text
        assert client.get(f"/docs/swagger-ui/{name}").status_code == 200
    assert client.get("/docs/static/docs.js").status_code == 200
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    policy = client.get("/nothing").headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy
