"""The suggestions of the search field: keyboard, screen reader, mouse, telephone, no script."""

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Locator, Page, Route, expect

from support.accessibility import Inspector

pytestmark = [pytest.mark.browser, pytest.mark.integration]


@pytest.fixture
def field(page: Page) -> Locator:
    page.goto("/recommendations")
    return page.get_by_role("combobox", name="Search products")


def options(page: Page) -> Locator:
    return page.get_by_role("option")


def type_lantern(page: Page, field: Locator) -> None:
    field.press_sequentially("e2e lan")
    expect(options(page)).to_have_text(["E2E brass lantern product"])
    expect(field).to_have_attribute("aria-expanded", "true")


def active(page: Page, field: Locator) -> str | None:
    """The text of the option that a screen reader reads."""
    option_id = field.get_attribute("aria-activedescendant")
    return page.locator(f"#{option_id}").inner_text() if option_id else None


def test_arrows_choose_and_enter_follows(page: Page, field: Locator) -> None:
    type_lantern(page, field)
    expect(page.get_by_role("search").locator("[aria-live=polite]")).to_have_text("1 suggestion")
    assert active(page, field) is None
    field.press("ArrowDown")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    assert (active(page, field) or "").startswith("E2E brass lantern")
    field.press("ArrowDown")
    assert active(page, field) is None, "after the last comes the field again"
    field.press("ArrowUp")
    assert active(page, field)
    field.press("Enter")
    page.wait_for_url("**/products/e2e-lantern?from=autocomplete&pos=0")


def test_home_and_end_move_in_the_list_and_in_the_text(page: Page, field: Locator) -> None:
    field.press_sequentially("e2e other")
    expect(options(page)).to_have_count(5)
    field.press("End")
    assert active(page, field) is None
    field.press("ArrowDown")
    field.press("End")
    expect(options(page).last).to_have_attribute("aria-selected", "true")
    field.press("Home")
    expect(options(page).first).to_have_attribute("aria-selected", "true")
    field.press("ArrowLeft")
    assert active(page, field) is None


def test_escape_closes_the_list_and_then_empties_the_field(page: Page, field: Locator) -> None:
    type_lantern(page, field)
    field.press("ArrowDown")
    field.press("Escape")
    expect(options(page)).to_have_count(0)
    expect(field).to_have_attribute("aria-expanded", "false")
    assert active(page, field) is None
    expect(field).to_have_value("e2e lan")
    field.press("ArrowDown")
    expect(options(page)).to_have_count(1)
    field.press("Escape")
    field.press("Escape")
    expect(field).to_have_value("")


def test_enter_without_a_choice_searches(page: Page, field: Locator) -> None:
    type_lantern(page, field)
    field.press("Enter")
    page.wait_for_url("**/products?q=e2e+lan")


def test_the_mouse_chooses_and_leaving_closes(page: Page, field: Locator) -> None:
    type_lantern(page, field)
    page.get_by_role("heading", level=1).click()
    expect(options(page)).to_have_count(0)
    field.fill("")
    type_lantern(page, field)
    options(page).first.click()
    page.wait_for_url("**/products/e2e-lantern?*")


def test_past_searches_are_suggested_before_a_letter_is_typed(page: Page, field: Locator) -> None:
    page.goto("/products?q=E2E+lantern")
    page.goto("/recommendations")
    field.focus()
    expect(options(page).first).to_have_text(re.compile("e2e lantern.*your search"))


def test_a_slow_answer_to_an_older_question_is_not_shown(page: Page, field: Locator) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/autocomplete?q=e2e%20oth", hold)
    field.press_sequentially("e2e oth")
    page.wait_for_timeout(400)
    assert len(held) == 1
    field.fill("e2e brass")
    expect(options(page)).to_have_text(["E2E brass lantern product"])
    held[0].abort()
    page.wait_for_timeout(200)
    expect(options(page)).to_have_text(["E2E brass lantern product"])


def test_typing_fast_asks_once(page: Page, field: Locator) -> None:
    asked: list[str] = []
    page.on("request", lambda each: asked.append(each.url) if "/autocomplete" in each.url else None)
    field.press_sequentially("e2e lan", delay=10)
    expect(options(page)).to_have_count(1)
    assert len([url for url in asked if "q=e" in url]) <= 2


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_while_the_list_is_open_and_it_fits(
    page: Page, field: Locator, width: int
) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    field.press_sequentially("e2e")
    expect(options(page).first).to_be_visible()
    field.press("ArrowDown")
    Inspector(page).examine("suggestions")
    for option in options(page).all():
        box = option.bounding_box()
        assert box
        assert box["height"] >= 44
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


def test_the_scripts_obey_the_policy_of_the_page(page: Page) -> None:
    complaints: list[str] = []
    page.on("console", lambda each: complaints.append(each.text) if each.type == "error" else None)
    page.goto("/")
    page.get_by_role("combobox", name="Search products").press_sequentially("e2e")
    expect(options(page).first).to_be_visible()
    assert complaints == []


@pytest.fixture
def plain_page(browser: Browser, shop_url: str) -> Iterator[Page]:
    context = browser.new_context(base_url=shop_url, java_script_enabled=False)
    yield context.new_page()
    context.close()


def test_without_scripts_it_is_a_plain_search(plain_page: Page) -> None:
    plain_page.goto("/")
    field = plain_page.get_by_role("searchbox", name="Search products")
    field.fill("lantern")
    field.press("Enter")
    plain_page.wait_for_url("**/products?q=lantern")
    expect(plain_page.get_by_text("E2E brass lantern").first).to_be_visible()
    expect(plain_page.get_by_role("listbox")).to_have_count(0)
