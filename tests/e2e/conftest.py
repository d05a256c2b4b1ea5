"""A few products of known kinds, and a browser."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from apps.storefront.catalog.repository import upsert_products
from streams.contracts import Product

_BROWSERS = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_NOW = datetime.now(UTC)

FULL = Product(
    item_id="e2e-lantern",
    product_name="E2E brass lantern",
    category="E2E Home|Lamps",
    discounted_price=30.0,
    actual_price=40.0,
    discount_percentage=0.25,
    rating=4.0,
    rating_count=9,
    about_product="Warm light|Burns for ten hours",
    arrival_date=_NOW - timedelta(days=400),
)
BARE = Product(item_id="e2e-bare", product_name="Item e2e bare", arrival_date=_NOW)
OTHERS = tuple(
    Product(
        item_id=f"e2e-other-{number}",
        product_name=f"E2E other lamp {number}",
        category="E2E Home|Lamps",
        discounted_price=5.0 + number,
        arrival_date=_NOW - timedelta(days=100 + number),
    )
    for number in range(30)
)
DEPARTMENTS = tuple(
    Product(
        item_id=f"e2e-department-{number}",
        product_name=f"E2E thing of department {number}",
        category=f"E2E Department {number}|Things",
        discounted_price=7.0,
        arrival_date=_NOW - timedelta(days=200),
    )
    for number in range(5)
)


@pytest.fixture(scope="session")
def shop_url(stack: Any) -> str:
    """The shop's address, with products in its catalogue."""
    with psycopg.connect(stack.database_url) as connection:
        upsert_products(connection, [FULL, BARE, *OTHERS, *DEPARTMENTS])
    return str(stack.shop_url)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, _BROWSERS)), None)
    assert executable, f"the browser tests need one of {', '.join(_BROWSERS)}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=list(_FLAGS))
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser, shop_url: str) -> Iterator[Page]:
    context = browser.new_context(base_url=shop_url, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(15_000)
    yield context.new_page()
    context.close()


@dataclass(frozen=True)
class Account:
    name: str
    email: str
    password: str


def fill_sign_up(page: Page, account: Account) -> None:
    page.goto("/sign-up")
    page.get_by_label("Your name").fill(account.name)
    page.get_by_label("E-mail address").fill(account.email)
    page.get_by_label("Password").fill(account.password)


@pytest.fixture
def account() -> Account:
    """Someone who has no account yet."""
    return Account("Ada Byron", f"e2e-{uuid4().hex}@example.org", "a tidy engine")


@pytest.fixture
def shopper(page: Page, account: Account) -> Account:
    """Someone who has just signed up and is logged in."""
    fill_sign_up(page, account)
    page.get_by_role("button", name="Create account").click()
    page.get_by_text(f"Welcome, {account.name}.").wait_for()
    # A response still under way would bring back the session of a test that forgets its cookies.
    page.wait_for_load_state("networkidle")
    return account
