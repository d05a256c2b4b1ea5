"""No form of the shop acts twice."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from streams.contracts import derived_id, new_id
from support.shop import PASSWORD, interactions, outbox, sign_up, submit

pytestmark = pytest.mark.integration


def count(database_url: str, table: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(f"select count(*) from shop.{table}").fetchone()
    assert row
    return int(row[0])


def twin(app: Flask, client: FlaskClient) -> FlaskClient:
    """Another request of the same browser, at the same time."""
    other = app.test_client()
    cookie = client.get_cookie("shop")
    assert cookie
    other.set_cookie("shop", cookie.value)
    return other


def test_a_double_click_on_buy_now_makes_one_order(
    app: Flask, client: FlaskClient, stocked: str
) -> None:
    form_id = new_id()
    clients = [client, twin(app, client), twin(app, client)]
    with ThreadPoolExecutor(3) as threads:
        answers = list(
            threads.map(
                lambda each: submit(each, "/orders/now", {"item_id": "p0"}, form_id), clients
            )
        )
    assert {answer.status_code for answer in answers} == {302}
    assert len({answer.location for answer in answers}) == 1
    assert count(stocked, "orders") == 1
    assert [event.interaction_type.value for event in interactions(stocked)] == ["purchase"]


@pytest.mark.parametrize(
    ("path", "data", "events"),
    [
        ("/cart", {"item_id": "p0", "quantity": 2}, 1),
        ("/orders/now", {"item_id": "p0"}, 1),
        ("/reviews", {"item_id": "p0", "rating": "4"}, 1),
        ("/preferences", {"preferences": ["Books", "Pets"]}, 1),
    ],
)
def test_a_form_that_is_sent_again_does_nothing_and_leads_to_the_same_page(
    client: FlaskClient, stocked: str, path: str, data: Mapping[str, object], events: int
) -> None:
    before = len(outbox(stocked))
    form_id = new_id()
    first = submit(client, path, data, form_id)
    again = submit(client, path, data, form_id)
    assert (first.status_code, again.status_code) == (302, 302)
    assert again.location == first.location
    assert len(outbox(stocked)) - before == events
    assert "counted once" in client.get(again.location).text


def test_a_sign_up_that_is_sent_twice_makes_one_account_and_logs_in(
    app: Flask, stocked: str
) -> None:
    form = {"user_name": "Ada", "email": f"{uuid4().hex}@example.org", "password": PASSWORD}
    form_id = new_id()
    first, second = app.test_client(), app.test_client()
    assert submit(first, "/sign-up", form, form_id).location == "/"
    assert submit(second, "/sign-up", form, form_id).location == "/"
    assert second.get("/orders").status_code == 200, "the second answer logs in as well"
    assert count(stocked, "users") == 1
    stranger = app.test_client()
    submit(stranger, "/sign-up", {**form, "password": "another engine"}, form_id)
    assert stranger.get("/orders").status_code == 302


def test_a_form_that_failed_can_be_sent_again(client: FlaskClient, stocked: str) -> None:
    form_id = new_id()
    codes = [
        submit(client, "/orders/now", form, form_id).status_code
        for form in ({"item_id": "no"}, {"item_id": "p0", "quantity": 0}, {"item_id": "p0"})
    ]
    assert codes == [404, 400, 302]
    assert count(stocked, "orders") == 1


def test_an_order_of_an_empty_cart_is_none(client: FlaskClient, stocked: str) -> None:
    assert submit(client, "/orders").location == "/cart"
    assert count(stocked, "orders") == 0


def _of_age(age: timedelta) -> UUID:
    return derived_id(datetime.now(UTC) - age, "form")


@pytest.mark.parametrize(
    "form_id",
    ["", "x", str(uuid4()), str(_of_age(timedelta(days=31))), str(_of_age(-timedelta(days=1)))],
    ids=["none", "no UUID", "no UUIDv7", "too old", "of tomorrow"],
)
def test_a_form_without_an_id_of_the_shop_is_stale(
    client: FlaskClient, stocked: str, form_id: str
) -> None:
    answer = client.post("/orders/now", data={"item_id": "p0", "form_id": form_id})
    assert answer.status_code == 400
    assert "has expired" in answer.text
    assert count(stocked, "orders") == 0


def test_a_form_of_somebody_else_is_stale(app: Flask, client: FlaskClient, stocked: str) -> None:
    form_id = new_id()
    submit(client, "/orders/now", {"item_id": "p0"}, form_id)
    other = app.test_client()
    sign_up(other)
    answer = submit(other, "/orders/now", {"item_id": "p0"}, form_id)
    assert answer.status_code == 400
    assert count(stocked, "orders") == 1


def test_every_acting_form_of_a_page_has_an_id_of_its_own(client: FlaskClient) -> None:
    submit(client, "/cart", {"item_id": "p0"})
    for path in ("/cart", "/products/p0", "/preferences"):
        page = BeautifulSoup(client.get(path).text, "html.parser")
        acting = [
            form for form in page.find_all("form", method="post") if form["action"] != "/log-out"
        ]
        ids = [form.find("input", attrs={"name": "form_id"})["value"] for form in acting]  # type: ignore[index]
        assert acting
        assert len(set(ids)) == len(acting)


def test_old_submissions_are_removed(client: FlaskClient, stocked: str) -> None:
    with psycopg.connect(stocked) as connection:
        connection.execute(
            "insert into shop.submissions (form_id, submitted_at)"
            " select gen_random_uuid(), now() - interval '40 days' from generate_series(1, 3)"
        )
    submit(client, "/orders/now", {"item_id": "p0"})
    assert count(stocked, "submissions") == 2, "the sign-up and the order"
