"""The shop behind PgBouncer, which gives each transaction another connection to PostgreSQL."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from flask import Flask

from apps.storefront.app import create_app
from apps.storefront.settings import StorefrontSettings
from support.pgbouncer import SERVERS, pgbouncer
from support.shop import NOBODY, ListOf, sign_up, submit

pytestmark = pytest.mark.integration

SHOPPERS = 4
ORDERS = 12
"""More than the five uses after which psycopg prepares a statement."""


def pooled_shop(database_url: str, pooled_url: str) -> Flask:
    settings = StorefrontSettings(
        database_url=database_url,
        pooled_database_url=pooled_url,
        kafka_bootstrap_servers=NOBODY,
        secret_key="0123456789abcdef0123456789abcdef",
        session_cookie_secure=False,
    )
    app = create_app(settings, recommender=ListOf())
    app.config["WTF_CSRF_ENABLED"] = False
    return app


def test_shoppers_share_few_connections(stocked: str, tmp_path: Path) -> None:
    assert SHOPPERS > SERVERS
    with pgbouncer(stocked, tmp_path) as pooled_url:
        app = pooled_shop(stocked, pooled_url)

        def shop_a_while() -> set[int]:
            client = app.test_client()
            sign_up(client)
            pages = [client.get("/products/p0").status_code for _ in range(ORDERS)]
            orders = [
                submit(client, "/orders/now", {"item_id": "p0"}).status_code for _ in range(ORDERS)
            ]
            return {*pages, *orders}

        with ThreadPoolExecutor(SHOPPERS) as threads:
            answers = [threads.submit(shop_a_while) for _ in range(SHOPPERS)]
            statuses = set[int]().union(*(each.result() for each in answers))
        with psycopg.connect(stocked) as connection:
            [made] = connection.execute("select count(*) from shop.orders").fetchone() or [0]
            [used] = connection.execute(
                "select count(*) from pg_stat_activity"
                " where datname = current_database() and pid <> pg_backend_pid()"
            ).fetchone() or [0]
    assert statuses <= {200, 302}
    assert made == SHOPPERS * ORDERS
    assert used <= SERVERS
