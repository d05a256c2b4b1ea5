"""What axe-core and a reader with forced colours find on every page of the shop."""

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from support.accessibility import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PAGES = (
    "/",
    "/products",
    "/search/image",
    "/products?category=E2E+Home%7CLamps",
    "/products?q=lamp",
    "/products?q=no+such+thing",
    "/products?page=900",
    "/products?page=nonsense",
    "/products/e2e-lantern",
    "/products/e2e-nothing",
    "/recommendations",
    "/sign-up",
    "/log-in",
)
OWN_PAGES = (
    "/",
    "/products/e2e-lantern",
    "/cart",
    "/orders",
    "/recommendations",
    "/preferences",
    "/account/delete",
)


@pytest.mark.parametrize("width", [1280, 820, 390])
def test_axe_finds_nothing_on_any_page(page: Page, shopper: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    axe = Inspector(page)
    axe.visit("/cart")  # while it is empty
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Buy now").click()
    page.wait_for_url("**/orders/*")
    axe.visit(page.url)
    axe.visit(page.url.partition("?")[0])
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart")
    for path in OWN_PAGES:
        axe.visit(path)
    page.locator("summary", has_text="Your account").click()
    axe.examine("the account menu")
    page.context.clear_cookies()
    for path in PAGES:
        axe.visit(path)
    for path, button in (("/sign-up", "Create account"), ("/log-in", "Log in")):
        page.goto(path)
        page.get_by_role("button", name=button).click()
        expect(page.get_by_role("alert")).to_be_visible()
        axe.examine(f"{path} with errors")


def test_forced_colours_show_what_is_chosen(page: Page, shopper: Any) -> None:
    page.emulate_media(forced_colors="active")
    page.goto("/products/e2e-lantern")
    page.get_by_label("4.5 stars").check()
    assert _ground(page, "input:checked + span") != _ground(page, "input:not(:checked) + span")
    page.goto("/products?sort=rating")
    assert _ground(page, ".sorts [aria-current]") != _ground(page, ".sorts a:not([aria-current])")
    line = "e => getComputedStyle(e).borderBottomColor"
    current, other = (
        page.locator(f".departments-bar {link}").first.evaluate(line)
        for link in ("[aria-current]", "a:not([aria-current])")
    )
    assert current != other
    page.goto("/preferences")
    page.locator(".choice").first.click()
    assert _ground(page, "input:checked + .choice-card .tick") != _ground(page, ".choice-card")


def _ground(page: Page, selector: str) -> str:
    return str(page.locator(selector).first.evaluate("e => getComputedStyle(e).backgroundColor"))


@pytest.mark.parametrize("width", [1280, 820, 390])
def test_the_page_that_explains_a_list_fits_and_axe_finds_nothing(
    browser: Browser, stack: Any, shopper: Any, width: int
) -> None:
    context = browser.new_context(
        base_url=stack.shop_url,
        viewport={"width": width, "height": 900},
        http_credentials={"username": "staff", "password": stack.environment["RECSYS_EXPLAIN_KEY"]},
    )
    page = context.new_page()
    axe = Inspector(page)
    axe.visit("/explain")
    page.get_by_label("Shopper", exact=True).fill("nobody has this name")
    page.get_by_role("button", name="Explain").click()
    expect(page.get_by_role("alert")).to_contain_text("No user has the id")
    axe.examine("nobody is found")
    page.get_by_label("Shopper", exact=True).fill(shopper.email)
    page.get_by_role("button", name="Explain").click()
    page.wait_for_url("**/explain?user=*")
    assert shopper.email not in page.url
    expect(page.get_by_text(shopper.name)).to_be_visible()
    page.locator(".funnel summary").first.click()
    axe.examine("the explanation")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()
