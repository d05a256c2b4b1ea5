from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from apps.storefront.events.activity import interaction, new_user_event, shopping_session
from apps.storefront.events.attribution import Attribution
from apps.storefront.events.publishing import record
from streams.contracts import Interaction, InteractionType, NewUser


def test_an_interaction_goes_out_with_its_own_id_under_its_shoppers_key(
    lonely_shop: Flask,
) -> None:
    with lonely_shop.test_request_context():
        event = interaction(
            InteractionType.CART,
            "u1",
            "item 1",
            Attribution(surface="home", position=2, model_version="v1"),
            quantity=3,
        )
        session_id = shopping_session()
    outgoing = record(event)
    assert (outgoing.topic, outgoing.key) == ("interactions", "u1")
    assert outgoing.event_id == event.interaction_id
    read = Interaction.decode(outgoing.payload.encode())
    assert read == event
    assert (read.item_id, read.quantity, read.surface) == ("item 1", 3, "home")
    assert (read.position, read.model_version, read.session_id) == (2, "v1", session_id)


def test_a_rating_without_words_carries_none(lonely_shop: Flask) -> None:
    with lonely_shop.test_request_context():
        event = interaction(
            InteractionType.RATE, "u1", "i", Attribution(), rating=4.5, review_title=""
        )
    assert event.review_title is None
    assert "review_title" not in record(event).payload


def test_a_new_user_event_has_the_preferences_as_one_text() -> None:
    signup_date = datetime(2026, 3, 7, tzinfo=UTC)
    outgoing = record(new_user_event("u1", "Ada", ("Books", "Pets"), signup_date))
    assert (outgoing.topic, outgoing.key) == ("new-users", "u1")
    assert NewUser.decode(outgoing.payload.encode()).preferences == "Books|Pets"


@pytest.mark.parametrize(("pause", "sessions"), [(29, 1), (31, 2)])
def test_a_shopping_session_ends_after_half_an_hour_without_activity(
    lonely_shop: Flask, pause: int, sessions: int
) -> None:
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)
    with lonely_shop.test_request_context():
        first = shopping_session(start)
        second = shopping_session(start + timedelta(minutes=pause))
    assert len({first, second}) == sessions


def test_activity_keeps_a_shopping_session_alive(lonely_shop: Flask) -> None:
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)
    with lonely_shop.test_request_context():
        ids = {shopping_session(start + timedelta(minutes=20 * step)) for step in range(6)}
    assert len(ids) == 1
