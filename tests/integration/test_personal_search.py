"""Search in a shopper's order, on a real database and the real index of vectors."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from bs4 import BeautifulSoup
from flask import Flask

from apps.storefront.api.keys.scope import Scope
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.search.personal import HEAD
from ml.data.synthetic import SyntheticConfig
from ml.data.synthetic.catalogue import make_catalogue
from ml.serving.live_items import LiveItems
from ml.serving.taste import Taste
from streams.contracts import Product
from support.api import Caller, content, new_key
from support.shop import ListOf, shop

pytestmark = pytest.mark.integration

DIM = 16
QUERY = "black steel mug or white oak chair"


class Fickle(ListOf):
    """Knows vectors of most products, and a shopper who likes something else at each request."""

    def __init__(self, products: list[Product]) -> None:
        super().__init__()
        self.random = np.random.default_rng(1)
        known = [each.item_id for each in products if not each.item_id.endswith("7")]
        vectors = self.random.normal(size=(len(known), DIM)).astype(np.float32)
        vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
        self.items = LiveItems.of(known, vectors)
        self.vector: np.ndarray | None = None
        """The taste of everybody; None: another one at each request."""
        self.asked: list[tuple[object, ...]] = []

    def taste(self, user_id: str | None, preferences: object, **more: Any) -> Taste | None:
        self.asked.append((user_id, preferences, *more.values()))
        if user_id == "stranger":
            return None
        vector = self.vector
        if vector is None:
            vector = self.random.normal(size=DIM).astype(np.float32)
        return Taste(vector, self.items)


@pytest.fixture(scope="module")
def products() -> list[Product]:
    config = SyntheticConfig(n_users=10, n_items=960, n_interactions=100, seed=3)
    return make_catalogue(config, np.random.default_rng(3)).products


@pytest.fixture
def recommender(products: list[Product]) -> Fickle:
    return Fickle(products)


@pytest.fixture
def stocked_url(database_url: str, products: list[Product]) -> str:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, products)
    return database_url


@pytest.fixture
def app(stocked_url: str, recommender: Fickle) -> Flask:
    return shop(stocked_url, recommender=recommender)


@pytest.fixture
def caller(app: Flask, stocked_url: str) -> Caller:
    return Caller(app, new_key(stocked_url))


def found(caller: Caller, query: str = QUERY, **more: Any) -> Any:
    return content(caller.post("/search", {"query": query, "user_id": "ada", **more}))


def ids(answer: Any) -> list[str]:
    return [each["product_id"] for each in answer["results"]]


@pytest.mark.parametrize("size", [7, 24, 99, 100])
def test_no_taste_that_changes_between_pages_makes_them_skip_or_repeat(
    caller: Caller, size: int
) -> None:
    seen: list[str] = []
    after = ""
    while after is not None:
        page = found(caller, top_k=size, after=after)
        assert page["personal"]
        seen += ids(page)
        after = page["next"]
        assert after is None or len(page["results"]) == size
    assert len(seen) == len(set(seen)) == page["total"] > HEAD


def test_the_first_page_is_the_best_of_the_most_relevant(
    caller: Caller, recommender: Fickle
) -> None:
    plain = found(caller, top_k=HEAD, personal=False)
    # This shopper likes the last of the head above all.
    liked = next(each for each in reversed(ids(plain)) if not each.endswith("7"))
    recommender.vector = 9 * recommender.items.vectors([liked])[liked]
    page = found(caller, top_k=10)
    assert page["personal"]
    assert not plain["personal"]
    assert liked in ids(page)
    assert liked not in ids(plain)[:10]
    assert set(ids(page)) <= set(ids(plain))


def test_exact_names_stay_first_and_what_is_too_dear_last(
    caller: Caller, products: list[Product]
) -> None:
    for product in products[::240]:
        for query in (product.item_id, product.product_name):
            first = found(caller, query)["results"][0]
            assert first["title"] == product.product_name
    priced = found(caller, "keyboard under 60", top_k=100)["results"]
    dear = [each["price"] is None or float(each["price"]) > 60 for each in priced]
    assert True in dear
    assert dear == sorted(dear)


@pytest.mark.parametrize(
    "more",
    [{"personal": False}, {"user_id": None}, {"user_id": "stranger"}, {"sort": "price-low"}],
)
def test_without_a_taste_the_order_is_unchanged(caller: Caller, more: dict[str, Any]) -> None:
    asked = {"query": QUERY, "top_k": 30} | ({"sort": more["sort"]} if "sort" in more else {})
    for_all = content(caller.post("/search", asked))
    one = found(caller, top_k=30, **more)
    assert ids(one) == ids(for_all)
    assert one["next"] == for_all["next"]
    assert one["personal"] is for_all["personal"] is False


def test_a_model_without_these_products_changes_nothing(
    caller: Caller, recommender: Fickle
) -> None:
    recommender.items = LiveItems.of(["other"], np.ones((1, DIM), dtype=np.float32))
    one = found(caller)
    assert not one["personal"]
    assert ids(one) == ids(found(caller, personal=False))
    assert one["next"] == found(caller, personal=False)["next"]


def test_the_shop_may_do_without(stocked_url: str, recommender: Fickle) -> None:
    app = shop(stocked_url, recommender=recommender, personal_search=False)
    assert not found(Caller(app, new_key(stocked_url)))["personal"]
    page = app.test_client().get(f"/products?q={QUERY}").text
    assert "data-personal" not in page
    assert recommender.asked == []


def test_a_key_that_may_not_read_recommendations_learns_nobodys_taste(
    app: Flask, stocked_url: str
) -> None:
    caller = Caller(app, new_key(stocked_url, Scope.ITEMS_READ))
    assert caller.post("/search", {"query": QUERY, "user_id": "ada"}).status_code == 403
    assert not content(caller.post("/search", {"query": QUERY}))["personal"]


@pytest.mark.parametrize("cursor", ["WzEsIngiLCJ6enp6enp6eiJd", "WzEsIngiLCJhYmMiXQ"])
def test_digests_that_are_none_are_refused(app: Flask, caller: Caller, cursor: str) -> None:
    asked = {"query": QUERY, "after": cursor}
    assert caller.post("/search", asked).status_code == 422
    assert app.test_client().get(f"/products?q={QUERY}&after={cursor}").status_code == 400


def pages(app: Flask, path: str) -> Iterator[BeautifulSoup]:
    """A page, and those that its links lead on to."""
    client = app.test_client()
    link: str | None = path
    while link:
        page = BeautifulSoup(client.get(link).text, "html.parser")
        yield page
        following = page.select_one(".pages a[rel=next]")
        link = str(following["href"]) if following else None


def cards(page: BeautifulSoup) -> list[str]:
    links = page.select("main .grid .card-name a")
    return [str(each["href"]).split("?")[0] for each in links]


def test_the_shops_pages_go_on_and_back(app: Flask, recommender: Fickle) -> None:
    shown = list(pages(app, f"/products?q={QUERY}"))
    everything = [each for page in shown for each in cards(page)]
    assert len(everything) == len(set(everything)) > 100
    assert all(page.select_one("[data-personal=true]") for page in shown)
    client = app.test_client()
    page, number = shown[-1], len(shown) - 1
    while number:
        number -= 1
        link = page.select_one(".pages a[rel=prev]")
        assert link
        page = BeautifulSoup(client.get(str(link["href"])).text, "html.parser")
        if number:  # the first page begins anew, with the taste of the moment
            assert set(cards(page)) == set(cards(shown[number]))
    assert not page.select_one(".pages a[rel=prev]")


def test_a_shopper_sees_that_the_order_is_theirs_and_may_do_without(
    app: Flask, recommender: Fickle
) -> None:
    client = app.test_client()
    page = BeautifulSoup(client.get(f"/products?q={QUERY}").text, "html.parser")
    link = page.select_one("[data-personal=true] a")
    assert link
    assert recommender.asked == [(None, (), [])]
    same = BeautifulSoup(client.get(str(link["href"])).text, "html.parser")
    assert "The order is the same for everybody." in same.text
    following = same.select_one(".pages a[rel=next]")
    assert following
    assert "personal=false" in str(following["href"])
    again = same.select_one("[data-personal=false] a")
    assert again
    assert "personal" not in str(again["href"])
    assert len(recommender.asked) == 1
