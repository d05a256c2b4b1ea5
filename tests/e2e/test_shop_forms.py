"""Wrong input, forged forms, keyboard and labels, in a browser."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from streams.contracts import new_id

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PAGES = ("/", "/products", "/products/e2e-lantern", "/products/e2e-bare", "/recommendations",
         "/sign-up", "/log-in")  # fmt: skip
OWN_PAGES = ("/", "/cart", "/orders", "/preferences", "/products/e2e-lantern", "/recommendations")

NAMELESS = """
() => [...document.querySelectorAll(
        "input:not([type=hidden]), textarea, select, button, a, summary")]
    .filter(e => !(e.labels?.length && [...e.labels].some(l => l.textContent.trim()))
                 && !e.getAttribute("aria-label") && !e.textContent.trim())
    .map(e => e.outerHTML)
"""
REPEATED_IDS = """
() => [...document.querySelectorAll("[id]")].map(e => e.id)
    .filter((id, at, all) => all.indexOf(id) !== at)
"""
DANGLING = """
() => [...document.querySelectorAll("[aria-describedby], [aria-labelledby]")]
    .flatMap(e => ((e.getAttribute("aria-describedby") || "") + " "
                   + (e.getAttribute("aria-labelledby") || "")).split(/\\s+/))
    .filter(id => id && !document.getElementById(id))
