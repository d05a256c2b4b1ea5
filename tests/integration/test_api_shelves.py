"""The shelves of the API, and what a withdrawn item leaves."""

from collections.abc import Sequence
from datetime import UTC, datetime

import psycopg
import pytest
from werkzeug.test import TestResponse

from apps.storefront.api.keys.scope import Scope
from apps.storefront.catalog.repository import upsert_products
from ml.serving.related_items import RelatedItems
from streams.contracts import Interaction, Product
from support.api import Caller, content, new_key
from support.interactions import interaction
from support.shop import ListOf, shop

pytestmark = pytest.mark.integration

NOW = datetime(2026, 5, 1, tzinfo=UTC)


class Shelves(ListOf):
    """A recommender with something for each shelf."""

    known = True
    """Whether it is known what shoppers did."""

    def live_history(self, user_id: str) -> Sequence[Interaction] | None:
        did = (("p0", "view"), ("p3", "purchase"), ("p1", "view"), ("p0", "negative_view"))
        events = [interaction(user_id, item, kind, NOW) for item, kind in did]
        return events if self.known else None

    def to_buy_again(self, user_id: str, limit: int) -> tuple[str, ...] | None:
        return ("p3", "gone", "p1")[:limit] if self.known else None

    def bought_together(self, item_ids: Sequence[str], limit: int) -> RelatedItems:
        return RelatedItems(("p2", "p1"), "v7", (9, 4)) if item_ids == ["p0"] else RelatedItems()

    def trending(self, category: str, limit: int) -> tuple[str, ...]:
        return {"": ("p1", "p2", "p0"), "Home": ("p2",)}.get(category, ())[:limit]


@pytest.fixture
def recommender() -> Shelves:
    return Shelves()


@pytest.fixture
def caller(stocked: str, recommender: Shelves) -> Caller:
    return Caller(shop(stocked, recommender=recommender), new_key(stocked))


def told(answer: TestResponse) -> tuple[list[str], str, str, str | None]:
    """The items, and what is said of the list: its source, its reason and its version."""
    found = content(answer)
    for item in found["items"]:
        assert item["model_version"] == found["model_version"]
        assert item["source"] == found["source"]
    items = [item["item_id"] for item in found["items"]]
    return items, found["source"], found["reason"], found["model_version"]


def test_what_a_user_looked_at(caller: Caller) -> None:
    words = "You looked at this before"
    found = caller.get("/users/u/recently-viewed")
    assert told(found) == (["p0", "p1"], "recently_viewed", words, None)
    assert told(caller.get("/users/u/recently-viewed?n=1"))[0] == ["p0"]


def test_what_a_user_may_buy_again(caller: Caller) -> None:
    words = "You bought this before"
    assert told(caller.get("/users/u/buy-again")) == (["p3", "p1"], "buy_again", words, None)
    assert told(caller.get("/users/u/buy-again?n=1"))[0] == ["p3"]


@pytest.mark.parametrize("shelf", ["recently-viewed", "buy-again"])
def test_what_is_not_known_now_is_not_called_empty(
    caller: Caller, recommender: Shelves, shelf: str
) -> None:
    recommender.known = False
    answer = caller.get(f"/users/u/{shelf}")
    assert content(answer, 503)["status"] == 503
    assert answer.headers["Retry-After"]


def test_what_is_bought_together_with_an_item(caller: Caller) -> None:
    answer = caller.get("/items/p0/bought-together")
    items, source, _, version = told(answer)
    assert (items, source, version) == (["p2", "p1"], "bought_together", "v7")
    reasons = {item["reason"] for item in content(answer)["items"]}
    assert reasons == {"Others who bought Product 0 bought this"}
    assert told(caller.get("/items/p1/bought-together"))[0] == []
    content(caller.get("/items/nothing/bought-together"), 404)


def test_what_is_trending(caller: Caller) -> None:
    words = "Trending with other shoppers"
    assert told(caller.get("/shelves/trending?n=2")) == (["p1", "p2"], "trending", words, None)
    assert told(caller.get("/shelves/trending?category=Home"))[0] == ["p2"]
    assert told(caller.get("/shelves/trending?category=Toys"))[0] == []


@pytest.fixture
def rated(stocked: str) -> None:
    made = [
        Product(item_id=f"r{count}", product_name=f"Rated {count}", category=category,
                rating=4, rating_count=count, arrival_date=datetime(2026, 2, 1 + count, tzinfo=UTC))
        for count, category in ((1, "Home"), (3, "Home|Kettles"), (2, "Toys"))
    ]  # fmt: skip
    with psycopg.connect(stocked) as connection:
        upsert_products(connection, made)


def test_what_is_new_and_what_most_have_rated(caller: Caller, rated: None) -> None:
    new = told(caller.get("/shelves/new?category=Home"))
    assert new == (["r3", "r1"], "newest", "The newest arrivals", None)
    top = told(caller.get("/shelves/top?n=3"))
    assert top == (["r3", "r2", "r1"], "top", "Rated by the most shoppers", None)
    assert told(caller.get("/shelves/top?category=Home"))[0] == ["r3", "r1"]
    assert told(caller.get("/shelves/top?category=Hom"))[0] == []


def test_a_withdrawn_item_is_in_no_list_and_no_search_and_can_be_asked_for(
    caller: Caller, stocked: str
) -> None:
    for _ in range(2):
        answer = caller.delete("/items/p2")
        assert (answer.status_code, answer.data) == (204, b"")
        assert "p2" not in told(caller.get("/shelves/new"))[0]
        assert content(caller.get("/search?query=product"))["total"] == 3
        assert content(caller.get("/items/p2"))["product_name"] == "Product 2"
    again = {"item_id": "p2", "product_name": "Product 2", "arrival_date": "2026-01-03T00:00:00Z"}
    assert content(caller.post("/items/bulk", [again]))["accepted"] == 1
    assert "p2" not in told(caller.get("/shelves/new"))[0], "sending it does not put it back"
    content(caller.delete("/items/nothing"), 404)


def test_shelves_and_withdrawals_need_their_scopes(stocked: str, recommender: Shelves) -> None:
    reading = new_key(stocked, Scope.ITEMS_READ), new_key(stocked, Scope.RECOMMENDATIONS_READ)
    app = shop(stocked, recommender=recommender)
    items, lists = (Caller(app, key) for key in reading)
    for path in (
        "/users/u/recently-viewed",
        "/users/u/buy-again",
        "/items/p0/bought-together",
        "/shelves/trending",
        "/shelves/new",
        "/shelves/top",
    ):
        content(items.get(path), 403)
    content(items.delete("/items/p0"), 403)
    content(lists.delete("/items/p0"), 403)
    assert told(lists.get("/shelves/new"))[0] == ["p3", "p2", "p1", "p0"]
