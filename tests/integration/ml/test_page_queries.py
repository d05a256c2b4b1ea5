"""How many queries a page runs: counted for every page of the shop, with a model that is live."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient

from apps.storefront.catalog.counts import CatalogCounts
from ml.features.training_data import load_dataset
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from ml.towers.config import TowersConfig
from ml.towers.training import train
from support.shop import shop, sign_up, submit

pytestmark = pytest.mark.integration

MAX_QUERIES = 6
QUERIES = (
    "",
    "?q=books",
    "?q=books&category=Books&sort=rating",
    "?category=Books&page=2",
    "?from=home&pos=1",
)
"""Of pages that answer another way to some parameters; the others ignore them."""

Counted = Callable[[FlaskClient, str], list[str]]


@pytest.fixture
def recommender(settings: MlSettings, taste_shop: Any) -> Iterator[Recommender]:
    taste_shop.write(settings.database_url)
    until = datetime.now(UTC)
    dataset = load_dataset(settings, until)
    bundle = train(dataset, TowersConfig(epochs=1, dim=16, text_encoder=None), seed=0)
    publish(
        Ranker(bundle, {}, {"two_tower": 1.0}),
        dataset,
        settings,
        until=until,
        parameters={},
        metrics={},
        progress=lambda *_: None,
    )
    recommender = Recommender(settings)
    yield recommender
    recommender.close()


@pytest.fixture
def app(settings: MlSettings, recommender: Recommender, eventually: Callable[..., None]) -> Flask:
    eventually(lambda: recommender.status().has_bundle, 30)
    return shop(settings.database_url, recommender=recommender)


def _text(query: Any, cursor: Any) -> str:
    match query:
        case str():
            return query
        case bytes():
            return query.decode()
    return str(query.as_string(cursor))


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Counted:
    """Asks for a page; the statements that its thread has sent, on any connection."""
    statements: list[str] = []
    thread = threading.get_ident()
    execute = psycopg.Cursor.execute

    def counting(cursor: Any, query: Any, *args: Any, **options: Any) -> Any:
        # The pool looks by an empty statement whether a connection is still alive.
        if query and threading.get_ident() == thread:
            statements.append(_text(query, cursor))
        return execute(cursor, query, *args, **options)

    monkeypatch.setattr(psycopg.Cursor, "execute", counting)

    def get(client: FlaskClient, path: str) -> list[str]:
        statements.clear()
        answer = client.get(path)
        assert answer.status_code == 200, path
        return list(statements)

    return get


def paths(app: Flask, values: dict[str, str]) -> list[str]:
    """All but files, the API and its description; a new kind of page needs its values here."""
    adapter = app.url_map.bind("")
    return [
        adapter.build(rule.endpoint, {name: values[name] for name in rule.arguments})
        for rule in app.url_map.iter_rules()
        if "GET" in (rule.methods or ())
        and not rule.rule.startswith(("/static/", "/pictures/", "/api/", "/docs", "/openapi"))
    ]


@pytest.mark.parametrize("kind", ["visitor", "shopper"])
def test_no_page_runs_more_than_six_queries(app: Flask, counted: Counted, kind: str) -> None:
    client = app.test_client()
    values = {"item_id": "i01", "order_id": str(UUID(int=0))}
    if kind == "shopper":
        sign_up(client)
        submit(client, "/cart", {"item_id": "i02"})
        values["order_id"] = submit(client, "/orders").location.split("?")[0].rsplit("/", 1)[1]
        for item in ("i03", "i05"):
            submit(client, "/cart", {"item_id": item})
            submit(client, "/orders/now", {"item_id": item})
    pages: list[str] = []
    for path in paths(app, values):
        for query in QUERIES:
            forget_counts(app)
            answer = client.get(path + query)
            if answer.mimetype != "text/html" or answer.status_code != 200:
                continue
            pages.append(path)
            forget_counts(app)
            statements = counted(client, path + query)
            listed = "\n".join(statements)
            assert len(statements) <= MAX_QUERIES, f"{path + query} of a {kind}:\n{listed}"
    own = {"/cart", "/orders", "/preferences", f"/orders/{values['order_id']}"}
    assert {"/", "/products", "/products/i01", "/recommendations"} <= set(pages)
    assert (own <= set(pages)) == (kind == "shopper"), pages


def test_the_number_of_queries_does_not_grow_with_the_products(
    app: Flask, counted: Counted
) -> None:
    client = app.test_client()
    sign_up(client)
    numbers = []
    for items in (("i02",), ("i03", "i04", "i05", "i06", "i07")):
        for item in items:
            submit(client, "/cart", {"item_id": item})
        cart = len(counted(client, "/cart"))
        submit(client, "/orders")
        numbers.append((cart, len(counted(client, "/orders"))))
    carts, orders = zip(*numbers, strict=True)
    assert max(carts) <= 3, "the third asks what goes with it, if something does"
    assert orders[0] == orders[1]


def test_counts_are_kept(app: Flask, counted: Counted) -> None:
    client = app.test_client()
    cold = counted(client, "/products?category=Books")
    warm = counted(client, "/products?category=Books")
    assert [statement for statement in warm if "count(*)" in statement] == []
    assert len(cold) == len(warm) + 3


def forget_counts(app: Flask) -> None:
    CatalogCounts().install(app.extensions)
