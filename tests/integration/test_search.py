"""Search by words, on a real database: typos, synonyms, relaxing, filters and pages."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import numpy as np
import psycopg
import pytest
from bs4 import BeautifulSoup
from flask import Flask

from apps.storefront.catalog import availability_repository as availability
from apps.storefront.catalog.orders import Sort
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.search import vocabulary_repository
from apps.storefront.search.search import Search
from apps.storefront.search.synonyms import Synonyms
from ml.data.synthetic import SyntheticConfig
from ml.data.synthetic.catalogue import make_catalogue
from streams.contracts import Product
from support.api import Caller, content, new_key
from support.shop import shop

pytestmark = pytest.mark.integration

PRODUCTS = 960
"""Twenty of each of the 48 kinds."""
START = datetime(2026, 1, 1, tzinfo=UTC)

Answer = dict[str, Any]


@pytest.fixture(scope="module")
def products() -> list[Product]:
    config = SyntheticConfig(n_users=10, n_items=PRODUCTS, n_interactions=100, seed=3)
    return make_catalogue(config, np.random.default_rng(3)).products


@pytest.fixture
def app(database_url: str, products: list[Product]) -> Flask:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, products)
    return shop(database_url)


@pytest.fixture
def search(app: Flask, database_url: str) -> Callable[..., Answer]:
    caller = Caller(app, new_key(database_url))

    def ask(query: str, **more: Any) -> Answer:
        found: Answer = content(caller.post("/search", {"query": query, **more}))
        return found

    return ask


def titles(found: Answer) -> list[str]:
    return [each["title"] for each in found["results"]]


@pytest.mark.parametrize(
    ("query", "word"),
    [
        ("mosue", "Mouse"), ("tv", "Television"), ("running shoes", "Running Sneakers"),
        ("head phones", "Headphones"), ("cofee maker", "Espresso Machine"),
        ("wireles keybord", "Wireless Keyboard"), ("televisions", "Television"),
        ("bookcases", "Bookcase"), ("Kettlebel", "Kettlebell"), ("cat tree", "Scratching Tree"),
    ],
)  # fmt: skip
def test_what_is_meant_comes_first(search: Callable[..., Answer], query: str, word: str) -> None:
    found = search(query, top_k=3)
    assert all(word in title for title in titles(found)), titles(found)
    assert found["mode"] == "full_text"


@pytest.mark.parametrize(
    ("query", "department"), [("comfy place for my dog", "Pets|Dogs"), ("laptop", "Computers")]
)
def test_words_that_no_product_has_do_not_hide_the_others(
    search: Callable[..., Answer], query: str, department: str
) -> None:
    found = search(query)
    assert len(found["results"]) == 20
    assert all(each["category"].startswith(department) for each in found["results"])


@pytest.mark.parametrize(
    ("query", "meant"),
    [("cofee maker", "coffee maker"), ("mouse", None), ("place for a laptop", None),
     ("zzxq headphones", None)],
)  # fmt: skip
def test_only_typos_are_corrected(
    search: Callable[..., Answer], query: str, meant: str | None
) -> None:
    assert search(query)["did_you_mean"] == meant


def test_exact_ids_and_names_come_first(
    search: Callable[..., Answer], products: list[Product]
) -> None:
    for product in products[::240]:
        for query in (product.item_id, product.product_name, product.product_name.upper()):
            first = search(query)["results"][0]
            assert first["title"] == product.product_name
            assert first["score"] >= 1
        assert search(product.item_id)["results"][0]["product_id"] == product.item_id


def test_a_page_is_full_while_any_product_holds_a_word(search: Callable[..., Answer]) -> None:
    found = search("emerald mechanical keyboard for espresso", top_k=50)
    assert len(found["results"]) == 50
    assert "Mechanical Keyboard" in titles(found)[0]


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_neither_skip_nor_repeat(search: Callable[..., Answer], sort: Sort) -> None:
    seen: list[str] = []
    after = ""
    while after is not None:
        found = search("black wireless keyboard", sort=sort.value, top_k=37, after=after)
        seen += [each["product_id"] for each in found["results"]]
        after = found["next"]
    assert len(seen) == len(set(seen)) == found["total"]
    everything = [
        each["product_id"] for each in pages(search, "black wireless keyboard", sort.value, 100)
    ]
    assert seen == everything


def pages(
    search: Callable[..., Answer], query: str, sort: str, size: int
) -> Iterator[dict[str, Any]]:
    after = ""
    while after is not None:
        found = search(query, sort=sort, top_k=size, after=after)
        yield from found["results"]
        after = found["next"]


def test_prices_are_sorted_among_what_holds_all_words(search: Callable[..., Answer]) -> None:
    found = search("wireless keyboard", sort="price-low", top_k=100)
    strict = [each for each in found["results"] if "Wireless Keyboard" in each["title"]]
    assert found["results"][: len(strict)] == strict
    prices = [Decimal(each["price"]) for each in strict]
    assert prices == sorted(prices)


def test_filters_leave_what_they_say_and_all_of_it(
    search: Callable[..., Answer], products: list[Product], database_url: str
) -> None:
    black = [each for each in products if each.product_name.endswith(", black")]
    found = search("black", filters={"colour": "black"}, top_k=100)
    assert {each["title"] for each in found["results"]} == {each.product_name for each in black}
    cheap = search("keyboard", filters={"max_price": 40, "min_price": "20.00"}, top_k=100)
    assert all(20 <= Decimal(each["price"]) <= 40 for each in cheap["results"])
    inside = search("black", filters={"category": "Pets"}, top_k=100)
    assert {each["category"].split("|")[0] for each in inside["results"]} == {"Pets"}
    brand = black[0].product_name.split()[0]
    of_brand = search("black", filters={"brand": brand}, top_k=100)
    assert {each["title"].split()[0] for each in of_brand["results"]} == {brand}
    with psycopg.connect(database_url) as connection:
        availability.set_stock(connection, black[0].item_id, 0)
    ids = [
        [each["product_id"] for each in search("black", filters=filters, top_k=100)["results"]]
        for filters in ({"colour": "black"}, {"colour": "black", "in_stock": True})
    ]
    assert set(ids[0]) - set(ids[1]) == {black[0].item_id}
    rated = search("black", filters={"min_rating": 4.5}, top_k=100)
    assert all(each["stars"] >= 4.5 for each in rated["results"])


@pytest.mark.parametrize("narrowed", ["", "&category=Pets"])
def test_the_categories_of_the_page_count_what_was_found(app: Flask, narrowed: str) -> None:
    page = BeautifulSoup(app.test_client().get(f"/products?q=dog{narrowed}").text, "html.parser")
    (status,) = page.select(".page-head [role=status]")
    found = int(status.text.split()[0].replace(",", ""))
    lists = page.select("nav[aria-label='Categories and filters'] > ul")[0]
    level = "li ul li" if narrowed else "li"
    counted = [int(each.text) for each in lists.select(f"{level} > a > .muted")]
    assert sum(counted) == found < PRODUCTS


def test_a_category_without_a_name_is_found_by_nothing(app: Flask) -> None:
    assert app.test_client().get("/products?q=dog&category=|").status_code == 200


def test_facets_count_what_was_found(
    search: Callable[..., Answer], products: list[Product]
) -> None:
    facets = search("dog", filters={"category": "Pets"})["facets"]
    found = list(pages_within(search, "dog", {"category": "Pets"}))
    by_category = {each["value"]: each["count"] for each in facets["category"]}
    assert sum(by_category.values()) == len(found)
    assert by_category.keys() <= {"Pets|Dogs", "Pets|Cats"}
    four = next(each["count"] for each in facets["rating"] if each["value"] == "4")
    assert four == sum(each["stars"] >= 4 for each in found)
    chosen = facets["brand"][0]
    narrowed = search("dog", filters={"category": "Pets", "brand": chosen["value"]})
    assert narrowed["total"] == chosen["count"]


def pages_within(
    search: Callable[..., Answer], query: str, filters: dict[str, Any]
) -> Iterator[dict[str, Any]]:
    after = ""
    while after is not None:
        found = search(query, filters=filters, top_k=100, after=after)
        yield from found["results"]
        after = found["next"]


def test_get_and_post_answer_alike(app: Flask, database_url: str) -> None:
    caller = Caller(app, new_key(database_url))
    got = content(caller.get("/search?query=mosue&top_k=3&max_price=30&colour=Black"))
    sent = {"query": "mosue", "top_k": 3, "filters": {"max_price": "30", "colour": "black"}}
    posted = content(caller.post("/search", sent))
    assert got | {"query_time_ms": 0} == posted | {"query_time_ms": 0}
    pictures = [each["image_url"] for each in got["results"]]
    assert {app.test_client().get(each).status_code for each in pictures} == {200}


@pytest.mark.parametrize(
    "sent",
    [{}, {"query": " "}, {"query": "x", "top_k": 0}, {"query": "x", "after": "x"},
     {"query": "a\x00b"}, {"query": "x" * 201}, {"query": "x", "filters": {"size": "L"}},
     {"query": "x", "filters": {"min_price": "NaN"}}],
)  # fmt: skip
def test_what_breaks_the_contract_is_refused(
    app: Flask, database_url: str, sent: dict[str, Any]
) -> None:
    caller = Caller(app, new_key(database_url))
    assert caller.post("/search", sent).status_code == 422


@pytest.mark.parametrize(
    "query",
    [
        "'",
        "a & | ! b",
        "(:*",
        "\\",
        "<->",
        "%s %(x)s",
        "日本語",
        "...",
        "für",
        "a" * 200,
        "İstanbul",
    ],
)
def test_no_text_breaks_the_search(search: Callable[..., Answer], query: str) -> None:
    assert search(query)["mode"] == "full_text"


def test_a_product_is_found_as_soon_as_it_is_there(
    search: Callable[..., Answer], database_url: str
) -> None:
    search("mouse")
    with psycopg.connect(database_url) as connection:
        new = Product(item_id="new", product_name="Zorbulator 9000", arrival_date=START)
        upsert_products(connection, [new])
    assert search("zorbulator")["results"][0]["product_id"] == "new"


def test_a_page_that_is_kept_shows_products_as_they_are_now(
    search: Callable[..., Answer], database_url: str
) -> None:
    first, second = (each["product_id"] for each in search("mouse")["results"][:2])
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "update shop.products set discounted_price = 1.25 where item_id = %s", (first,)
        )
    shown = search("mouse")["results"]
    assert [each["product_id"] for each in shown[:2]] == [first, second]
    assert shown[0]["price"] == "1.25"
    with psycopg.connect(database_url) as connection:
        availability.set_hidden(connection, first, hidden=True)
    assert first not in [each["product_id"] for each in search("mouse")["results"]]


def test_a_page_is_kept_for_seconds_alone(
    search: Callable[..., Answer], app: Flask, database_url: str
) -> None:
    hidden = search("mouse")["results"][0]["product_id"]
    with psycopg.connect(database_url) as connection:
        availability.set_hidden(connection, hidden, hidden=True)
    without = search("mouse")["results"]
    with psycopg.connect(database_url) as connection:
        availability.set_hidden(connection, hidden, hidden=False)
    assert search("mouse")["results"] == without
    with app.app_context():
        results = Search.of_this_app()._results
    results.expire(results.timer() + 40)
    assert search("mouse")["results"][0]["product_id"] == hidden


def test_new_words_and_synonyms_are_learnt(app: Flask, database_url: str) -> None:
    with app.app_context(), psycopg.connect(database_url) as connection:
        own = Search.of_this_app()
        caller = Caller(app, new_key(database_url))
        assert content(caller.get("/search?query=zorbulatr"))["results"] == []
        new = Product(item_id="new", product_name="Zorbulator 9000", arrival_date=START)
        upsert_products(connection, [new])
        synonyms = Synonyms(version=1, equivalent=(("gizmo", "zorbulator"),))
        vocabulary_repository.store_synonyms(connection, synonyms)
        connection.commit()
        own.refresh(connection)
        for query in ("zorbulatr", "gizmos"):
            found = content(caller.get(f"/search?query={query}"))
            assert [each["product_id"] for each in found["results"]] == ["new"]


def test_another_language_has_other_stems(database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        new = Product(item_id="de", product_name="Bequeme Hundebetten", arrival_date=START)
        upsert_products(connection, [new])
        vocabulary_repository.set_language(connection, "german")
    caller = Caller(shop(database_url), new_key(database_url))
    for query in ("Hundebett", "bequemes hundebet"):
        assert content(caller.get(f"/search?query={query}"))["results"][0]["product_id"] == "de"


def test_the_page_says_what_it_corrected_and_narrows_down(app: Flask) -> None:
    page = BeautifulSoup(app.test_client().get("/products?q=cofee+maker").text, "html.parser")
    assert "Showing results for “coffee maker”" in page.text
    assert page.select_one("[data-mode=full_text]")
    link = page.select_one(".filter a[href*='brand=']")
    assert link
    narrowed = BeautifulSoup(app.test_client().get(str(link["href"])).text, "html.parser")
    brand = str(link["href"]).split("brand=")[1].split("&")[0]
    names = [card.text.strip() for card in narrowed.select(".card-name")]
    assert names
    assert all(name.lower().startswith(brand) for name in names)


def test_the_answer_says_when_no_product_has_all_words(
    search: Callable[..., Answer], app: Flask, products: list[Product]
) -> None:
    assert search("wireless keyboard")["has_all_words"]
    assert search(products[0].item_id)["has_all_words"]
    assert not search("wireless keyboard for espresso")["has_all_words"]
    client = app.test_client()
    shown = client.get("/products?q=wireless+keyboard+for+espresso").text
    assert "No product has all of these words; these have some of them." in shown
    narrowed = client.get("/products?q=wireless+keyboard+for+espresso&category=Kitchen").text
    assert "No product has all of these words under these filters;" in narrowed
    for query in ("wireless+keyboard", "wireless+keyboard&page=2", ""):
        assert "data-partial" not in client.get(f"/products?q={query}").text