"""
OVERFLOW = "() => document.documentElement.scrollWidth - window.innerWidth"

Form = dict[str, str | float | bool]


def test_every_mistake_in_a_sign_up_is_named_beside_its_field(page: Page) -> None:
    page.goto("/sign-up")
    page.get_by_label("E-mail address").fill("nonsense")
    page.get_by_label("Password").fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.get_by_role("alert")).to_contain_text("There is a problem")
    for label, words in {
        "Your name": "Please fill in this field.",
        "E-mail address": "Enter an e-mail address such as",
        "Password": "Use at least 10 characters.",
    }.items():
        field = page.get_by_label(label)
        expect(field).to_have_attribute("aria-invalid", "true")
        problem = f"{field.get_attribute('id')}-problem"
        assert problem in str(field.get_attribute("aria-describedby")).split()
        expect(page.locator(f"#{problem}")).to_contain_text(words)
    expect(page.get_by_label("E-mail address")).to_have_value("nonsense")
    expect(page.get_by_label("Password")).to_have_value("")


def test_an_address_has_one_account(page: Page, shopper: Any) -> None:
    page.context.clear_cookies()
    page.goto("/sign-up")
    page.get_by_label("Your name").fill("Someone else")
    page.get_by_label("E-mail address").fill(shopper.email.upper())
    page.get_by_label("Password").fill("another engine")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator("#email-problem")).to_contain_text("already an account")


def test_a_wrong_password_says_no_more_than_that(page: Page, shopper: Any) -> None:
    page.context.clear_cookies()
    for email in (shopper.email, "nobody@example.org"):
        page.goto("/log-in")
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill("not the password")
        page.get_by_role("button", name="Log in").click()
        expect(page.get_by_role("alert")).to_contain_text(
            "The e-mail address or the password is wrong."
        )


def test_a_wrong_quantity_is_explained_in_the_cart(page: Page, shopper: Any) -> None:
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("Quantity of E2E brass lantern").fill("-4")
    page.get_by_role("button", name="Update").click()
    expect(page.locator("#quantity-problem")).to_contain_text("Enter 1 or more.")
    page.goto("/cart")
    expect(page.get_by_label("Quantity of E2E brass lantern")).to_have_value("1")


def test_a_rating_without_stars_is_explained(page: Page, shopper: Any) -> None:
    page.goto("/products/e2e-lantern")
    page.get_by_label("Title").fill("No stars")
    page.get_by_role("button", name="Submit rating").click()
    expect(page.locator("#rating-problem")).to_contain_text("Please fill in this field.")
    expect(page.get_by_label("Title")).to_have_value("No stars")


def _wrong_sign_up(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/sign-up")
    page.get_by_role("button", name="Create account").click()


def _wrong_log_in(page: Page) -> None:
    page.context.clear_cookies()
    page.goto("/log-in")
    page.get_by_role("button", name="Log in").click()


def _wrong_preferences(page: Page) -> None:
    page.goto("/preferences")
    for box in page.get_by_role("checkbox").all()[:6]:
        box.check()
    page.get_by_role("button", name="Save preferences").click()


def _wrong_quantity(page: Page) -> None:
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Add to cart").click()
    page.get_by_label("Quantity of E2E brass lantern").fill("-4")
    page.get_by_role("button", name="Update").click()


def _wrong_rating(page: Page) -> None:
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Submit rating").click()


@pytest.mark.parametrize(
    ("submit", "link"),
    [
        (_wrong_sign_up, "Your name"),
        (_wrong_log_in, "E-mail address"),
        (_wrong_preferences, "Preferences"),
        (_wrong_quantity, "Quantity of E2E brass lantern"),
        (_wrong_rating, "Your rating"),
    ],
)
def test_after_a_mistake_the_summary_has_the_focus_and_leads_to_the_field(
    page: Page, shopper: Any, submit: Callable[[Page], None], link: str
) -> None:
    page.set_viewport_size({"width": 390, "height": 700})
    submit(page)
    summary = page.get_by_role("alert")
    expect(summary).to_be_focused()
    expect(summary).to_be_in_viewport(ratio=1)
    assert page.title().startswith("Error: ")
    summary.get_by_role("link", name=link).click()
    field = page.locator(":focus")
    expect(field).to_be_in_viewport()
    group = field.locator("xpath=ancestor-or-self::*[@aria-describedby]").last
    for problem in str(group.get_attribute("aria-describedby")).split():
        expect(page.locator(f"#{problem}")).to_be_visible()
    expect(field.locator("xpath=ancestor-or-self::*[@aria-invalid='true']").last).to_be_attached()


def test_after_a_wrong_password_the_message_has_the_focus(page: Page, shopper: Any) -> None:
    page.context.clear_cookies()
    page.goto("/log-in")
    page.get_by_label("E-mail address").fill(shopper.email)
    page.get_by_label("Password").fill("not the password")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_focused()
    assert page.title().startswith("Error: ")


def test_six_preferences_are_one_too_many(page: Page, shopper: Any) -> None:
    token = _token(page, "/preferences")
    answer = page.request.post(
        "/preferences",
        headers={"Content-Type": "application/x-www-form-urlencoded"},
        data=f"csrf_token={token}&" + "&".join(f"preferences=P{n}" for n in range(6)),
    )
    assert answer.status == 422
    assert "Choose at most 5." in answer.text()


def test_a_form_from_elsewhere_is_refused(page: Page, shopper: Any) -> None:
    forms: tuple[Form, ...] = (
        {"item_id": "e2e-lantern"},
        {"item_id": "e2e-lantern", "csrf_token": "forged"},
    )
    for form in forms:
        answer = page.request.post("/orders/now", form=form)
        assert answer.status == 400
        assert "came from another site" in answer.text()
    page.goto("/orders")
    expect(page.get_by_text("No orders yet")).to_be_visible()


def test_products_that_are_not_sold_cannot_be_bought_or_rated(page: Page, shopper: Any) -> None:
    token = _token(page, "/preferences")
    for path in ("/cart", "/cart/quantity", "/orders/now", "/reviews"):
        form: Form = {"item_id": "e2e-nothing", "quantity": "1", "rating": "5", "csrf_token": token}
        form["form_id"] = str(new_id())
        assert page.request.post(path, form=form).status == 404
    for quantity in ("0", "-1", "100", "1e3"):
        form = {"item_id": "e2e-lantern", "quantity": quantity, "csrf_token": token}
        assert page.request.post("/cart", form=form).status == 400
    page.goto("/cart")
    expect(page.get_by_text("Your cart is empty")).to_be_visible()


def test_nobody_reads_anothers_order(page: Page, shopper: Any, account: Any) -> None:
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Buy now").click()
    # A response still under way would bring back the buyer's session.
    page.wait_for_url("**/orders/*", wait_until="networkidle")
    order = urlsplit(page.url).path
    page.context.clear_cookies()
    page.goto("/sign-up")
    page.get_by_label("Your name").fill("Someone else")
    page.get_by_label("E-mail address").fill(f"other-{account.email}")
    page.get_by_label("Password").fill("another engine")
    page.get_by_role("button", name="Create account").click()
    page.get_by_text("Welcome, Someone else.").wait_for()
    assert page.request.get(order).status == 404


def test_the_shop_is_used_with_the_keyboard_alone(page: Page, account: Any) -> None:
    page.goto("/sign-up")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    for text in (account.name, account.email, account.password, "1990"):
        while page.evaluate("document.activeElement.tagName") != "INPUT":
            page.keyboard.press("Tab")
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Space")
    assert page.locator("input[name=preferences]:checked").count() == 1
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"Welcome, {account.name}.")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 390])
def test_every_page_is_labelled_fits_and_loads_nothing_from_elsewhere(
    page: Page, shop_url: str, shopper: Any, width: int
) -> None:
    hosts: set[str] = set()
    troubles: list[str] = []
    page.on("request", lambda request: hosts.add(urlsplit(request.url).netloc))
    page.on("console", lambda message: troubles.append(message.text))
    page.set_viewport_size({"width": width, "height": 900})
    for path in OWN_PAGES:
        _inspect(page, path)
    page.context.clear_cookies()
    for path in PAGES:
        _inspect(page, path)
    assert hosts == {urlsplit(shop_url).netloc}
    assert not troubles


def _inspect(page: Page, path: str) -> None:
    page.goto(path)
    assert page.locator("h1").count() == 1, path
    assert page.evaluate(NAMELESS) == [], path
    assert page.evaluate(REPEATED_IDS) == [], path
    assert page.evaluate(DANGLING) == [], path
    assert page.evaluate(OVERFLOW) <= 0, path


def _token(page: Page, path: str) -> str:
    page.goto(path)
    return page.locator("input[name=csrf_token]").first.input_value()
