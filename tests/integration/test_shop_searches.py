"""Which searches the shop publishes, and which of them others may see."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from apps.storefront.services import Services
from streams import erasures
from streams.contracts import Search, new_id
from support.shop import take_waiting

pytestmark = pytest.mark.integration


@pytest.fixture
def published(app: Flask) -> Callable[[], list[Search]]:
    """Takes what the pages since have handed to the sender."""
    with app.app_context():
        return partial(take_waiting, Services.of_this_app().searches)


def test_a_search_is_published_once_with_what_it_found(
    client: FlaskClient, published: Callable[[], list[Search]]
) -> None:
    client.get("/products?q=++PRODUCT&sort=newest")
    client.get("/products?q=unheard of ada@example.org")
    found, nothing = published()
    assert (found.query, found.result_count, found.surface) == ("product", 4, "search")
    assert (nothing.query, nothing.result_count) == ("unheard of [e-mail]", 0)
    assert found.session_id == nothing.session_id is not None
    assert Search.decode(found.encode()) == found


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/products", {}),
        ("/products?q=++", {}),
        ("/products?q=product&page=2", {}),
        ("/products?q=product", {"Sec-Purpose": "prefetch"}),
        ("/products?q=product", {"User-Agent": "Googlebot/2.1"}),
        ("/products?q=product&sort=none", {}),
    ],
)
def test_what_nobody_searches_for_is_no_search(
    client: FlaskClient,
    published: Callable[[], list[Search]],
    path: str,
    headers: dict[str, str],
) -> None:
    client.get(path, headers=headers)
    assert published() == []


def test_visitors_without_an_account_leave_no_search(
    app: Flask, published: Callable[[], list[Search]]
) -> None:
    assert app.test_client().get("/products?q=product").status_code == 200
    assert published() == []


def search(connection: psycopg.Connection, user_id: str, query: str, days: int = 1) -> None:
    connection.execute(
        "insert into events.searches values (%s, %s, %s, %s, 3, 'search')",
        [new_id(), user_id, datetime.now(UTC) - timedelta(days=days), query],
    )


def test_others_see_a_query_only_if_five_shoppers_sent_it_lately(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        for number in range(5):
            search(connection, f"u{number}", "lamp")
            search(connection, f"u{number}", "tent", days=60 if number else 91)
            search(connection, f"u{number % 4}", "my own secret")
        search(connection, "u1", "lamp")
        found = connection.execute(
            "select query, shoppers, searches, mean_result_count from events.popular_searches"
        ).fetchall()
    assert found == [("lamp", 5, 6, 3.0)]


def test_searches_of_who_was_erased_are_gone_and_none_comes_back(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        search(connection, "u1", "lamp")
        erasures.begin(connection)
        removed = erasures.remove_events(connection, ["u1"])
        erasures.note(connection, new_id(), "u1", {})
        search(connection, "u1", "lamp")
        search(connection, "u2", "lamp")
        left = connection.execute("select user_id from events.searches").fetchall()
    assert removed["u1"]["events.searches"] == 1
    assert left == [("u2",)]
