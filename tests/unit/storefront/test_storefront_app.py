import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from flask import Flask
from pydantic import ValidationError

import apps.storefront
from apps.storefront.settings import StorefrontSettings
from support.checkout import REPOSITORY


def test_a_worker_lives_without_its_database_but_is_not_ready(lonely_shop: Flask) -> None:
    client = lonely_shop.test_client()
    assert client.get("/health/live").json == {"status": "alive"}
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert ready.json == {"status": "not ready", "database": "unavailable"}


def test_without_a_database_the_visitor_gets_a_page_that_says_so(lonely_shop: Flask) -> None:
    answer = lonely_shop.test_client().get("/")
    page = BeautifulSoup(answer.text, "html.parser")
    assert answer.status_code == 503
    assert page.h1 is not None
    assert page.h1.text == "Back in a moment"


def test_an_unknown_page_looks_like_the_shop(lonely_shop: Flask) -> None:
    answer = lonely_shop.test_client().get("/nowhere")
    assert answer.status_code == 404
    assert "Page not found" in answer.text
    assert 'class="skip"' in answer.text


@pytest.mark.parametrize(("path", "code"), [("/nowhere", 404), ("/products/p", 503)])
def test_a_shoppers_error_pages_need_no_database(lonely_shop: Flask, path: str, code: int) -> None:
    client = lonely_shop.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = "u1"
    answer = client.get(path)
    assert answer.status_code == code
    assert 'class="skip"' in answer.text


@pytest.mark.parametrize("target", ["///evil.example", "/\\evil.example", "/%09/evil.example"])
def test_the_log_in_form_leads_to_no_other_site(lonely_shop: Flask, target: str) -> None:
    page = lonely_shop.test_client().get(f"/log-in?next={target}")
    assert page.status_code == 200
    assert "evil.example" not in page.text


@pytest.mark.parametrize("path", ["/", "/nowhere", "/health/live", "/static/shop.css"])
def test_every_answer_is_guarded(lonely_shop: Flask, path: str) -> None:
    headers = lonely_shop.test_client().get(path).headers
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize(
    "path",
    ["/sign-up", "/log-in", "/log-in/sample", "/log-out", "/preferences", "/cart",
     "/cart/quantity", "/cart/remove", "/orders", "/orders/now", "/reviews"],
)  # fmt: skip
def test_no_form_is_taken_without_its_token(lonely_shop: Flask, path: str) -> None:
    answer = lonely_shop.test_client().post(path, data={"item_id": "a"})
    assert answer.status_code == 400
    assert "The form has expired or came from another site" in answer.text


@pytest.mark.parametrize("path", ["/cart", "/orders", "/preferences"])
def test_a_visitor_is_sent_to_log_in_and_back(lonely_shop: Flask, path: str) -> None:
    answer = lonely_shop.test_client().get(path)
    assert answer.status_code == 302
    assert answer.location.startswith(f"/log-in?next={path}")


def test_a_bad_query_is_answered_with_what_is_wrong(lonely_shop: Flask) -> None:
    answer = lonely_shop.test_client().get("/products?page=two&sort=upwards")
    assert answer.status_code == 400
    assert "page: Enter a whole number." in answer.text


def test_too_many_attempts_to_log_in_are_refused(make_shop: Callable[..., Flask]) -> None:
    shop = make_shop(log_in_limit="2 per minute")
    shop.config["WTF_CSRF_ENABLED"] = False
    client = shop.test_client()
    answers = [client.post("/log-in", data={}).status_code for _ in range(3)]
    assert answers == [422, 422, 429]


@pytest.mark.parametrize("secret", [None, "", "too short to sign anything"])
def test_a_shop_without_a_proper_secret_does_not_start(
    secret: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RECSYS_DATABASE_URL", "postgresql://shop@127.0.0.1/shop")
    monkeypatch.setenv("RECSYS_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:9092")
    monkeypatch.delenv("RECSYS_SECRET_KEY", raising=False)
    if secret is not None:
        monkeypatch.setenv("RECSYS_SECRET_KEY", secret)
    with pytest.raises(ValidationError, match="secret_key"):
        StorefrontSettings()


def test_cookies_are_for_https_unless_a_laptop_says_otherwise(
    make_shop: Callable[..., Flask], lonely_shop: Flask
) -> None:
    secure = make_shop(session_cookie_secure=True)
    assert secure.config["SESSION_COOKIE_SECURE"]
    assert secure.config["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert not lonely_shop.config["SESSION_COOKIE_SECURE"]
    assert lonely_shop.config["SESSION_COOKIE_HTTPONLY"]


def test_an_installed_shop_has_all_its_templates_icons_and_drawings() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    patterns = project["tool"]["setuptools"]["package-data"]["apps.storefront"]
    shop = Path(apps.storefront.__file__).parent
    packed = {path for pattern in patterns for path in shop.glob(pattern)}
    needed = {
        path for path in shop.rglob("*.*") if path.is_file() and path.suffix not in {".py", ".pyc"}
    }
    assert needed
    assert needed <= packed
