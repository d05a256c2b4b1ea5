"""The shelves of pages: what is on them, what they say, and how many queries they take."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from apps.storefront.catalog.repository import upsert_products
from ml.serving.related_items import RelatedItems
from ml.serving.served_list import ServedList
from streams.contracts import Product
from support.interactions import interaction
from support.shop import ListOf, shop, submit

pytestmark = pytest.mark.integration

BOOKS = [f"b{number}" for number in range(12)]
NOW = datetime(2026, 5, 1, tzinfo=UTC)


class Relations(ListOf):
    """A recommender whose items are related as it was told."""

    similar_to: dict[str, tuple[str, ...]]
    together: dict[str, dict[str, int]]
    trend: tuple[str, ...] = ()
    viewed: tuple[str, ...] = ()
    due: tuple[str, ...] = ()

    def __init__(self, *item_ids: str) -> None:
        super().__init__(*item_ids)
        self.similar_to, self.together = {}, {}

    def recommend(self, user_id: str | None, *args: Any, **options: Any) -> ServedList:
        history = [interaction(user_id or "-", item, "view", NOW) for item in self.viewed]
        made = super().recommend(user_id, *args, **options)
        return replace(made, history=history, to_buy_again=self.due)

    def to_buy_again(self, user_id: str, limit: int) -> tuple[str, ...]:
        return self.due[:limit]

    def similar(self, item_id: str, limit: int) -> RelatedItems:
        found = self.similar_to.get(item_id, ())[:limit]
        return RelatedItems(found, "v7" if found else None)

    def bought_together(self, item_ids: Sequence[str], limit: int) -> RelatedItems:
        found = {k: v for item in item_ids for k, v in self.together.get(item, {}).items()}
        return RelatedItems(tuple(found)[:limit], "v7", tuple(found.values())[:limit])

    def trending(self, category: str, limit: int) -> tuple[str, ...]:
        return self.trend[:limit] if category == "Books" else ()


@pytest.fixture
def relations() -> Relations:
    return Relations("b0", "b1")


@pytest.fixture
def app(stocked: str, relations: Relations) -> Flask:
    with psycopg.connect(stocked) as connection:
        upsert_products(
            connection,
            [
                Product(
                    item_id=item,
                    product_name=f"Book {item}",
                    category="Books|Novels",
                    discounted_price=5,
                    arrival_date=NOW,
                )
                for item in BOOKS
            ],
        )
    return shop(stocked, recommender=relations)


Shelves = dict[str, tuple[str, list[str], set[str | None]]]
"""Title and reason, items, and model versions by surface."""


def shelves_of(page: str) -> Shelves:
    found: Shelves = {}
    for section in BeautifulSoup(page, "html.parser").select("section.shelf"):
        links = [urlsplit(str(link["href"])) for link in section.select(".card-name a")]
        named = [parse_qs(link.query) for link in links]
        (surface,) = {each["from"][0] for each in named}
        words = " / ".join(section.select_one(".section-head").stripped_strings)  # type: ignore[union-attr]
        items = [link.path.removeprefix("/products/") for link in links]
        found[surface] = (words, items, {each.get("v", [None])[0] for each in named})
    return found


def test_a_product_has_what_goes_with_it_and_what_is_like_it(
    client: FlaskClient, relations: Relations
) -> None:
    relations.together["b0"] = {"b3": 9, "gone": 8, "b4": 3}
    relations.similar_to["b0"] = ("b4", "b5", "gone", "b6")
    shelves = shelves_of(client.get("/products/b0").text)
    assert shelves == {
        "also_bought": (
            "Shoppers who bought this also bought / Each was bought by at least 3 of them",
            ["b3", "b4"],
            {"v7"},
        ),
        "similar": ("Similar products", ["b5", "b6"], {"v7"}),
    }


def test_a_product_that_no_model_knows_is_like_its_category(
    client: FlaskClient, relations: Relations
) -> None:
    shelves = shelves_of(client.get("/products/b11").text)
    assert list(shelves) == ["similar"]
    words, items, versions = shelves["similar"]
    assert (words, len(items), versions) == ("Similar products", 6, {None})
    assert "b11" not in items


def test_the_cart_and_a_new_order_have_what_goes_with_them(
    client: FlaskClient, relations: Relations
) -> None:
    relations.together |= {"b0": {"b1": 7, "b2": 4}, "b1": {"b3": 5}}
    for item in ("b0", "b1"):
        submit(client, "/cart", {"item_id": item, "quantity": "1"})
    (surface, (words, items, versions)), *others = shelves_of(client.get("/cart").text).items()
    assert (surface, items, versions, others) == ("cart_also_bought", ["b2", "b3"], {"v7"}, [])
    assert words.startswith("Goes with what is in your cart / Each was bought by at least 4 ")

    order = submit(client, "/orders").headers["Location"]
    (surface, (words, items, _)), *others = shelves_of(client.get(order).text).items()
    assert (surface, items, others) == ("order_also_bought", ["b2", "b3"], [])
    assert words.startswith("Goes with what you ordered / ")
    assert shelves_of(client.get(order.partition("?")[0]).text) == {}, "long after it was placed"


def test_home_has_what_was_viewed_and_what_is_trending_in_a_department(
    client: FlaskClient, relations: Relations
) -> None:
    relations.viewed = ("b2", "b0", "b3", "b2")
    relations.trend = ("b1", "b2", "b5", "b6")
    assert shelves_of(client.get("/").text) == {
        "recently_viewed": ("Recently viewed", ["b2", "b3"], {None}),
        "department_trending": (
            "Trending in Books / Because you like this department",
            ["b5", "b6"],
            {None},
        ),
    }
    relations.trend = relations.trend[:3]
    assert list(shelves_of(client.get("/").text)) == ["recently_viewed"], "three are no trend"
    assert shelves_of(client.application.test_client().get("/").text).keys() <= {"recently_viewed"}


def test_what_is_due_again_is_on_home_on_a_new_order_and_beside_the_orders(
    client: FlaskClient, relations: Relations
) -> None:
    relations.due = ("b1", "b5", "gone", "b4", "b2")
    relations.viewed = ("b4", "b3")
    said = "Buy again / You bought each of these before"
    home = shelves_of(client.get("/").text)
    assert home["buy_again"] == (said, ["b5", "b4", "b2"], {None}), "the list above has b1"
    assert home["recently_viewed"][1] == ["b3"]

    submit(client, "/cart", {"item_id": "b4", "quantity": "1"})
    order = submit(client, "/orders").headers["Location"]
    bought = shelves_of(client.get(order).text)
    assert bought == {"buy_again": (said, ["b1", "b5", "b2"], {None})}, "b4 was bought just now"
    assert shelves_of(client.get(order.partition("?")[0]).text) == {}
    orders = shelves_of(client.get("/orders").text)
    assert orders["buy_again"][1] == ["b1", "b5", "b4", "b2"]
    assert shelves_of(client.get("/orders?page=2").text) == {}


def test_a_search_without_results_and_a_wrong_address_show_what_others_like(
    client: FlaskClient,
) -> None:
    for path, surface in (("/products?q=unheard", "no_results"), ("/nowhere", "not_found")):
        (found,) = shelves_of(client.get(path).text).items()
        assert (found[0], found[1][1]) == (surface, ["b0", "b1"])


@pytest.fixture
def queries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The statements that are sent from now on; the pool's check of a connection is empty."""
    sent: list[str] = []
    execute: Callable[..., Any] = psycopg.Cursor.execute

    def noting(cursor: psycopg.Cursor[Any], query: Any, *args: Any, **options: Any) -> Any:
        if query:
            sent.append(str(query))
        return execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", noting)
    return sent


@pytest.mark.parametrize(
    ("path", "most"),
    # That of the shopper, that of the cart's size, and the page's own. The lists of departments and
    # of new products are two of home.
    [("/", 5), ("/products/b0", 7), ("/cart", 4), ("/orders", 3), ("/nowhere", 3)],
)
def test_shelves_take_one_query(
    client: FlaskClient, relations: Relations, queries: list[str], path: str, most: int
) -> None:
    relations.viewed, relations.trend = ("b2", "b3"), tuple(BOOKS)
    relations.due = ("b6", "b7")
    relations.together["b0"] = {"b3": 9}
    relations.similar_to["b0"] = ("b4", "b5")
    submit(client, "/cart", {"item_id": "b0", "quantity": "1"})
    client.get(path)  # the shop's session begins with a statement of its own
    queries.clear()
    assert shelves_of(client.get(path).text)
    assert len(queries) <= most, queries
