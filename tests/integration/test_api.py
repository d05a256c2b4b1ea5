"""The API on a real database."""

import json
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from apps.migrations.upgrade import upgrade
from apps.storefront.api.keys import repository
from apps.storefront.api.keys.key_ring import KeyRing
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.keys.secret import Secret
from apps.storefront.catalog.repository import upsert_products
from apps.storefront.services import Services
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.related_items import RelatedItems
from ml.serving.served_list import ServedList
from streams.contracts import Product
from streams.database import Database
from streams.errors import UnavailableError
from support.api import Caller, content, new_key
from support.database import running_database
from support.interactions import interaction
from support.shop import ListOf, interactions, shop

pytestmark = pytest.mark.integration

PROBLEM = "application/problem+json"


@pytest.fixture
def app(stocked: str) -> Iterator[Flask]:
    app = shop(stocked, recommender=ListOf("p2", "gone", "p0"))
    yield app
    with app.app_context():
        Services.of_this_app().database.close()


@pytest.fixture
def caller(app: Flask, stocked: str) -> Caller:
    return Caller(app, new_key(stocked))


def refused(answer: TestResponse, status: int) -> str:
    assert answer.mimetype == PROBLEM
    return str(content(answer, status)["detail"])


def ids(found: dict[str, object]) -> list[str]:
    items = found["items"]
    assert isinstance(items, list)
    return [item["item_id"] for item in items]


def test_recommendations_of_a_user(caller: Caller) -> None:
    found = content(caller.get("/users/somebody/recommendations?n=2"))
    assert ids(found) == ["p2", "p0"]
    assert (found["source"], found["model_version"]) == ("precomputed", "v7")
    picture = found["items"][0]["image_url"]
    assert caller._client.get(picture).mimetype == "image/webp"
    assert found["items"][0] | {"arrival_date": None, "image_url": ""} == {
        "item_id": "p2",
        "product_name": "Product 2",
        "category": "",
        "price": None,
        "actual_price": None,
        "stars": None,
        "stars_count": 0,
        "arrival_date": None,
        "image_url": "",
        "score": None,
        "source": "precomputed",
        "reason": "Picked for you",
        "model_version": "v7",
        "experiment": None,
    }


class Preferring(ListOf):
    """A recommender that remembers for whom it recommended."""

    def recommend(
        self, user_id: str | None, preferences: Sequence[str] | None, limit: int, **others: Any
    ) -> ServedList:
        self.asked = (user_id, preferences)
        return super().recommend(user_id, preferences, limit, **others)


def test_what_a_user_likes_is_left_to_the_recommender(stocked: str) -> None:
    recommender = Preferring("p1")
    caller = Caller(shop(stocked, recommender=recommender), new_key(stocked))
    content(caller.get("/users/a/recommendations"))
    assert recommender.asked == ("a", None)


@pytest.mark.parametrize("n", ["0", "101", "-1", "many", "2.5"])
def test_a_list_has_a_largest_length(caller: Caller, n: str) -> None:
    found = content(caller.get(f"/users/u/recommendations?n={n}"), 422)
    assert [error["location"] for error in found["errors"]] == ["n"]


def test_a_parameter_that_is_not_known_is_said(caller: Caller) -> None:
    found = content(caller.get("/users/u/recommendations?limit=3"), 422)
    assert [error["location"] for error in found["errors"]] == ["limit"]


@pytest.fixture
def departments(stocked: str) -> None:
    made = [
        Product(item_id=f"{name}{number}", product_name=f"{name} {number}", category=category,
                arrival_date=datetime(2026, 2, 1 + number, tzinfo=UTC))
        for name, category in (("k", "Home|Kettles"), ("t", "Toys"), ("h", "Home"))
        for number in range(3)
    ]  # fmt: skip
    with psycopg.connect(stocked) as connection:
        upsert_products(connection, made)


