"""A shopper's way through the shop, in a browser."""

import re
from typing import Any

import pytest
from confluent_kafka import Consumer
from playwright.sync_api import Page, expect

from streams.contracts import INTERACTIONS, NEW_USERS, Interaction, InteractionType, NewUser

pytestmark = [pytest.mark.browser, pytest.mark.integration]


def published(stack: Any, name: str, count: int) -> list[tuple[str, bytes]]:
    """The (topic, value) records of the shopper called `name`, once there are `count` of them."""
    consumer = Consumer(
        {
            "bootstrap.servers": stack.kafka_bootstrap_servers,
            "group.id": f"test-{name}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    topics = [INTERACTIONS.public.name, NEW_USERS.public.name]
    consumer.subscribe(topics)
    user_id = None
    seen: list[tuple[str, str, bytes]] = []
    for _ in range(120):
        batch = consumer.consume(1000, 0.5)
        for message in batch:
            key, topic, value = message.key(), message.topic(), message.value()
            assert isinstance(key, bytes)
            assert topic is not None
            assert value is not None
            seen.append((key.decode(), topic, value))
        user_id = user_id or next(
            (
                key
                for key, topic, value in seen
                if topic == NEW_USERS.public.name and NewUser.decode(value).user_name == name
            ),
            None,
        )
        own = [(topic, value) for key, topic, value in seen if key == user_id]
        if len(own) >= count:
            break
    consumer.close()
    return own


def test_from_sign_up_to_purchase_history_and_every_step_is_an_event(
    page: Page, stack: Any, account: Any
) -> None:
    name = f"Ada {account.email[4:12]}"
    page.goto("/sign-up")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("E-mail address").fill(account.email)
    page.get_by_label("Password").fill(account.password)
    page.get_by_label("E2E Home").check()
    page.get_by_role("button", name="Create account").click()

    expect(page.get_by_role("heading", name="Recommended for you")).to_be_visible()
    assert page.locator("[data-source]").first.get_attribute("data-source") in (
        "live",
        "precomputed",
        "trending",
        "popular",
        "newest",
    )

    page.get_by_role("combobox", name="Search products").fill("brass lant")
    page.keyboard.press("Enter")
    page.get_by_role("link", name="E2E brass lantern").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("E2E brass lantern")
    expect(page.locator(".product-text .price")).to_contain_text("30.00")
    expect(page.get_by_role("img", name=re.compile("out of 5 stars")).first).to_be_visible()

    page.get_by_label("Quantity").fill("2")
    page.get_by_role("button", name="Add to cart").click()
    expect(page.get_by_role("link", name="Cart, 2 items")).to_be_visible()
    page.get_by_label("Quantity of E2E brass lantern").fill("3")
    page.get_by_role("button", name="Update").click()
    expect(page.locator(".grand")).to_contain_text("90.00")

    page.get_by_role("button", name="Place order").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your order")

    page.goto("/products/e2e-bare")
    expect(page.get_by_text("Price on request")).to_be_visible()
    page.get_by_role("button", name="Buy now").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Thank you for your order")

    page.get_by_role("navigation", name="Shop").get_by_role("link", name="Orders").click()
    expect(page.locator(".order")).to_have_count(2)
    page.get_by_role("link", name="Rate E2E brass lantern").click()
    page.get_by_label("4.5 stars").check()
    page.get_by_label("Title").fill("Just right")
    page.get_by_label("Review", exact=False).last.fill("Lights the whole room.")
    page.get_by_role("button", name="Submit rating").click()
    expect(page.get_by_role("status")).to_contain_text("rating has been saved")
    expect(page.locator(".review-list")).to_contain_text("Lights the whole room.")

    own = published(stack, name, 9)
    assert [topic for topic, _ in own].count(NEW_USERS.public.name) == 1
    done = sorted(
        (Interaction.decode(value) for topic, value in own if topic == INTERACTIONS.public.name),
        key=lambda event: event.timestamp,
    )
    assert [(event.interaction_type.value, event.item_id, event.quantity) for event in done] == [
        ("view", "e2e-lantern", None),
        ("cart", "e2e-lantern", 2),
        ("cart", "e2e-lantern", 1),
        ("purchase", "e2e-lantern", 3),
        ("view", "e2e-bare", None),
        ("purchase", "e2e-bare", 1),
        ("view", "e2e-lantern", None),
        ("rate", "e2e-lantern", None),
    ]
    assert len({event.session_id for event in done}) == 1
    by_type = {event.interaction_type: event for event in reversed(done)}
    assert by_type[InteractionType.VIEW].surface == "search"
    assert done[3].surface == "search", "the purchase is attributed to the list that led to it"
    rated = by_type[InteractionType.RATE]
    assert (rated.rating, rated.review_title) == (4.5, "Just right")


def test_log_out_and_in_again_keeps_cart_and_preferences(page: Page, shopper: Any) -> None:
    page.goto("/preferences")
    page.get_by_label("E2E Home").check()
    page.get_by_role("button", name="Save preferences").click()
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Add to cart").click()

    page.locator("summary", has_text=shopper.name).click()
    page.get_by_role("button", name="Log out").click()
    page.goto("/cart")
    expect(page.get_by_role("heading", level=1)).to_have_text("Log in")

    page.get_by_label("E-mail address").fill(shopper.email.upper())
    page.get_by_label("Password").fill(shopper.password)
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your cart")
    expect(page.get_by_role("link", name="E2E brass lantern")).to_be_visible()
    page.get_by_role("button", name="Remove").click()
    expect(page.get_by_text("Your cart is empty")).to_be_visible()
    page.goto("/preferences")
    expect(page.get_by_label("E2E Home")).to_be_checked()


def test_the_catalogue_filters_sorts_and_turns_pages(page: Page) -> None:
    page.goto("/products?category=E2E+Home")
    expect(page.get_by_role("heading", level=1)).to_have_text("E2E Home")
    expect(page.locator(".page-head")).to_contain_text("31 products")
    page.get_by_role("link", name="Price: low to high").click()
    expect(page.locator(".card-name").first).to_have_text("E2E other lamp 0")
    page.get_by_role("link", name="Next").click()
    expect(page.locator(".card")).to_have_count(7)
    page.get_by_role("link", name="Best rated").click()
    expect(page.locator(".card-name").first).to_have_text("E2E brass lantern")
    page.goto("/products?q=lamp&max_price=0.01")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    page.goto("/products?category=E2E+Home&page=40")
    page.get_by_role("link", name="Go to the first page").click()
    expect(page.locator(".card")).to_have_count(24)


def test_a_visitor_can_look_but_is_asked_to_log_in_before_buying(page: Page) -> None:
    page.goto("/products/e2e-lantern")
    expect(page.get_by_role("button", name="Add to cart")).to_have_count(0)
    expect(page.get_by_role("heading", name="Similar products")).to_be_visible()
    page.get_by_role("link", name="Log in to buy").click()
    assert "next=" in page.url
