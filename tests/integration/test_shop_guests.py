"""What visitors without an account look at: their lists follow it, and their account has it."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from streams.contracts import InteractionType
from support.shop import ListOf, interactions, shop, sign_up

pytestmark = pytest.mark.integration


@pytest.fixture
def recommender() -> ListOf:
    return ListOf("p3", "p2")


@pytest.fixture
def app(stocked: str, recommender: ListOf) -> Flask:
    return shop(stocked, recommender=recommender)


def test_the_list_of_a_visitor_follows_what_they_look_at(
    app: Flask, recommender: ListOf, stocked: str
) -> None:
    visitor, other = app.test_client(), app.test_client()
    for item_id in ("p1", "p0"):
        assert visitor.get(f"/products/{item_id}").status_code == 200
    assert "Recommended for you" in visitor.get("/").text
    assert [(each.item_id, each.interaction_type) for each in recommender.history] == [
        ("p1", InteractionType.VIEW),
        ("p0", InteractionType.VIEW),
    ]
    other.get("/")
    assert recommender.history == []
    assert interactions(stocked) == [], "nothing is stored of a visitor"


def test_a_new_account_has_what_the_visitor_looked_at(app: Flask, stocked: str) -> None:
    client = app.test_client()
    began = datetime.now(UTC) - timedelta(seconds=1)
    for item_id in ("p1", "p0", "p1"):
        client.get(f"/products/{item_id}")
    sign_up(client)
    events = interactions(stocked)
    assert [each.item_id for each in events] == ["p1", "p0", "p1"]
    assert {each.interaction_type for each in events} == {InteractionType.VIEW}
    assert all(began <= each.timestamp <= datetime.now(UTC) for each in events)
    assert len({each.interaction_id for each in events}) == 3
    client.post("/log-out")
    assert "viewed" not in _session(client)


def test_who_logs_in_takes_nothing_over(app: Flask, stocked: str) -> None:
    sign_up(app.test_client())
    client = app.test_client()
    client.get("/products/p1")
    client.post("/log-in/sample", data={"user_id": "nobody"})
    assert "viewed" in _session(client), "they are still a visitor"
    assert interactions(stocked) == []


def test_robots_and_browsers_that_fetch_ahead_look_at_nothing(app: Flask) -> None:
    client = app.test_client()
    client.get("/products/p1", headers={"User-Agent": "examplebot/1.0"})
    client.get("/products/p1", headers={"Sec-Purpose": "prefetch"})
    client.get("/products/nothing")
    assert "viewed" not in _session(client)


def test_the_cookie_stays_small(app: Flask, recommender: ListOf) -> None:
    client = app.test_client()
    for number in range(30):
        client.get(f"/products/p{number % 4}")
    client.get("/")
    assert len(recommender.history) == 20
    assert recommender.history[-1].item_id == "p1"
    with client.session_transaction() as session:
        assert isinstance(app.session_interface, SecureCookieSessionInterface)
        serializer = app.session_interface.get_signing_serializer(app)
        assert serializer is not None
        cookie = serializer.dumps(dict(session))
    assert len(cookie) < 2000


def _session(client: object) -> dict[str, object]:
    with client.session_transaction() as session:  # type: ignore[attr-defined]
        return dict(session)