def test_recommendations_of_a_category(stocked: str, departments: None) -> None:
    recommender = ListOf("k0", "h2")
    caller = Caller(shop(stocked, recommender=recommender), new_key(stocked))
    assert ids(content(caller.get("/users/u/recommendations?category=Home"))) == ["k0", "h2"]
    assert recommender.category == "Home"
    recommender.item_ids = ()
    newest = content(caller.get("/recommendations?category=Home|Kettles&n=2"))
    assert (ids(newest), newest["source"]) == (["k2", "k1"], "newest")
    unknown = content(caller.get("/recommendations?category=Homes"))
    assert (ids(unknown), unknown["source"]) == ([], "newest")


class Chain(ListOf):
    """A recommender whose items have reasons and sources of their own."""

    def recommend(
        self,
        user_id: str | None,
        preferences: Sequence[str] | None,
        limit: int,
        **_: object,
    ) -> ServedList:
        viewed = Reason(ReasonKind.VIEWED, "p1")
        trending = Reason(ReasonKind.TRENDING)
        candidates = (
            Candidate("p3", "live", viewed, score=0.75, experiment="nightly:a"),
            Candidate("p0", "trending", trending),
        )
        history = interaction("u", "p1", "view", datetime.now(UTC))
        return ServedList(candidates, "live", "v7", (history,))


def test_each_item_has_its_own_source_score_and_reason(stocked: str) -> None:
    caller = Caller(shop(stocked, recommender=Chain()), new_key(stocked))
    found = content(caller.get("/users/u/recommendations"))
    assert [(item["source"], item["score"], item["reason"]) for item in found["items"]] == [
        ("live", 0.75, "Because you looked at Product 1"),
        ("trending", None, "Trending with other shoppers"),
    ]
    assert found["reason"] == "Based on your recent activity"
    assert [item["experiment"] for item in found["items"]] == ["nightly:a", None]


def test_similar_items(caller: Caller, departments: None) -> None:
    found = content(caller.get("/items/k1/similar?n=1"))
    assert (ids(found), found["source"]) == (["k2"], "similar")
    assert "no such item" in refused(caller.get("/items/nothing/similar"), 404)


class Alike(ListOf):
    """A recommender that knows what is like p0."""

    def similar(self, item_id: str, limit: int) -> RelatedItems:
        return RelatedItems(("p2", "gone", "p3"), "v7") if item_id == "p0" else RelatedItems()


def test_similar_items_are_those_of_the_model(stocked: str) -> None:
    caller = Caller(shop(stocked, recommender=Alike()), new_key(stocked))
    found = content(caller.get("/items/p0/similar"))
    assert (ids(found), found["model_version"]) == (["p2", "p3"], "v7")
    other = content(caller.get("/items/p1/similar"))
    assert (ids(other), other["model_version"]) == ([], None), "it has no category either"


def test_the_list_of_a_session_follows_what_was_done_in_it(stocked: str) -> None:
    recommender = ListOf("p2", "p0")
    caller = Caller(shop(stocked, recommender=recommender), new_key(stocked))
    sent = {
        "item_ids": ["p0", "p1"],
        "interactions": [{"item_id": "p2"}, {"item_id": "p3", "interaction_type": "cart"}],
        "n": 1,
    }
    assert ids(content(caller.post("/sessions/recommendations", sent))) == ["p2"]
    done = [(each.item_id, each.interaction_type.value) for each in recommender.history]
    assert done == [("p0", "view"), ("p1", "view"), ("p2", "view"), ("p3", "cart")]
    instants = [each.timestamp for each in recommender.history]
    assert instants == sorted(set(instants))
    assert interactions(stocked) == []


def test_a_session_of_which_nothing_is_known_gets_what_everybody_gets(caller: Caller) -> None:
    found = content(caller.post("/sessions/recommendations", {}))
    assert (ids(found), found["source"]) == (["p2", "p0"], "precomputed")
    assert ids(content(caller.get("/recommendations"))) == ["p2", "p0"]


