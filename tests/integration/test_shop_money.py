"""Money in the shop's tables and pages: exact, and taken over from a shop that had floats."""

from datetime import UTC, datetime
from decimal import Decimal

import psycopg
import pytest

from apps.migrations.upgrade import upgrade
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.orders import repository
from streams.contracts import Product
from support.shop import shop, sign_up, submit

pytestmark = pytest.mark.integration

_BEFORE_MONEY = "0004"


def test_sums_of_a_cart_and_an_order_are_exact(database_url: str) -> None:
    lamp, pen = (
        Product.model_validate(
            {"item_id": item_id, "product_name": item_id, "discounted_price": price,
             "arrival_date": datetime(2026, 1, 1, tzinfo=UTC)}
        )
        for item_id, price in (("lamp", "9999999999.99"), ("pen", "0.10"))
    )  # fmt: skip
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, [lamp, pen])
        prices = connection.execute("select price from shop.products order by item_id").fetchall()
    assert prices == [(lamp.discounted_price,), (pen.discounted_price,)]
    client = shop(database_url).test_client()
    sign_up(client)
    submit(client, "/cart", {"item_id": "pen", "quantity": "3"})
    assert "$0.30" in client.get("/cart").text
    submit(client, "/orders")
    submit(client, "/cart", {"item_id": "lamp", "quantity": "3"})
    submit(client, "/cart", {"item_id": "pen", "quantity": "3"})
    large = client.get(submit(client, "/orders").location).text
    assert "$30,000,000,000.27" in large
    with psycopg.connect(database_url) as connection:
        (user_id,) = connection.execute("select user_id from shop.users").fetchone() or ("",)
        orders = repository.history(connection, user_id, limit=2, offset=0)
    assert [order.total for order in orders] == [Decimal("30000000000.27"), Decimal("0.30")]
    assert 0.1 * 3 != 0.3, "a sum that floats get wrong"


def test_a_shop_with_float_prices_is_taken_over(empty_database_url: str) -> None:
    upgrade(empty_database_url, to=_BEFORE_MONEY)
    floats = [0.1 + 0.2, 19.99, 1e12, float("inf"), None, 2.675]
    with psycopg.connect(empty_database_url) as connection:
        connection.execute("insert into shop.users (user_id, user_name) values ('u', 'Ada')")
        connection.execute(
            "insert into shop.orders (order_id, user_id) values (gen_random_uuid(), 'u')"
        )
        for number, price in enumerate(floats):
            connection.execute(
                "insert into shop.products"
                " (item_id, product_name, discounted_price, actual_price, arrival_date)"
                " values (%s, 'Lamp', %s, 50, now())",
                (str(number), price),
            )
            connection.execute(
                "insert into shop.order_lines (order_id, item_id, quantity, unit_price)"
                " select order_id, %s, 1, %s from shop.orders",
                (str(number), price),
            )
    upgrade(empty_database_url)
    with psycopg.connect(empty_database_url) as connection:
        discounted, prices, paid = zip(
            *connection.execute(
                "select discounted_price, price, unit_price from shop.products"
                " join shop.order_lines using (item_id) order by item_id"
            ),
            strict=True,
        )
    kept = tuple(map(Decimal, ("0.30", "19.99")))
    assert discounted == (*kept, None, None, None, Decimal("2.68"))
    assert prices == (*kept, *[Decimal(50)] * 3, Decimal("2.68"))
    assert paid == discounted
