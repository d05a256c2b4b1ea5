"""Pages of the catalogue: each product is on one of them, whatever changes meanwhile."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import quote

import psycopg
import pytest
from bs4 import BeautifulSoup
from flask.testing import FlaskClient

from apps.storefront.catalog import availability_repository as availability
from apps.storefront.catalog.listing_repository import Paging, list_products
from apps.storefront.catalog.orders import ORDERS, Sort
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.search.filters import Filters
from streams.contracts import Product
from support.shop import shop

pytestmark = pytest.mark.integration

START = datetime(2026, 1, 1, tzinfo=UTC)
SORTS = [sort.value for sort in Sort]


def product(number: int) -> Product:
    """Many products are equal in what orders them, and some lack it."""
    return Product(
        item_id=f"i{number:03}",
        product_name="Lamp",
        about_product="lamp " * (number % 3),
        category="Home|Lamps" if number % 2 else "Home",
        discounted_price=Decimal(number % 4) / 10 if number % 5 else None,
        rating=1 + number % 4 / 3 if number % 7 else None,
        rating_count=number % 3,
        arrival_date=START + timedelta(microseconds=number % 6),
    )


PRODUCTS = [product(number) for number in range(100)]
IDS = {each.item_id for each in PRODUCTS}


@pytest.fixture
def client(database_url: str) -> FlaskClient:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, PRODUCTS)
    return shop(database_url).test_client()


def items(page: BeautifulSoup) -> list[str]:
    return [str(link["href"]).split("?")[0].rsplit("/", 1)[1] for link in page.select(".card a")]


def pages(client: FlaskClient, path: str, rel: str = "next") -> Iterator[tuple[str, list[str]]]:
    """Addresses and products of the pages that links lead to, from `path` on."""
    while path:
        page = BeautifulSoup(client.get(path).text, "html.parser")
        yield path, items(page)
        link = page.select_one(f"a[rel={rel}]")
        path = str(link["href"]) if link else ""


@pytest.mark.parametrize("sort", SORTS)
def test_forth_and_back_every_product_is_shown_once(client: FlaskClient, sort: str) -> None:
    forth = list(pages(client, f"/products?q=lamp&sort={sort}"))
    shown = [item for _, found in forth for item in found]
    assert len(shown) == len(IDS)
    assert set(shown) == IDS
    back = list(pages(client, forth[-1][0], "prev"))
    assert [found for _, found in back[::-1]] == [found for _, found in forth]
    assert back[-1][0] == forth[0][0]


@pytest.mark.parametrize("sort", [sort for sort in SORTS if sort != "relevance"])
def test_what_arrives_and_what_is_hidden_moves_no_other_product(
    client: FlaskClient, database_url: str, sort: str
) -> None:
    shown: list[str] = []
    for number, (_, found) in enumerate(pages(client, f"/products?sort={sort}")):
        shown += found
        with psycopg.connect(database_url) as connection:
            upsert_products(connection, [product(1000 + 10 * number + each) for each in range(10)])
            availability.set_hidden(connection, found[-1], hidden=True)
            availability.set_stock(connection, found[0], 0)
    assert len(shown) == len(set(shown))
    assert set(shown) >= IDS


def test_a_page_can_be_asked_for_by_its_number(client: FlaskClient) -> None:
    second = list(pages(client, "/products"))[1][1]
    page = BeautifulSoup(client.get("/products?page=2").text, "html.parser")
    assert items(page) == second
    assert "Page 2 of 5" in page.text
    beyond = client.get("/products?page=9").text
    assert "There is no page 9" in beyond
    assert "This list ends at page 5." in beyond


@pytest.mark.parametrize(
    "cursor",
    ["x", "%00", "bm90aGluZw", quote(ORDERS[Sort.RATING].encode((4.5, 3, "i001"))),
     "WzFlOTk5OTk5LCAiYSJd", "WyJJbmZpbml0eSIsICJhIl0",
     "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsICJhXHUwMDAwIl0"],
)  # fmt: skip
@pytest.mark.parametrize("sort", ["price-low", "newest"])
@pytest.mark.parametrize("side", ["after", "before"])
def test_a_cursor_that_is_none_is_refused(
    client: FlaskClient, cursor: str, sort: str, side: str
) -> None:
    assert client.get(f"/products?page=2&sort={sort}&{side}={cursor}").status_code == 400


@pytest.mark.parametrize("sort", [sort for sort in Sort if sort is not Sort.RELEVANCE])
def test_a_page_far_down_is_read_by_the_index_of_its_order(
    client: FlaskClient, database_url: str, sort: Sort
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.products (item_id, product_name, arrival_date, discounted_price,"
            " rating, rating_count) select 'n' || n, 'Lamp', '2026-01-01'::timestamptz"
            " + n * interval '1 second', n / 100.0, 1 + n % 4, n from generate_series(1, 20000) n"
        )
        connection.execute("analyze shop.products")
        condition, values = Filters().condition(None, with_sold_out=False)
        paging = Paging(1, offset=9000)
        far = list_products(connection, condition, values, order=sort, paging=paging).last
        connection.execute("select pg_stat_force_next_flush()")
        connection.commit()
        before = rows_read(connection)
        paging = Paging(24, place=far)
        found = list_products(connection, condition, values, order=sort, paging=paging)
        assert len(found.products) == 24
        connection.execute("select pg_stat_force_next_flush()")
        connection.commit()
        assert rows_read(connection) - before < 100


def rows_read(connection: psycopg.Connection) -> int:
    """Rows of the products that were read so far, by an index or one after the other."""
    row = connection.execute(
        "select seq_tup_read + idx_tup_fetch from pg_stat_user_tables"
        " where relid = 'shop.products'::regclass"
    ).fetchone()
    assert row
    return int(row[0])