def test_an_item_is_answered_as_the_catalogue_has_it(caller: Caller) -> None:
    product = {
        "item_id": "a/b",
        "product_name": "Kettle",
        "category": "Home|Kettles",
        "discounted_price": "19.90",
        "actual_price": "25.00",
        "discount_percentage": 0.2,
        "rating": 4.5,
        "rating_count": 12,
        "about_product": "It boils.",
        "arrival_date": "2026-03-01T10:00:00Z",
        "img_link": "",
        "product_link": "",
    }
    assert content(caller.post("/items/bulk", [product]))["accepted"] == 1
    found = content(caller.get("/items/a/b"))
    picture = found.pop("image_url")
    assert found == product
    assert (picture[:11], picture[-9:]) == ("/pictures/d", "-800.webp")
    assert caller._client.get(picture).mimetype == "image/webp"
    page = content(caller.get("/items"))["items"]
    assert {each["item_id"]: each["image_url"] for each in page}["a/b"] == picture
    assert refused(caller.get("/items/a"), 404)


def test_items_are_stored_and_bad_ones_reported(caller: Caller) -> None:
    good = {"item_id": "p1", "product_name": "New name", "arrival_date": "2026-03-01T10:00:00Z"}
    lines = [json.dumps(good), json.dumps({**good, "item_id": ""}), "?"]
    answer = caller.post_bytes("/items/bulk", "\n".join(lines).encode(), "application/x-ndjson")
    found = content(answer)
    assert (found["accepted"], found["rejected"]) == (1, 2)
    assert [(error["index"], error["location"]) for error in found["errors"]] == [
        (1, "item_id"),
        (2, ""),
    ]
    assert content(caller.get("/items/p1"))["product_name"] == "New name"


def test_the_catalogue_is_read_page_by_page(caller: Caller, departments: None) -> None:
    found: list[str] = []
    after = ""
    while after is not None:
        page = content(caller.get(f"/items?limit=5&after={after}" if after else "/items?limit=5"))
        found += ids(page)
        after = page["next"]
    assert found == sorted(found)
    assert len(found) == len(set(found)) == 13
    assert ids(content(caller.get("/items?category=Home"))) == ["h0", "h1", "h2", "k0", "k1", "k2"]


def test_an_interaction_waits_in_the_outbox_while_kafka_is_away(
    caller: Caller, stocked: str
) -> None:
    sent = {"user_id": "u", "item_id": "p1", "interaction_type": "purchase", "quantity": 2}
    made = content(caller.post("/interactions", sent), 202)
    (waiting,) = interactions(stocked)
    assert str(waiting.interaction_id) == made["interaction_id"]
    assert (waiting.user_id, waiting.item_id, waiting.quantity) == ("u", "p1", 2)


def test_many_interactions_are_refused_as_a_whole_while_kafka_is_away(
    caller: Caller, stocked: str
) -> None:
    row = {"user_id": "u", "item_id": "p1", "interaction_type": "view"}
    answer = caller.post("/interactions/bulk", [row])
    assert refused(answer, 503)
    assert int(answer.headers["Retry-After"]) > 0
    assert interactions(stocked) == []


def test_what_is_not_accepted_is_not_called_durable(stocked: str) -> None:
    app = shop(stocked)
    with app.app_context():
        services = Services.of_this_app()
        services.events._limit = 0
    caller = Caller(app, new_key(stocked))
    sent = {"user_id": "u", "item_id": "p1", "interaction_type": "view"}
    assert refused(caller.post("/interactions", sent), 503)
    assert interactions(stocked) == []


@pytest.mark.parametrize(
    ("sent", "location"),
    [
        ({"user_id": "u", "item_id": "i"}, "interaction_type"),
        ({"user_id": "u", "item_id": "i", "interaction_type": "rate"}, ""),
        ({"user_id": "u", "item_id": "i", "interaction_type": "negative_view"}, ""),
        ({"user_id": 7, "item_id": "i", "interaction_type": "view"}, "user_id"),
    ],
)
def test_an_interaction_that_breaks_the_contract_is_refused(
    caller: Caller, sent: dict[str, object], location: str
) -> None:
    found = content(caller.post("/interactions", sent), 422)
    assert [error["location"] for error in found["errors"]] == [location]


