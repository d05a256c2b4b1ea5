"""Search by words and meaning together, with the real text model and a real database."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import psycopg
import pytest
from flask import Flask

from apps.storefront.catalog.repository import upsert_products
from apps.storefront.search.encoder_client import Encoded
from apps.storefront.search.search import Search
from apps.storefront.services import Services
from ml.data.synthetic import SyntheticConfig
from ml.data.synthetic.catalogue import make_catalogue
from ml.towers.text import embed_texts
from support.api import Caller, content, new_key
from support.shop import NOBODY, shop
from support.text_vectors import EncoderInProcess, copy_text_vectors

pytestmark = pytest.mark.integration

ENCODER = "all-MiniLM-L6-v2"
QUERIES = ("a soft bed for my dog", "something to boil water in", "watch films at home")
SELECTIVITIES = (1, 10, 50, 100)


@pytest.fixture(scope="module")
def catalogue() -> tuple[list[Any], Any]:
    config = SyntheticConfig(n_users=10, n_items=480, n_interactions=100, seed=3)
    products = make_catalogue(config, np.random.default_rng(3)).products
    vectors = embed_texts(
        [f"{each.product_name}. {each.category}. {each.about_product}" for each in products],
        ENCODER,
    )
    return products, vectors


@pytest.fixture
def database(database_url: str, catalogue: tuple[list[Any], Any]) -> str:
    products, vectors = catalogue
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, products)
        rows = (
            (product.item_id, "", vector) for product, vector in zip(products, vectors, strict=True)
        )
        copy_text_vectors(connection, ENCODER, rows)
    return database_url


@pytest.fixture
def encoder(database: str) -> EncoderInProcess:
    return EncoderInProcess(database, ENCODER)


@pytest.fixture
def app(database: str, encoder: EncoderInProcess) -> Iterator[Flask]:
    app = shop(database)
    with app.app_context():
        services = Services.of_this_app()
    search = Search(services.database, encoder, region=None)
    search.install(app.extensions)
    search.install(app.wsgi_app.mounts["/api/v1"].__self__.extensions)  # type: ignore[attr-defined]
    yield app
    services.database.close()


@pytest.fixture
def caller(app: Flask, database: str) -> Caller:
    return Caller(app, new_key(database))


@pytest.mark.parametrize(
    ("query", "category"),
    [
        ("comfy place for my dog", "Pets|Dogs|Dog Beds"),
        ("something to boil water in", "Kitchen|Drinks|Kettles"),
        ("a tool that makes my hair curly", "Beauty|Hair|Styling Tools"),
    ],
)
def test_a_question_finds_what_is_meant(caller: Caller, query: str, category: str) -> None:
    found = content(caller.post("/search", {"query": query, "top_k": 5}))
    assert found["mode"] == "hybrid"
    assert {each["category"] for each in found["results"]} == {category}


def test_without_the_encoder_words_alone_are_searched_and_the_answer_says_so(
    app: Flask, caller: Caller, encoder: EncoderInProcess
) -> None:
    encoder.is_away = True
    found = content(caller.get("/search?query=dog"))
    assert found["mode"] == "full_text"
    assert len(found["results"]) == 20
    page = app.test_client().get("/products?q=dog").text
    assert 'data-mode="full_text"' in page


def test_an_encoder_that_nobody_answers_for_is_away(database: str) -> None:
    app = shop(database, encoder_url=f"http://{NOBODY}")
    found = content(Caller(app, new_key(database)).get("/search?query=dog"))
    assert found["mode"] == "full_text"


@pytest.mark.parametrize("percent", SELECTIVITIES)
@pytest.mark.parametrize("query", QUERIES)
def test_filters_leave_the_nearest_and_starve_no_page(
    caller: Caller, database: str, catalogue: tuple[list[Any], Any], percent: int, query: str
) -> None:
    products, vectors = catalogue
    kept = [n for n in range(len(products)) if n % 100 < percent]
    with psycopg.connect(database) as connection:
        connection.execute(
            "update shop.products set attributes = attributes || array['material=kept']"
            " where item_id = any(%s)",
            ([products[n].item_id for n in kept],),
        )
    # No product has these words, so that the vectors alone decide.
    wordless = {"a soft bed for my dog": "snoozing poochie", "something to boil water in": "bubbly",
                "watch films at home": "cinemagoer"}[query]  # fmt: skip
    asked = {"query": wordless, "top_k": 10, "filters": {"material": "kept"}}
    found = [each["product_id"] for each in content(caller.post("/search", asked))["results"]]
    cosines = vectors[kept] @ embed_texts([wordless], ENCODER)[0]
    exact = [products[kept[n]].item_id for n in np.argsort(-cosines, kind="stable")[:10]]
    assert len(found) == min(10, len(kept))
    assert len(set(found) & set(exact)) >= 0.9 * len(exact)


def test_a_product_whose_text_says_nothing_is_near_to_none(caller: Caller, database: str) -> None:
    with psycopg.connect(database) as connection:
        connection.execute(
            "delete from shop.products where item_id not in"
            " (select item_id from shop.products order by item_id limit 100)"
        )
        (silent,) = connection.execute(
            "update ml.text_embeddings set embedding = null"
            " where item_id = (select min(item_id) from ml.text_embeddings) returning item_id"
        ).fetchone() or ("",)
    # Now sorting them all is cheaper for PostgreSQL than the graph, which knows no null vectors.
    with psycopg.connect(database, autocommit=True) as connection:
        connection.execute("vacuum full analyze ml.text_embeddings")
    found = content(caller.get("/search?query=warm boots&top_k=100"))
    assert found["mode"] == "hybrid"
    assert len(found["results"]) == 99
    assert silent not in {each["product_id"] for each in found["results"]}
    assert all(each["score"] is not None for each in found["results"])


def test_pages_of_a_filtered_hybrid_search_neither_skip_nor_repeat(caller: Caller) -> None:
    seen: list[str] = []
    after = ""
    while after is not None:
        asked = {"query": "warm boots", "top_k": 17, "after": after,
                 "filters": {"category": "Fashion"}}  # fmt: skip
        found = content(caller.post("/search", asked))
        seen += [each["product_id"] for each in found["results"]]
        after = found["next"]
    assert len(seen) == len(set(seen)) == found["total"]
    assert len(seen) >= 40, "all of the department"


def test_the_vector_of_a_text_is_asked_for_once(
    caller: Caller, encoder: EncoderInProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    texts = encoder.texts

    def count(sent: list[str], *, nearest: int) -> Encoded:
        asked.extend(sent)
        return texts(sent, nearest=nearest)

    monkeypatch.setattr(encoder, "texts", count)
    for query in ("dog bed", "dog bed", "dog  bed", "dgo bed"):
        content(caller.get(f"/search?query={query}"))
    assert asked[0] == "dog bed"
    assert len(asked) == len(set(asked))


def test_products_that_are_near_by_meaning_alone_are_called_so(app: Flask, caller: Caller) -> None:
    query = "a tool that makes my hair curly"
    assert not content(caller.post("/search", {"query": query}))["has_all_words"]
    page = app.test_client().get("/products", query_string={"q": query}).text
    assert "No product has all of these words; these are the nearest by meaning." in page
