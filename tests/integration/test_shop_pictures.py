"""Pictures of products: what pages refer to, and what is behind the addresses."""

from datetime import UTC, datetime
from decimal import Decimal
from io import BytesIO

import psycopg
import pytest
from bs4 import BeautifulSoup, Tag
from flask.testing import FlaskClient
from PIL import Image

from apps.storefront.catalog.repository import upsert_products
from apps.storefront.pictures.drawings.draw import VERSION
from apps.storefront.pictures.picture import WIDTHS
from streams.contracts import Product
from support.shop import shop, sign_up, submit

pytestmark = pytest.mark.integration


def product(item_id: str, name: str, about: str = "") -> Product:
    return Product(
        item_id=item_id,
        product_name=name,
        category="Computers|Components|Mice",
        about_product=about,
        discounted_price=Decimal(20),
        arrival_date=datetime(2026, 1, 1, tzinfo=UTC),
    )


MICE = [
    product(f"m{at}", f"Corvik Optical Mouse {at}, red", "With a steel case.") for at in range(9)
]


@pytest.fixture
def client(database_url: str) -> FlaskClient:
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, MICE)
    return shop(database_url).test_client()


def images(client: FlaskClient, path: str) -> list[Tag]:
    return BeautifulSoup(client.get(path).text, "html.parser").select("main img")


def addresses(image: Tag) -> list[str]:
    return [each.split()[0] for each in str(image["srcset"]).split(", ")]


def test_a_page_refers_to_a_picture_of_each_product_in_three_sizes(client: FlaskClient) -> None:
    found = images(client, "/products?category=Computers")
    assert len({str(each["src"]) for each in found}) == len(MICE)
    for image in found:
        assert len(addresses(image)) == len(WIDTHS)
        assert image["src"] in addresses(image)
        assert (image["width"], image["height"]) == ("480", "400")
        assert "Corvik Optical Mouse" in str(image["alt"])
        assert str(image["class"]).count("on-") == 1


def test_the_first_row_is_loaded_at_once_and_the_others_when_they_come_near(
    client: FlaskClient,
) -> None:
    found = [each.get("loading") for each in images(client, "/products")]
    assert found == [None] * 4 + ["lazy"] * 5


def test_a_drawing_is_made_when_it_is_first_asked_for_and_kept(
    client: FlaskClient, database_url: str
) -> None:
    for path in addresses(images(client, "/products/m1")[0]):
        first = client.get(path)
        assert (first.status_code, first.mimetype) == (200, "image/webp")
        assert first.headers["Cache-Control"] == "public, max-age=31536000, immutable"
        assert "Set-Cookie" not in first.headers
        assert "Cookie" not in first.headers.get("Vary", "")
        with Image.open(BytesIO(first.data)) as image:
            assert f"-{image.width}.webp" in path
        assert client.get(path).data == first.data
    with psycopg.connect(database_url) as connection:
        kept = connection.execute("select width from shop.picture_files order by width").fetchall()
    assert [width for (width,) in kept] == list(WIDTHS)


def test_a_product_that_changes_has_another_address(client: FlaskClient, database_url: str) -> None:
    before = images(client, "/products/m1")[0]["src"]
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, [product("m1", "Corvik Optical Mouse 1, green")])
    after = images(client, "/products/m1")[0]["src"]
    assert before != after
    assert client.get(str(before)).status_code == 404, "no product has it any longer"
    assert client.get(str(after)).status_code == 200


def test_the_price_and_the_stock_are_not_in_the_address(
    client: FlaskClient, database_url: str
) -> None:
    before = images(client, "/products/m1")[0]["src"]
    with psycopg.connect(database_url) as connection:
        cheaper = MICE[1].model_copy(update={"discounted_price": Decimal(1)})
        upsert_products(connection, [cheaper])
    assert images(client, "/products/m1")[0]["src"] == before


@pytest.mark.parametrize(
    "path",
    [
        "/pictures/d1-400.webp",
        f"/pictures/d{VERSION}{'0' * 32}-400.webp",
        "/pictures/nothing-400.webp",
        "/pictures/k1nothing-400.webp",
        f"/pictures/k{VERSION}mouse-401.webp",
        f"/pictures/k{VERSION}mouse-99999999999999999999.webp",
        f"/pictures/k{VERSION}mouse-400.png",
        f"/pictures/{'x' * 5000}-400.webp",
        "/pictures/%00-400.webp",
        "/pictures/../shop.css",
    ],
)
def test_an_address_that_no_page_has_is_not_found_and_nothing_is_kept(
    client: FlaskClient, database_url: str, path: str
) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert "immutable" not in answer.headers["Cache-Control"]
    with psycopg.connect(database_url) as connection:
        assert connection.execute("select 1 from shop.picture_files").fetchone() is None


def test_a_drawing_of_another_version_is_not_made(client: FlaskClient) -> None:
    path = str(images(client, "/products/m1")[0]["src"])
    other = path.replace(f"/d{VERSION}", f"/d{VERSION + 1}")
    assert client.get(other).status_code == 404


def test_departments_have_pictures_that_say_nothing(client: FlaskClient) -> None:
    found = [each for each in images(client, "/") if not each["alt"]]
    assert found
    assert all(client.get(str(each["src"])).status_code == 200 for each in found)


def test_cart_and_orders_show_the_pictures_of_their_products(client: FlaskClient) -> None:
    sign_up(client)
    submit(client, "/cart", {"item_id": "m2", "quantity": 1})
    expected = images(client, "/products/m2")[0]["src"]
    assert images(client, "/cart")[0]["src"] == expected
    submit(client, "/orders")
    assert expected in [each["src"] for each in images(client, "/orders")]


def test_the_picture_of_a_product_says_its_material(client: FlaskClient) -> None:
    assert images(client, "/products/m3")[0]["alt"] == "Corvik Optical Mouse 3, red (steel)"
