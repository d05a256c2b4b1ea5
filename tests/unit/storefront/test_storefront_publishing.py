from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from apps.storefront.accounts.shopper import Shopper
from apps.storefront.interactions import browsing, events
from apps.storefront.interactions.publishing import record
from apps.storefront.interactions.schemas import Attribution
from streams.contracts import Interaction, InteractionType, NewUser

ADA = Shopper("u1", "ada@example.org", "Ada", ("Books", "Pets"), datetime(2026, 3, 7, tzinfo=UTC))


def test_an_interaction_goes_out_with_its_own_id_under_its_shoppers_key(
    lonely_shop: Flask,
) -> None:
    with lonely_shop.test_request_context():
        event = events.interaction(
            InteractionType.CART,
            ADA,
            "item 1",
            Attribution(surface="home", position=2, model_version="v1"),
            quantity=3,
        )
        session_id = browsing.touch()
    outgoing = record(event)
    assert (outgoing.topic, outgoing.key) == ("interactions", "u1")
    assert outgoing.event_id == event.interaction_id
    read = Interaction.decode(outgoing.payload.encode())
    assert read == event
    assert (read.item_id, read.quantity, read.surface) == ("item 1", 3, "home")
    assert (read.position, read.model_version, read.session_id) == (2, "v1", session_id)


def test_a_rating_without_words_carries_none(lonely_shop: Flask) -> None:
    with lonely_shop.test_request_context():
        event = events.interaction(
            InteractionType.RATE, ADA, "i", Attribution(), rating=4.5, review_title=""
        )
    assert event.review_title is None
    assert "review_title" not in record(event).payload


def test_a_shopper_is_told_without_address_or_password() -> None:
    outgoing = record(events.new_user(ADA))
    assert (outgoing.topic, outgoing.key) == ("new-users", "u1")
    told = NewUser.decode(outgoing.payload.encode())
    assert told.preferences == "Books|Pets"
    assert "example.org" not in outgoing.payload


@pytest.mark.parametrize(("pause", "sessions"), [(29, 1), (31, 2)])
def test_a_browsing_session_ends_after_half_an_hour_without_activity(
    lonely_shop: Flask, pause: int, sessions: int
) -> None:
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)
    with lonely_shop.test_request_context():
        first = browsing.touch(start)
        second = browsing.touch(start + timedelta(minutes=pause))
    assert len({first, second}) == sessions


def test_activity_keeps_a_browsing_session_alive(lonely_shop: Flask) -> None:
    start = datetime(2026, 3, 7, 12, tzinfo=UTC)
    with lonely_shop.test_request_context():
        ids = {browsing.touch(start + timedelta(minutes=20 * step)) for step in range(6)}
    assert len(ids) == 1
