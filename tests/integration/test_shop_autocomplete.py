"""What the shop suggests, to whom, and when the catalogue changes."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from apps.storefront.autocomplete.suggestions import Autocomplete, Kind
from apps.storefront.catalog import availability_repository as availability
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.services import Services
from streams.contracts import Product, new_id
from streams.contracts.search import normalised
from support.api import Caller, content, new_key
from support.shop import shop, sign_up

pytestmark = pytest.mark.integration

START = datetime(2026, 1, 1, tzinfo=UTC)
PRODUCTS = [
    Product(item_id="k1", product_name="Tea kettle", category="Home|Kitchen|Kettles",
            rating=4, rating_count=9, arrival_date=START),
    Product(item_id="k2", product_name="Travel kettle", category="Home|Kitchen|Kettles",
            rating=4, rating_count=90, arrival_date=START),
    Product(item_id="t1", product_name="Tent for two", category="Garden",
            rating=4, rating_count=5, arrival_date=START),
]  # fmt: skip


def search(connection: psycopg.Connection, user_id: str, query: str, result_count: int = 3) -> None:
    connection.execute(
        "insert into events.searches values (%s, %s, %s, %s, %s, 'search')",
        [new_id(), user_id, datetime.now(UTC) - timedelta(hours=1), query, result_count],
    )


@pytest.fixture
def app(database_url: str) -> Iterator[Flask]:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, PRODUCTS)
        for number in range(5):
            search(connection, f"u{number}", "kettle with thermometer")
            search(connection, f"u{number}", "kettle of gold", result_count=0)
            search(connection, f"u{number % 4}", "kettle for ada byron")
    app = shop(database_url)
    yield app
    with app.app_context():
        Services.of_this_app().database.close()


def suggested(client: FlaskClient, text: str) -> list[tuple[str, str, str]]:
    answer = client.get("/autocomplete", query_string={"q": text})
    assert answer.status_code == 200
    assert answer.json is not None
    return [(each["hint"], each["text"], each["url"]) for each in answer.json["suggestions"]]


def test_queries_categories_and_popular_products_are_suggested(app: Flask) -> None:
    assert suggested(app.test_client(), "ket") == [
        ("popular search", "kettle with thermometer", "/products?q=kettle+with+thermometer"),
        ("category in Kitchen", "Kettles", "/products?category=Home%7CKitchen%7CKettles"),
        ("product", "Travel kettle", "/products/k2?from=autocomplete&pos=2"),
        ("product", "Tea kettle", "/products/k1?from=autocomplete&pos=3"),
    ]
    assert suggested(app.test_client(), "kettel")[0][1] == "kettle with thermometer"
    assert suggested(app.test_client(), "") == [
        ("popular search", "kettle with thermometer", "/products?q=kettle+with+thermometer")
    ]
    assert suggested(app.test_client(), "zzz") == []


def test_every_address_that_is_suggested_leads_somewhere(app: Flask) -> None:
    client = app.test_client()
    for _, _, url in suggested(client, "ket"):
        assert client.get(url).status_code == 200


def test_what_few_shoppers_searched_for_is_shown_to_them_alone(
    app: Flask, database_url: str
) -> None:
    client = app.test_client()
    sign_up(client)
    with client.session_transaction() as session:
        user_id = session["_user_id"]
    with psycopg.connect(database_url) as connection:
        search(connection, user_id, "kettle for ada byron")
        connection.execute("delete from events.searches where user_id = 'u3'")
    assert suggested(client, "ada")[0][:2] == ("your search", "kettle for ada byron")
    assert "ada byron" not in str(suggested(app.test_client(), "ada"))
    assert "ada byron" not in str(suggested(app.test_client(), "kettle"))


def test_a_visitors_searches_are_in_their_browser_alone(app: Flask, database_url: str) -> None:
    visitor = app.test_client()
    visitor.get("/products?q=Tent++POLES ")
    visitor.get("/products?q=mail ada@example.org")
    assert [text for _, text, _ in suggested(visitor, "")][:2] == ["mail [e-mail]", "tent poles"]
    assert suggested(visitor, "pol")[0][:2] == ("your search", "tent poles")
    assert [hint for hint, *_ in suggested(app.test_client(), "ten")] == ["product"]
    with psycopg.connect(database_url) as connection:
        kept = connection.execute(
            "select from events.searches where query like 'tent%' or query like 'mail%'"
        ).fetchall()
    assert kept == []


def test_the_cookie_stays_small(app: Flask) -> None:
    visitor = app.test_client()
    for number in range(30):
        visitor.get("/products", query_string={"q": f"{number} " + "ж" * 90})
    cookie = visitor.get_cookie("shop")
    assert cookie is not None
    assert len(cookie.value) < 2_500
    assert normalised(f"29 {'ж' * 90}") in [text for _, text, _ in suggested(visitor, "")]


def test_the_suggestions_follow_the_catalogue(app: Flask, database_url: str) -> None:
    client = app.test_client()
    assert [text for *_, text in suggested(client, "tent")] == [
        "/products/t1?from=autocomplete&pos=0"
    ]
    with psycopg.connect(database_url) as connection:
        availability.set_hidden(connection, "t1", hidden=True)
        upsert_products(
            connection, [Product(item_id="t2", product_name="Tent pegs", arrival_date=START)]
        )
    with app.app_context():
        Autocomplete.of_this_app().refresh()
    assert [text for _, text, _ in suggested(client, "tent")] == ["Tent pegs"]


@pytest.mark.parametrize("query", ["x" * 201, "a\x00b"])
def test_a_beginning_that_is_none_is_refused(app: Flask, query: str) -> None:
    assert app.test_client().get("/autocomplete", query_string={"q": query}).status_code == 400


def test_other_programs_are_answered_without_anybodys_own_searches(
    app: Flask, database_url: str
) -> None:
    caller = Caller(app, new_key(database_url))
    found: Any = content(caller.get("/autocomplete?q=kettle&n=2"))
    assert found == {
        "suggestions": [
            {
                "kind": Kind.POPULAR_QUERY.value,
                "text": "kettle with thermometer",
                "target": "kettle with thermometer",
            },
            {"kind": "category", "text": "Kettles", "target": "Home|Kitchen|Kettles"},
        ]
    }
    content(caller.get("/autocomplete?q=kettle&n=21"), 422)