@pytest.mark.parametrize("path", ["/interactions", "/interactions/bulk", "/items/bulk"])
def test_a_body_that_is_not_json_is_refused(caller: Caller, path: str) -> None:
    assert refused(caller.post_bytes(path, b"user_id=u", "application/x-www-form-urlencoded"), 415)
    assert refused(caller.post_bytes(path, b"{", "application/json"), 422)


def test_a_body_that_is_too_large_is_refused(caller: Caller) -> None:
    body = b" " * (33 * 1024 * 1024)
    assert refused(caller.post_bytes("/interactions/bulk", body, "application/json"), 413)


def test_a_key_may_do_what_its_scopes_name(app: Flask, stocked: str) -> None:
    caller = Caller(app, new_key(stocked, Scope.ITEMS_READ))
    assert caller.get("/items/p1").status_code == 200
    for answer in (
        caller.get("/users/u/recommendations"),
        caller.get("/items/p1/similar"),
        caller.post("/items/bulk", []),
        caller.post("/interactions", {}),
        caller.post("/impressions", {}),
    ):
        assert "scope" in refused(answer, 403)


def test_a_key_that_is_over_revoked_or_made_up_opens_nothing(app: Flask, stocked: str) -> None:
    over = new_key(stocked, expires_at=datetime.now(UTC) - timedelta(seconds=1))
    revoked = new_key(stocked)
    with psycopg.connect(stocked) as connection:
        assert repository.revoke(connection, revoked.key_id)
    wrong = Secret(new_key(stocked).key_id, Secret.new().secret)
    for key in (over, revoked, wrong, Secret.new()):
        assert "valid key" in refused(Caller(app, key).get("/items"), 401)


def test_a_key_is_revoked_within_seconds_and_its_use_is_noted(stocked: str) -> None:
    database = Database(stocked, connections=1, timeout=3)
    ring = KeyRing(database, fresh=0.1)
    key = new_key(stocked)
    assert ring.find(key.text)
    time.sleep(0.15)
    assert ring.find(key.text)
    with psycopg.connect(stocked) as connection:
        (known,) = repository.every(connection)
        assert known.last_used_on == datetime.now(UTC).date()
        repository.revoke(connection, key.key_id)
    time.sleep(0.15)
    assert ring.find(key.text) is None
    database.close()


def test_requests_that_come_together_wait_for_the_first_keys(stocked: str) -> None:
    key = new_key(stocked)
    database = Database(stocked, connections=2, timeout=5)
    ring = KeyRing(database)
    with psycopg.connect(stocked) as busy, ThreadPoolExecutor(8) as threads:
        busy.execute("lock table shop.api_keys")
        found = [threads.submit(ring.find, key.text) for _ in range(8)]
        time.sleep(0.3)
        busy.rollback()
        assert all(each.result() for each in found)
    database.close()


def test_known_keys_open_for_a_while_without_the_database(tmp_path: Path) -> None:
    with running_database(tmp_path) as server:
        upgrade(server.url)
        key = new_key(server.url)
        database = Database(server.url, connections=1, timeout=0.3)
        ring = KeyRing(database, fresh=0.1, max_age=60)
        assert ring.find(key.text)
    time.sleep(0.15)
    assert ring.find(key.text)
    ring._read_at -= 60
    with pytest.raises(UnavailableError):
        ring.find(key.text)
    database.close()


def test_a_key_has_a_limit(stocked: str) -> None:
    app = shop(stocked, api_limit="2 per minute")
    caller = Caller(app, new_key(stocked))
    answers = [caller.get("/items/p1") for _ in range(3)]
    assert [each.status_code for each in answers] == [200, 200, 429]
    assert [each.headers["RateLimit-Remaining"] for each in answers] == ["1", "0", "0"]
    assert all(each.headers["RateLimit-Limit"] == "2" for each in answers)
    assert refused(answers[2], 429)
    assert 0 < int(answers[2].headers["Retry-After"]) <= 60


def test_the_api_is_ready_with_its_database(app: Flask) -> None:
    answer = app.test_client().get("/api/v1/health/ready")
    assert content(answer)["kafka"] == "unavailable"
