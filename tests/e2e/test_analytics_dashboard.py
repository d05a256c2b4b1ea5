"""The live dashboard in a browser, on the events of the running stack."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect

from apps.storefront.catalog.repository import upsert_products
from streams.contracts import IMPRESSIONS, INTERACTIONS, Impression, Product, new_id
from streams.publisher import Publisher
from support.interactions import interaction

pytestmark = [pytest.mark.browser, pytest.mark.integration]

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
NOW = datetime.now(UTC)


@pytest.fixture(params=["light", "dark"])
def dashboard(browser: Browser, stack: Any, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(color_scheme=request.param)
    context.set_default_timeout(15_000)
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(stack.stack.analytics_url)
    expect(page.get_by_role("status")).to_have_text("live")
    yield page
    context.close()
    assert faults == []


def test_a_purchase_is_on_the_page_within_seconds(dashboard: Page, stack: Any) -> None:
    name = f"Dashboard lamp {uuid4().hex[:6]}"
    item = Product(item_id=name, product_name=f"{name} <b>", actual_price=1234.5, arrival_date=NOW)
    with psycopg.connect(stack.database_url) as connection:
        upsert_products(connection, [item])
    place = {"surface": "trending", "position": 6, "model_version": name}
    events = [
        interaction("dashboard", name, "view", NOW, **place),
        interaction("dashboard", name, "purchase", NOW, quantity=9000, **place),
    ]
    shown = Impression(
        impression_id=new_id(),
        user_id="dashboard",
        timestamp=NOW,
        surface="trending",
        item_ids=("a", name, "b", "c"),
        first_position=5,
        model_version=name,
    )
    with Publisher(stack.kafka) as publisher:
        publisher.publish(IMPRESSIONS.public.name, [(shown.key, shown.encode())])
        publisher.publish(
            INTERACTIONS.public.name, [(event.key, event.encode()) for event in events]
        )
    sold = dashboard.locator("#top tbody tr").filter(has_text=f"{name} <b>")
    expect(sold).to_contain_text("9,000")
    expect(sold).to_contain_text("11,110,500.00")
    clicks = dashboard.locator("[data-rate=model_version] tbody tr").filter(has_text=name)
    expect(clicks).to_have_text(re.compile(r"1\s*4\s*25"))
    expect(dashboard.locator("#funnel li").first).to_contain_text("shoppers")
    expect(dashboard.locator("#revenue")).not_to_have_text("0.00")
    dashboard.get_by_text("15 minutes").first.click()
    expect(sold).to_contain_text("9,000")
    expect(dashboard.locator("#earned rect")).to_have_count(15)


@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_and_nothing_is_cut_off(dashboard: Page, width: int) -> None:
    from axe_playwright_python.sync_playwright import Axe

    dashboard.set_viewport_size({"width": width, "height": 900})
    options = {"runOnly": {"type": "tag", "values": RULES}, "resultTypes": ["violations"]}
    results = Axe().run(dashboard, options=options)
    assert results.violations_count == 0, results.generate_report()
    assert dashboard.evaluate("document.documentElement.scrollWidth - window.innerWidth") <= 0


def test_a_window_that_is_not_offered_is_refused(dashboard: Page) -> None:
    assert dashboard.request.get(f"{dashboard.url}figures?minutes=7").status == 400
    assert dashboard.request.get(f"{dashboard.url}figures?minutes=15").json()["window"] == 15
