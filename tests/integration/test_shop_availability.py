"""What is hidden, sold out or not there yet: on every page, and in orders at the same time."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from apps.storefront.catalog import availability_repository as availability
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.listing_repository import listed_count
from apps.storefront.search.filters import Filters
from ml.registry.catalogue import unavailable_items
from streams.contracts import Product
from support.shop import ListOf, shop, sign_up, stock, submit

pytestmark = pytest.mark.integration

OPEN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def app(database_url: str) -> Flask:
    """A shop with products of one kind: one to sell, and one for each reason not to."""
    arrivals = dict.fromkeys(("plain", "few", "hidden", "sold-out", "abroad"), OPEN)
    arrivals["announced"] = datetime.now(UTC) + timedelta(days=2)
    with psycopg.connect(database_url) as connection:
        catalog.upsert_products(
            connection,
            [
                Product(
                    item_id=item,
                    product_name=f"Lamp {item}",
                    category="Home|Lamps",
                    arrival_date=arrival,
                )
                for item, arrival in arrivals.items()
            ],
        )
        assert availability.set_stock(connection, "few", 3)
        assert availability.set_stock(connection, "sold-out", 0)
        assert availability.set_hidden(connection, "hidden", hidden=True)
        assert availability.set_regions(connection, "abroad", ["CA", "MX"])
    return shop(database_url, recommender=ListOf(*arrivals), region="US")


def shown(client: FlaskClient, path: str) -> set[str]:
    """The products whose cards a page shows."""
    page = BeautifulSoup(client.get(path).text, "html.parser")
    return {str(link["href"]).split("?")[0].rsplit("/", 1)[1] for link in page.select(".card a")}


def left(database_url: str, item_id: str) -> int | None:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select stock from shop.products where item_id = %s", (item_id,)
        ).fetchone()
    assert row
    found: int | None = row[0]
    return found


@pytest.mark.parametrize(
    "path", ["/", "/products", "/products?category=Home", "/products?sort=price-low",
             "/recommendations"],
)  # fmt: skip
def test_lists_show_what_can_be_ordered(client: FlaskClient, path: str) -> None:
    assert shown(client, path) == {"plain", "few"}


def test_similar_products_can_be_ordered(client: FlaskClient) -> None:
    assert shown(client, "/products/plain") == {"few"}


def test_who_searches_for_a_sold_out_product_is_told(client: FlaskClient) -> None:
    assert shown(client, "/products?q=lamp") == {"plain", "few", "sold-out"}
    cards = BeautifulSoup(client.get("/products?q=lamp+sold").text, "html.parser").select(".card")
    assert ["Sold out" in card.text for card in cards] == [True, False, False]


def test_counts_are_of_what_is_listed(app: Flask, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        (department,) = catalog.departments(connection, 5, region="US")
        (below,) = catalog.subcategories(connection, "Home", 5, region="US")
        total = listed_count(connection, *Filters().condition("US", with_sold_out=False))
    assert department.products == below.products == total == 2


def test_a_shop_of_the_region_sells_it(app: Flask, database_url: str) -> None:
    for region in ("CA", None):
        client = shop(database_url, region=region).test_client()
        assert "abroad" in shown(client, "/products")
        assert client.get("/products/abroad").status_code == 200


@pytest.mark.parametrize("item", ["hidden", "announced", "abroad"])
def test_what_is_not_sold_is_nowhere(client: FlaskClient, item: str) -> None:
    assert client.get(f"/products/{item}").status_code == 404
    for path in ("/cart", "/orders/now", "/cart/quantity"):
        assert submit(client, path, {"item_id": item}).status_code == 404


def test_a_sold_out_product_has_a_page_without_a_button(
    client: FlaskClient, app: Flask, database_url: str
) -> None:
    for visitor in (client, app.test_client()):
        answer = visitor.get("/products/sold-out")
        page = BeautifulSoup(answer.text, "html.parser")
        assert answer.status_code == 200
        assert page.select_one(".product .shortage").text == "Sold out"  # type: ignore[union-attr]
        assert not page.select("form.buy")
        assert "Log in to buy" not in page.text
    for path in ("/cart", "/orders/now"):
        answer = submit(client, path, {"item_id": "sold-out"})
        assert answer.location == "/products/sold-out"
        assert "This product is sold out." in client.get(answer.location).text
    assert "Your cart is empty" in client.get("/cart").text
    assert left(database_url, "sold-out") == 0


def test_nobody_orders_more_than_there_is(client: FlaskClient, database_url: str) -> None:
    submit(client, "/cart", {"item_id": "few", "quantity": 2})
    assert (
        "Only 3 of this product are left."
        in client.get(submit(client, "/cart", {"item_id": "few", "quantity": 5}).location).text
    )
    refused = submit(client, "/cart/quantity", {"item_id": "few", "quantity": 4})
    assert refused.status_code == 422
    assert "Only 3 of this product are left." in refused.text
    refused = submit(client, "/orders/now", {"item_id": "few", "quantity": 4})
    assert refused.location == "/products/few"
    submit(client, "/orders")
    assert left(database_url, "few") == 0
    assert left(database_url, "plain") is None


def test_a_cart_says_what_sold_out_meanwhile(client: FlaskClient, database_url: str) -> None:
    submit(client, "/cart", {"item_id": "few", "quantity": 2})
    submit(client, "/cart", {"item_id": "plain"})
    for number, words in ((1, "Only 1 left"), (0, "Sold out")):
        with psycopg.connect(database_url) as connection:
            availability.set_stock(connection, "few", number)
        page = BeautifulSoup(client.get("/cart").text, "html.parser")
        assert page.select_one(".line .shortage").text == words  # type: ignore[union-attr]
        assert "Place order" not in page.text
        assert submit(client, "/orders").location == "/cart"
        assert left(database_url, "few") == number
    assert "No orders yet" in client.get("/orders").text
    submit(client, "/cart/remove", {"item_id": "few"})
    assert "/orders/" in submit(client, "/orders").location


def test_orders_at_the_same_time_take_no_more_than_there_is(app: Flask, database_url: str) -> None:
    stock(database_url)
    with psycopg.connect(database_url) as connection:
        for item in ("p0", "p1"):
            availability.set_stock(connection, item, 5)
    clients = [app.test_client() for _ in range(8)]
    for number, client in enumerate(clients):
        sign_up(client)
        # Half the carts are filled in the other order: their orders must not wait for each other.
        for item in ("p0", "p1") if number % 2 else ("p1", "p0"):
            submit(client, "/cart", {"item_id": item})
    with ThreadPoolExecutor(len(clients)) as threads:
        answers = list(threads.map(lambda client: submit(client, "/orders"), clients))
    placed = [answer for answer in answers if answer.location.startswith("/orders/")]
    assert len(placed) == 5
    assert left(database_url, "p0") == left(database_url, "p1") == 0


def test_an_import_leaves_the_shopkeepers_word(app: Flask, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        before = set(unavailable_items(connection, "US"))
        for item in before - {"announced"}:
            catalog.upsert_products(
                connection, [Product(item_id=item, product_name="Again", arrival_date=OPEN)]
            )
        assert set(unavailable_items(connection, "US")) == before
        assert catalog.names_of(connection, ["hidden"]) == {"hidden": "Again"}


@pytest.mark.parametrize("region", ["US", "CA", None])
def test_the_models_side_and_the_shop_agree(
    app: Flask, database_url: str, region: str | None
) -> None:
    with psycopg.connect(database_url) as connection:
        everything = {item for (item,) in connection.execute("select item_id from shop.products")}
        listed = {each.item_id for each in catalog.named(connection, [*everything], region=region)}
        assert set(unavailable_items(connection, region)) == everything - listed


def test_a_worker_finds_unavailable_products_by_their_indexes(
    app: Flask, database_url: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.products (item_id, product_name, arrival_date)"
            " select 'n' || n, 'Lamp', '2026-01-01' from generate_series(1, 20000) n"
        )
        connection.execute("analyze shop.products")
        connection.execute("select pg_stat_force_next_flush()")
        connection.commit()
        before = scans(connection)
        assert sorted(unavailable_items(connection, "US")) == sorted(
            ("hidden", "sold-out", "announced", "abroad")
        )
        connection.execute("select pg_stat_force_next_flush()")
        connection.commit()
        assert scans(connection) == before


def scans(connection: psycopg.Connection) -> int:
    """How often the whole table was read."""
    row = connection.execute(
        "select seq_scan from pg_stat_user_tables where relid = 'shop.products'::regclass"
    ).fetchone()
    assert row
    return int(row[0])
