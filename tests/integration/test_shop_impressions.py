"""Which lists the shop publishes as shown, and that it never waits for it."""

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import psycopg
import pytest
from bs4 import BeautifulSoup
from flask import Flask
from flask.testing import FlaskClient

from apps.storefront.catalog.repository import upsert_products
from apps.storefront.events.background import MAX_WAITING
from apps.storefront.events.impressions import DROPPED
from apps.storefront.services import Services
from ml.serving.served_list import ServedList
from streams.contracts import Impression, Product
from support.shop import ListOf, interactions, outbox, shop, sign_up, stock, submit, take_waiting

pytestmark = pytest.mark.integration

Shown = dict[tuple[str, str | None], list[tuple[int, str]]]
"""Positions and items of each list, by surface and model version."""
PAGES = ["/", "/recommendations", "/products", "/products?page=2", "/products?q=product"]


@pytest.fixture
def app(stocked: str) -> Flask:
    with psycopg.connect(stocked) as connection:
        upsert_products(
            connection,
            [
                Product(item_id=f"more {number}", product_name=f"Product {number}",
                        category="Books", arrival_date=product.arrival_date)
                for number, product in enumerate(stock(stocked) * 10)
            ],
        )  # fmt: skip
    return shop(stocked, recommender=ListOf("p2", "more 7", "p0"))


@pytest.fixture
def published(app: Flask) -> Callable[[], list[Impression]]:
    """Takes what the pages since have handed to the sender."""
    with app.app_context():
        return partial(take_waiting, Services.of_this_app().impressions)


def linked(page: str) -> Shown:
    """The lists of a page, by the links to their products."""
    found: Shown = {}
    for link in BeautifulSoup(page, "html.parser").select(".card-name a"):
        address = urlsplit(str(link["href"]))
        named = parse_qs(address.query)
        key = named["from"][0], named.get("v", [None])[0]
        item_id = unquote(address.path.removeprefix("/products/"))
        found.setdefault(key, []).append((int(named["pos"][0]), item_id))
    return found


def shown(impressions: list[Impression]) -> Shown:
    return {
        (each.surface, each.model_version): list(enumerate(each.item_ids, each.first_position))
        for each in impressions
    }


@pytest.mark.parametrize("path", [*PAGES, "/products/more 7", "/products?q=unheard"])
def test_an_impression_says_what_the_links_of_the_page_say(
    client: FlaskClient, published: Callable[[], list[Impression]], path: str
) -> None:
    page = client.get(path)
    assert page.status_code == 200
    found = published()
    assert shown(found) == linked(page.text) != {}
    assert len(found) == len(shown(found))
    for each in found:
        assert Impression.decode(each.encode()) == each


def test_a_page_that_does_not_exist_shows_what_else_there_is(
    client: FlaskClient, published: Callable[[], list[Impression]]
) -> None:
    page = client.get("/products/nothing")
    assert page.status_code == 404
    assert shown(published()) == linked(page.text) != {}
    assert {surface for surface, _ in linked(page.text)} == {"not_found"}


def test_an_impression_belongs_to_the_session_of_its_interactions(
    client: FlaskClient, stocked: str, published: Callable[[], list[Impression]]
) -> None:
    client.get("/")
    client.get("/products/p2?from=home&pos=0&v=v7")
    (view,) = interactions(stocked)
    home = next(each for each in published() if each.surface == view.surface)
    assert (home.user_id, home.session_id) == (view.user_id, view.session_id)
    assert (home.item_ids[view.position or 0], home.model_version) == ("p2", view.model_version)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/", {"Sec-Purpose": "prefetch"}),
        ("/", {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}),
        ("/products", {"User-Agent": "SomeCrawler/1"}),
        ("/products?page=99", {}),
        ("/cart", {}),
    ],
)
def test_what_nobody_is_shown_is_no_impression(
    client: FlaskClient,
    published: Callable[[], list[Impression]],
    path: str,
    headers: dict[str, str],
) -> None:
    client.get(path, headers=headers)
    assert published() == []


