"""What a browser makes of the pictures: they load, they are named, and a wide screen gets more."""

import pytest
from playwright.sync_api import Page

pytestmark = [pytest.mark.browser, pytest.mark.integration]

PAGES = ("/", "/products", "/products?category=E2E+Home%7CLamps", "/products/e2e-lantern")
_TO_THE_END = """async () => {
    for (let y = 0; y < document.body.scrollHeight; y += 400) {
        scrollTo(0, y);
        await new Promise(resolve => setTimeout(resolve, 50));
    }
}"""


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("path", PAGES)
def test_every_picture_loads_and_products_have_words(page: Page, path: str, width: int) -> None:
    problems: list[str] = []
    page.on("console", lambda message: problems.append(message.text))
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(path)
    page.evaluate(_TO_THE_END)
    page.wait_for_load_state("networkidle")
    pictures = page.locator("main img")
    assert pictures.count()
    for at in range(pictures.count()):
        assert pictures.nth(at).evaluate("image => image.naturalWidth > 0"), path
    for at in range(page.locator(".card img").count()):
        assert page.locator(".card img").nth(at).get_attribute("alt")
    assert not problems


def test_a_small_picture_comes_as_a_small_file(page: Page) -> None:
    page.goto("/products/e2e-lantern")
    chosen = page.locator(".product-picture img").evaluate("image => image.currentSrc")
    assert chosen.endswith("-800.webp")
    # A browser that has a larger file of the same picture already shows that one.
    page.route("**/*-400.webp", lambda route: route.abort())
    page.goto("/")
    tile = page.locator(".department-picture img").first
    tile.scroll_into_view_if_needed()
    page.wait_for_load_state("networkidle")
    assert str(tile.evaluate("image => image.currentSrc")).endswith("-160.webp")


def test_the_colour_is_there_before_the_picture(page: Page) -> None:
    page.route("**/pictures/**", lambda route: route.abort())
    page.goto("/products")
    ground = page.locator(".card img").first.evaluate(
        "image => getComputedStyle(image).backgroundColor"
    )
    assert ground not in ("rgba(0, 0, 0, 0)", "rgb(255, 255, 255)")
