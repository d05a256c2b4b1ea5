"""Which answers of the shop count as looking at a product."""

import pytest
from flask.testing import FlaskClient

from support.shop import interactions, submit

pytestmark = pytest.mark.integration


def kinds(database_url: str) -> list[str]:
    return [event.interaction_type.value for event in interactions(database_url)]


def test_looking_at_a_product_is_a_view(client: FlaskClient, stocked: str) -> None:
    assert client.get("/products/p0").status_code == 200
    assert kinds(stocked) == ["view"]


def test_asking_for_the_head_of_a_product_page_is_no_view(
    client: FlaskClient, stocked: str
) -> None:
    assert client.head("/products/p0").status_code == 200
    assert kinds(stocked) == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Purpose": "prefetch"},
        {"Sec-Purpose": "prefetch;prerender"},
        {"Purpose": "prefetch"},
        {"X-Moz": "prefetch"},
    ],
)
def test_fetching_ahead_is_no_view(
    client: FlaskClient, stocked: str, headers: dict[str, str]
) -> None:
    assert client.get("/products/p0", headers=headers).status_code == 200
    assert kinds(stocked) == []


def test_the_page_that_follows_a_rating_is_no_view(client: FlaskClient, stocked: str) -> None:
    client.get("/products/p0")
    rated = submit(client, "/reviews", {"item_id": "p0", "rating": "4.5"})
    page = client.get(rated.location)
    assert page.status_code == 200
    assert "Thank you" in page.text
    assert kinds(stocked) == ["view", "rate"]


@pytest.mark.parametrize("path", ["/products/%00", "/products/a%00b", "/products/" + "x" * 200])
def test_an_id_that_no_product_can_have_is_not_found(client: FlaskClient, path: str) -> None:
    assert client.get(path).status_code == 404