def test_a_head_request_and_a_form_show_nothing(
    client: FlaskClient, published: Callable[[], list[Impression]]
) -> None:
    assert client.head("/").status_code == 200
    submit(client, "/reviews", {"item_id": "more 7", "rating": "9"})  # answers with the page
    assert published() == []


def test_a_telephone_is_no_robot(
    client: FlaskClient, stocked: str, published: Callable[[], list[Impression]]
) -> None:
    client.get("/products/p0", headers={"User-Agent": "Mozilla/5.0 (Linux; CUBOT X19)"})
    assert len(interactions(stocked)) == 1
    client.get("/", headers={"User-Agent": "Mozilla/5.0 (Linux; CUBOT X19)"})
    assert published()


def test_a_robot_views_nothing(client: FlaskClient, stocked: str) -> None:
    client.get("/products/p0", headers={"User-Agent": "bingbot/2.0"})
    assert interactions(stocked) == []


def test_visitors_without_an_account_leave_no_trace(
    app: Flask, published: Callable[[], list[Impression]]
) -> None:
    visitor = app.test_client()
    for path in PAGES:
        assert visitor.get(path).status_code == 200
    assert published() == []


def test_without_kafka_pages_do_not_wait_and_what_still_waits_at_the_end_is_dropped(
    app: Flask, client: FlaskClient, stocked: str
) -> None:
    with app.app_context():
        sender = Services.of_this_app().impressions
    sender.start()
    before, waiting = DROPPED._value.get(), len(outbox(stocked))
    started = time.monotonic()
    for _ in range(20):
        assert client.get("/products").status_code == 200
    assert time.monotonic() - started < 1.5, "that is how long one attempt takes"
    assert DROPPED._value.get() == before, "Kafka may be back in time"
    sender.stop()
    assert DROPPED._value.get() - before == 20
    assert len(outbox(stocked)) == waiting, "they do not go through the outbox"


def test_when_too_many_wait_more_are_dropped(
    app: Flask, client: FlaskClient, published: Callable[[], list[Impression]]
) -> None:
    client.get("/products")
    (impression,) = published()
    with app.app_context():
        sender = Services.of_this_app().impressions
    before = DROPPED._value.get()
    sender.send([impression] * (MAX_WAITING + 3))
    assert DROPPED._value.get() - before == 3
    assert len(published()) == MAX_WAITING


class Interleaved(ListOf):
    """A recommender whose list has products of two teams."""

    def recommend(self, *args: Any, **options: Any) -> ServedList:
        made = super().recommend(*args, **options)
        teams = ("try:a", "try:a", "try:b")
        candidates = [
            each._replace(experiment=team)
            for each, team in zip(made.candidates, teams, strict=True)
        ]
        return replace(made, candidates=tuple(candidates))


def test_what_was_shown_looked_at_and_bought_says_its_team(stocked: str) -> None:
    client = shop(stocked, recommender=Interleaved("p2", "p1", "p0")).test_client()
    sign_up(client)
    page = client.get("/recommendations").text
    with client.application.app_context():
        found = take_waiting(Services.of_this_app().impressions)
    assert [(each.experiment, each.first_position, each.item_ids) for each in found] == [
        ("try:a", 0, ("p2", "p1")),
        ("try:b", 2, ("p0",)),
    ]

    third = BeautifulSoup(page, "html.parser").select(".card-name a")[2]
    hidden = BeautifulSoup(client.get(str(third["href"])).text, "html.parser").select(
        'form[action="/cart"] input[type="hidden"]'
    )
    sent = {str(each["name"]): str(each["value"]) for each in hidden}
    submit(client, "/cart", {**sent, "item_id": "p0", "quantity": "1"}, sent["form_id"])
    submit(client, "/orders")
    events = interactions(stocked)
    assert [each.interaction_type.value for each in events] == ["view", "cart", "purchase"]
    told = {(each.item_id, each.experiment, each.position) for each in events}
    assert told == {("p0", "try:b", 2)}
