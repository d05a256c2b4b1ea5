"""The filters of a search, and the search with a picture, in a browser."""

import re
from base64 import b64encode
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

pytestmark = [pytest.mark.browser, pytest.mark.integration]

_GIVE = """
([kind, content]) => {
    const bytes = Uint8Array.from(atob(content), each => each.charCodeAt(0));
    const given = new DataTransfer();
    given.items.add(new File([bytes], "lantern.webp", {type: "image/webp"}));
    const target = kind === "drop" ? document.querySelector(".picture-drop") : document.body;
    const options = {bubbles: true, cancelable: true};
    target.dispatchEvent(kind === "drop"
        ? new DragEvent("drop", {...options, dataTransfer: given})
        : new ClipboardEvent("paste", {...options, clipboardData: given}));
}
"""
"""Drops or pastes a picture, as a browser does it for its user."""


def asked(page: Page) -> dict[str, str]:
    """The parameters of the page's address."""
    return {name: each[0] for name, each in parse_qs(urlsplit(page.url).query).items()}


def prices(page: Page) -> list[float]:
    return [float(each.strip("$").replace(",", "")) for each in shown(page).all_inner_texts()]


def shown(page: Page) -> Locator:
    return page.locator("main .catalog .grid .price .now")


def open_filters(page: Page, width: int) -> Locator:
    """The filters: beside the products, or on a phone folded above them."""
    filters = page.locator(".filter.beside" if width > 800 else ".filter.above")
    if width <= 800:
        filters.locator("summary").click()
    return filters


@pytest.mark.parametrize("width", [1280, 390])
def test_filters_are_applied_kept_and_removed(page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 900})
    page.goto("/products?q=e2e+other+lamp")
    filters = open_filters(page, width)
    filters.get_by_label("From").fill("6")
    filters.get_by_label("To").fill("40")
    filters.get_by_role("button", name="Apply").click()
    page.wait_for_url(re.compile("min_price=6"))
    assert all(6 <= each <= 40 for each in prices(page))
    expect(open_filters(page, width).get_by_label("From")).to_have_value(re.compile(r"^6(\.00)?$"))

    page.get_by_role("link", name="Price: low to high").click()
    page.wait_for_url(re.compile("sort=price-low"))
    assert asked(page)["min_price"].startswith("6")
    first = prices(page)
    assert len(first) == 24
    assert first == sorted(first)
    page.get_by_role("link", name="Next").click()
    page.wait_for_url(re.compile("page=2"))
    kept = asked(page)
    assert (kept["q"], kept["sort"]) == ("e2e other lamp", "price-low")
    assert kept["min_price"].startswith("6")
    assert all(6 <= each <= 40 for each in prices(page))

    open_filters(page, width).get_by_role("link", name=re.compile("^E2e ")).click()
    page.wait_for_url(re.compile("brand=e2e"))
    assert "page" not in asked(page)
    assert "after" not in asked(page)
    open_filters(page, width).get_by_role("link", name=re.compile(r"^E2e \(remove\)")).click()
    page.wait_for_url(lambda address: "brand" not in address)
    assert asked(page)["sort"] == "price-low"
    open_filters(page, width).get_by_role("link", name="Any price").click()
    page.wait_for_url(lambda address: "price=" not in address)
    assert min(prices(page)) < 6


@pytest.fixture
def picture(page: Page) -> bytes:
    """The lantern's picture, as soon as the encoder has seen it."""
    page.goto("/products/e2e-lantern")
    address = page.locator(".product-picture img").evaluate("image => image.currentSrc")
    answer = page.request.get(address)
    assert answer.ok
    content = answer.body()
    for _ in range(90):
        page.goto("/search/image")
        page.set_input_files("#image", {"name": "a.webp", "mimeType": "image/webp",
                                        "buffer": content})  # fmt: skip
        page.get_by_role("button", name="Find products like this").click()
        page.wait_for_load_state()
        if page.locator(".card-name a[href*='e2e-lantern']").count():
            return content
        page.wait_for_timeout(2000)
    raise AssertionError(page.locator("main").inner_text())


def test_a_picture_is_sent_by_file_dropped_or_pasted(page: Page, picture: bytes) -> None:
    expect(page.get_by_role("heading", name="Products that look like your picture")).to_be_visible()
    first = page.locator(".card-name a").first
    expect(first).to_have_text("E2E brass lantern")
    href = first.get_attribute("href")
    assert href
    assert "from=image_search&pos=0" in href
    for kind in ("drop", "paste"):
        page.goto("/search/image")
        page.evaluate(_GIVE, [kind, b64encode(picture).decode()])
        expect(page.locator(".picture-chosen")).to_have_text("Chosen: lantern.webp")
        expect(page.locator(".picture-chosen canvas")).to_be_visible()
        submit = page.get_by_role("button", name="Find products like this")
        expect(submit).to_be_focused()
        submit.press("Enter")
        expect(page.locator(".card-name a").first).to_have_text("E2E brass lantern")


def test_a_file_that_is_no_picture_is_refused_beside_its_field(page: Page) -> None:
    page.goto("/search/image")
    page.set_input_files(
        "#image", {"name": "a.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    page.get_by_role("button", name="Find products like this").click()
    expect(page.locator("#image")).to_have_attribute("aria-invalid", "true")
    expect(page.locator(".picture-drop .problem")).to_contain_text("no JPEG, PNG or WebP")
    # The default encoder of pictures reads no texts.
    expect(page.locator("input[name=text]")).to_have_count(0)
