"""Suggestions over HTTP in a shop of 50,000 products, and the same products by SQL."""

import random
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import quantiles
from typing import Any
from urllib.parse import quote, urlsplit

import psutil
import psycopg
from calling import call
from measuring import in_own_process

_ITEMS = 50_000
_QUERIES, _SHOPPERS = 2_000, 5
_BEGINNINGS = 3_000
_SHARE_OF_TYPOS = 0.1
_WORKERS, _CONNECTIONS = 2, 16
_RATE = 300
_WARM_SECONDS, _SECONDS = 5.0, 20.0
_SQL_CALLS = 300
_MAX_P95_MS = 10
_MAX_INDEX_MB = 60


def kept(figures: dict[str, Any]) -> list[bool]:
    """Whether each threshold is kept."""
    return [
        figures["p95 at 300/s, ms"] <= _MAX_P95_MS,
        figures["index in a worker, MB"] <= _MAX_INDEX_MB,
    ]


def measure_autocomplete() -> dict[str, Any]:
    """Percentiles in milliseconds; a request that is late waits from when it was due.

    The shop has two workers, is called from a process of its own, and shares the machine with
    PostgreSQL and its caller. Every tenth beginning has two letters swapped.
    """
    from streams.settings import KafkaSettings
    from support.database import running_database
    from support.shop import NOBODY
    from support.shop_process import gunicorn

    kafka = KafkaSettings(kafka_bootstrap_servers=NOBODY)
    with (
        tempfile.TemporaryDirectory() as name,
        running_database(Path(name) / "postgres") as server,
    ):
        beginnings = in_own_process(_fill, server.url)
        figures: dict[str, Any] = {
            "index in a worker, MB": in_own_process(_index_mb, server.url),
            "by SQL, one at a time, p95, ms": in_own_process(_by_sql, server.url, beginnings),
        }
        with (
            gunicorn(server.url, kafka, Path(name), workers=_WORKERS) as (address, _),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
        ):
            return other.submit(_call, address, beginnings).result() | figures


def _fill(url: str) -> list[str]:
    """Products, and popular queries; returns what shoppers type."""
    import numpy as np

    from apps.migrations.upgrade import upgrade
    from apps.storefront.catalog.repository import upsert_products
    from ml.data.synthetic import SyntheticConfig
    from ml.data.synthetic.catalogue import make_catalogue

    upgrade(url)
    config = SyntheticConfig(n_items=_ITEMS, n_users=1, n_interactions=0)
    products = make_catalogue(config, np.random.default_rng(0)).products
    rng = random.Random(0)
    names = [each.product_name.lower().replace(",", "") for each in products]
    queries = sorted({" ".join(name.split()[1:3]) for name in rng.sample(names, _QUERIES)})
    with psycopg.connect(url) as connection:
        upsert_products(connection, products)
        connection.execute(
            "insert into events.searches select gen_random_uuid(), 'u' || shopper, now(), query, 9,"
            " 'search' from unnest(%s::text[]) query, generate_series(1, %s) shopper",
            [queries, _SHOPPERS],
        )
        connection.commit()
        connection.autocommit = True
        connection.execute("vacuum analyze")
    return [_typed(rng, rng.choice(names)) for _ in range(_BEGINNINGS)]


def _typed(rng: random.Random, name: str) -> str:
    """The beginning of one or two words of a name."""
    words = name.split()
    first = rng.randrange(len(words))
    text = " ".join(words[first : first + 2])
    text = text[: rng.randint(1, len(text))]
    if len(text) > 4 and rng.random() < _SHARE_OF_TYPOS:
        at = rng.randrange(1, len(text) - 2)
        text = text[:at] + text[at + 1] + text[at] + text[at + 2 :]
    return text


def _index_mb(url: str) -> float:
    from apps.storefront.autocomplete.suggestions import Autocomplete
    from streams.database import Database

    autocomplete = Autocomplete(Database(url, connections=1, timeout=30), None)
    before = psutil.Process().memory_full_info().uss
    autocomplete.refresh()
    return (psutil.Process().memory_full_info().uss - before) / 1e6


def _by_sql(url: str, beginnings: Sequence[str]) -> float:
    """What the index replaces: five products whose words begin so, by the GIN index of words."""
    taken = []
    with psycopg.connect(url) as connection:
        for text in beginnings[:_SQL_CALLS]:
            words = " & ".join(f"{word}:*" for word in text.split())
            started = time.perf_counter()
            connection.execute(
                "select item_id, product_name from shop.products"
                " where words @@ to_tsquery('simple', %s) and not hidden"
                " order by stars_count desc limit 5",
                [words],
            ).fetchall()
            taken.append(time.perf_counter() - started)
    return quantiles(taken, n=100)[94] * 1e3


def _call(address: str, beginnings: Sequence[str]) -> dict[str, float]:
    host = urlsplit(address).netloc
    requests = [
        f"GET /autocomplete?q={quote(text)} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode()
        for text in beginnings
    ]
    call(address, requests, connections=_CONNECTIONS, seconds=_WARM_SECONDS, rate=_RATE)
    answers = call(address, requests, connections=_CONNECTIONS, seconds=_SECONDS, rate=_RATE)
    most = call(address, requests, connections=_CONNECTIONS, seconds=_SECONDS / 2)
    return {
        "answered at 300/s, requests/s": answers.per_second,
        "p50 at 300/s, ms": answers.percentile_ms(50),
        "p95 at 300/s, ms": answers.percentile_ms(95),
        "p99 at 300/s, ms": answers.percentile_ms(99),
        "at most, requests/s": most.per_second,
    }
