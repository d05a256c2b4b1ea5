"""`recsys load` on the real shop and on the topics."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from threading import Thread
from typing import Any

import psutil
import psycopg
import pytest

from apps.load.actions import Page
from apps.load.over_http import HttpLoad
from apps.load.report import Measurements, Report
from apps.load.run import Plan, run
from apps.storefront.catalog.repository import upsert_products
from streams.contracts import Product
from support.exactness import wait_until_stored
from support.laptop import RunningStack

pytestmark = pytest.mark.integration

RECSYS = Path(sys.executable).with_name("recsys")
ITEMS = {f"/products/load-{number}": f"Load {number}" for number in range(30)}
STALL_SECONDS = 2.0


@pytest.fixture
def shop(stack: RunningStack) -> RunningStack:
    with psycopg.connect(stack.database_url) as connection:
        upsert_products(
            connection,
            [
                Product(
                    item_id=path.rpartition("/")[2],
                    product_name=name,
                    actual_price=3.0,
                    arrival_date=datetime(2020, 1, 1, tzinfo=UTC),
                )
                for path, name in ITEMS.items()
            ],
        )
    return stack


def test_a_stall_of_the_shop_counts_for_all_whom_it_delays(shop: RunningStack) -> None:
    plan, measurements = Plan(rate=20, seconds=6, seed=3), Measurements()
    load = HttpLoad(shop.shop_url, plan.shopping(len(ITEMS)), ITEMS, measurements)
    load.prepare()
    master = psutil.Process(shop.stack._supervisor.processes()["storefront"].pid)
    (worker,) = master.children()

    def stall() -> None:
        time.sleep(7)
        worker.suspend()
        time.sleep(STALL_SECONDS)
        worker.resume()

    stalling = Thread(target=stall)
    stalling.start()
    report = run(load, measurements, plan)
    stalling.join()
    assert (report.errors, report.skipped) == (0, 0)
    # A visitor who waits would send one request in these 2 s; here a third of all is delayed.
    views = report.pages[Page.PRODUCT].latency
    assert views.p95_ms is not None
    assert views.p50_ms is not None
    assert views.p95_ms > 1000 * STALL_SECONDS / 2 > views.p50_ms
    _are_rows(shop, load, report)


def _are_rows(shop: RunningStack, load: HttpLoad, report: Report) -> None:
    """What the answers stand for is in PostgreSQL."""
    wait_until_stored(shop)
    with psycopg.connect(shop.database_url) as connection:
        row = connection.execute(
            "with shoppers as (select user_id from shop.users where starts_with(email, %s))"
            " select (select count(*) from events.new_users join shoppers using (user_id)),"
            " (select count(*) from events.interactions join shoppers using (user_id)),"
            " (select count(*) from events.impressions join shoppers using (user_id))",
            [load.address_prefix],
        ).fetchone()
    assert row is not None
    sign_ups, interactions, impressions = row
    assert sign_ups + interactions == report.events_acknowledged
    assert min(sign_ups, interactions, impressions) > 0


def test_straight_to_the_topics(shop: RunningStack) -> None:
    done = subprocess.run(
        [RECSYS, "load", "--direct", "--rate", "200", "--seconds", "4", "--seed", "5", "--json"],
        env=shop.cli_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    assert report["rate_achieved"] == pytest.approx(200, rel=0.4)
    assert report["errors"] == report["clicks_lost"] == 0
    for name in ("click_to_row", "click_to_live_history"):
        assert report[name]["samples"] > 0
        assert report[name]["p50_ms"] > 0


def test_it_has_one_target(shop: RunningStack) -> None:
    done = subprocess.run(
        [RECSYS, "load", "--direct", "--shop", "http://shop.example"],
        env=shop.cli_environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert "--shop and --direct exclude each other" in done.stderr
