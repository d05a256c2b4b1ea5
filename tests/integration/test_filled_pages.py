"""What a data set's shoppers wrote and bought is on the pages of a shop that it fills."""

from uuid import uuid4

import psycopg
import pytest

from apps.filling.history import History
from apps.filling.repository import write_history
from apps.filling.source import Source
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.reviews import repository as reviews
from apps.storefront.reviews.schemas import RatingForm
from ml.data.synthetic import SyntheticConfig, generate
from streams import erasures
from streams.contracts import new_id
from support.shop import shop, submit

pytestmark = pytest.mark.integration

MADE = generate(SyntheticConfig(n_users=40, n_items=30, n_interactions=900, seed=3))
SOURCE = Source("shop", MADE.products, MADE.users, MADE.interactions)
HISTORY = History.of(SOURCE)


@pytest.fixture
def filled(database_url: str) -> str:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, SOURCE.products)
        write_history(connection, HISTORY)
        write_history(connection, HISTORY)
    return database_url


def stars(database_url: str, item_id: str) -> tuple[float, int]:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(
            "select stars, stars_count from shop.products where item_id = %s", [item_id]
        ).fetchone()
    assert row
    return row


def test_the_pages_show_reviews_and_past_orders(filled: str) -> None:
    review, order = HISTORY.reviews[0], HISTORY.orders[0]
    with psycopg.connect(filled) as connection:
        connection.execute(
            "insert into events.new_users select user_id, user_name, '', signup_date"
            " from shop.users where user_id = %s",
            [order.user_id],
        )
    client = shop(filled).test_client()
    page = client.get(f"/products/{review.item_id}").text
    assert review.title in page
    assert next(u.user_name for u in MADE.users if u.user_id == review.user_id) in page

    assert submit(client, "/log-in/sample", {"user_id": order.user_id}).status_code == 302
    bought = {
        item for each in HISTORY.orders if each.user_id == order.user_id for item in each.lines
    }
    orders = client.get("/orders").text
    for product in MADE.products:
        if product.item_id in bought:
            assert product.product_name in orders


def test_a_review_of_the_data_set_is_in_the_catalogues_stars_already(filled: str) -> None:
    review = HISTORY.reviews[0]
    product = next(each for each in MADE.products if each.item_id == review.item_id)
    assert stars(filled, review.item_id) == (product.rating, product.rating_count)
    with psycopg.connect(filled) as connection:
        user_id = f"new-{uuid4().hex}"
        connection.execute(
            "insert into shop.users (user_id, user_name) values (%s, 'A')", [user_id]
        )
        assert reviews.save(connection, user_id, RatingForm(item_id=review.item_id, rating=1))
    assert product.rating_count is not None
    assert stars(filled, review.item_id)[1] == product.rating_count + 1


def test_who_was_erased_stays_away(database_url: str) -> None:
    gone = HISTORY.reviews[0].user_id
    with psycopg.connect(database_url) as connection:
        erasures.note(connection, new_id(), gone, {})
        upsert_products(connection, SOURCE.products)
        write_history(connection, HISTORY)
        row = connection.execute(
            "select count(*) from shop.reviews where user_id = %(u)s"
            " union all select count(*) from shop.orders where user_id = %(u)s"
            " union all select count(*) from shop.users where user_id = %(u)s",
            {"u": gone},
        ).fetchall()
    assert row == [(0,), (0,), (0,)]
