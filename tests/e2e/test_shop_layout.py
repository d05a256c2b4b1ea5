"""The shop on phones, tablets and desktops, in a browser."""

from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PHONES = (360, 390, 600)
TABLETS = (768, 820)
WIDTHS = (*PHONES, *TABLETS, 1024, 1280)

CUT_OFF = """
() => [...document.body.querySelectorAll("*")]
    .filter(e => e.checkVisibility() && !e.closest("svg, .unseen, .skip, .card-name"))
    .filter(e => {
        const row = e.closest(".shelf .grid"), box = e.getBoundingClientRect();
        return ((!row || e === row) && (box.left < -0.5 || box.right > window.innerWidth + 0.5))
            || (e !== row && getComputedStyle(e).overflowX !== "visible"
                && e.scrollWidth > e.clientWidth);
    })
    .map(e => e.outerHTML.slice(0, 160))
"""
"""Elements that leave the window or hide a part of themselves. Names on cards may be shortened, and
the row of a shelf scrolls on a phone."""


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_cut_off_and_no_page_scrolls_sideways(
    page: Page, shopper: Any, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Buy now").click()
    page.wait_for_url("**/orders/*")
    order = page.url
    page.goto("/products/e2e-lantern")
    page.get_by_role("button", name="Add to cart").click()
    page.wait_for_url("**/cart")
    for path in ("/", "/cart", "/orders", order, "/preferences", "/products/e2e-lantern"):
        _fits(page, path)
    page.locator("summary", has_text="Your account").click()
    assert page.evaluate(CUT_OFF) == [], "the account menu"
    page.context.clear_cookies()
    for path in (
        "/",
        "/products",
        "/products?category=E2E+Home",
        "/products?q=e2e+lamp&category=E2E+Home",
        "/products?q=no+such+thing",
        "/products/e2e-lantern",
        "/recommendations",
        "/sign-up",
        "/log-in",
        "/nowhere",
    ):
        _fits(page, path)


@pytest.mark.parametrize("width", WIDTHS)
def test_subcategories_are_reachable(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/products")
    _category(page, width, "E2E Home").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("E2E Home")
    _category(page, width, "Lamps").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Lamps")
    expect(_category(page, width, "Lamps")).to_have_attribute("aria-current", "page")


@pytest.mark.parametrize("width", TABLETS)
def test_a_tablet_shows_things_side_by_side(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1100})
    page.goto("/products?category=E2E+Home")
    categories = page.get_by_role("navigation", name="Categories")
    assert _right(categories) <= _left(page.locator(".card").first)
    assert _top(page.get_by_role("combobox", name="Search products")) < _bottom(
        page.get_by_role("link", name="Log in")
    )
    page.goto("/products/e2e-lantern")
    assert _right(page.locator(".product-picture")) <= _left(page.locator("h1"))


def _fits(page: Page, path: str) -> None:
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0, path
    assert page.evaluate(CUT_OFF) == [], path


def _category(page: Page, width: int, name: str) -> Locator:
    """The link to a category; a phone unfolds the list first."""
    categories = page.get_by_role("navigation", name="Categories")
    if width in PHONES:
        categories.locator("summary").click()
    return categories.get_by_role("link", name=name)


def _box(locator: Locator) -> Any:
    box = locator.bounding_box()
    assert box, "it is not on the page"
    return box


def _left(locator: Locator) -> float:
    return float(_box(locator)["x"])


def _right(locator: Locator) -> float:
    return float(_box(locator)["x"] + _box(locator)["width"])


def _top(locator: Locator) -> float:
    return float(_box(locator)["y"])


def _bottom(locator: Locator) -> float:
    return float(_box(locator)["y"] + _box(locator)["height"])
