"""Search by the REST API in a shop of 50,000 products, with the encoder beside it."""

import os
import random
import tempfile
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import numpy as np
import numpy.typing as npt
from calling import call
from measuring import in_own_process

PRODUCTS = 50_000
WORKERS, CONNECTIONS = 2, 8
RATE, CACHED_RATE = 100, 200
"""Requests per second: each with a text of its own, and with texts that were searched before."""
_CACHED_TEXTS = 200
_SECONDS, _WARM_SECONDS = 20.0, 5.0
_MAX_P95_MS = 60
_KEPT_UP = 0.95
"""Of the requests that were due: the last ones are under way at the end."""
_VECTORS = "RECSYS_BENCH_TEXT_VECTORS"
"""A file to keep the products' vectors in: to make them takes a core half an hour."""
_ENCODER = "all-MiniLM-L6-v2"


def kept(figures: dict[str, Any]) -> list[bool]:
    """Whether each threshold is kept."""
    return [
        figures["search, requests/s"] >= _KEPT_UP * RATE,
        figures["known texts, requests/s"] >= _KEPT_UP * CACHED_RATE,
        figures["search, p95, ms"] <= _MAX_P95_MS,
        figures["known texts, p95, ms"] <= _MAX_P95_MS,
    ]


def measure_search() -> dict[str, Any]:
    """Requests per second and percentiles in milliseconds.

    The shop has two workers, is called from a process of its own, and shares the machine with
    PostgreSQL, Kafka, the encoder and its caller.
    """
    from ml.settings import MlSettings
    from support.api import new_key
    from support.broker import running_broker
    from support.database import running_database
    from support.encoder_process import running_encoder
    from support.shop_process import gunicorn

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with (
            running_database(folder / "postgres") as server,
            running_broker(folder / "kafka") as broker,
        ):
            texts = in_own_process(_fill, server.url)
            key = new_key(server.url).text
            settings = MlSettings(database_url=server.url, models_dir=folder / "models")
            # As often as it looks at the catalogue where nobody says otherwise; tests have it look
            # twice per second, which takes a tenth of two cores.
            looks = {"RECSYS_ENCODER_INTERVAL": "PT5S"}
            with running_encoder(settings, folder, None, **looks) as (encoder, _):
                os.environ |= {
                    "RECSYS_ENCODER_URL": encoder,
                    "RECSYS_API_LIMIT": "100000 per second",
                }
                with (
                    gunicorn(server.url, broker.kafka, folder, workers=WORKERS) as (address, _),
                    ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
                ):
                    return other.submit(_call, address, key, texts).result()


def _fill(url: str) -> list[str]:
    """The products with their vectors; texts that somebody might search for."""
    import psycopg

    from apps.migrations.upgrade import upgrade
    from apps.storefront.catalog.label import label
    from apps.storefront.catalog.repository import upsert_products
    from ml.data.synthetic import SyntheticConfig
    from ml.data.synthetic.catalogue import make_catalogue
    from ml.features.apply import apply
    from ml.settings import MlSettings
    from support.text_vectors import copy_text_vectors

    upgrade(url)
    apply(MlSettings(database_url=url, models_dir=Path("unused")))
    config = SyntheticConfig(n_users=10, n_items=PRODUCTS, n_interactions=1_000, seed=0)
    products = make_catalogue(config, np.random.default_rng(0).spawn(3)[0]).products
    products.sort(key=lambda each: each.item_id)
    vectors = _vectors([f"{each.product_name}. {each.about_product}" for each in products])
    with psycopg.connect(url) as connection:
        upsert_products(connection, products)
        digests: dict[str, str] = dict(
            connection.execute("select item_id, content_digest from shop.products").fetchall()
        )
        rows = (
            (product.item_id, digests[product.item_id], vector)
            for product, vector in zip(products, vectors, strict=True)
        )
        copy_text_vectors(connection, _ENCODER, rows)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")
    rng = random.Random(0)
    texts = []
    for product in rng.sample(products, 10_000):
        words = product.product_name.replace(",", "").lower().split()
        kind = label(product.category).lower()
        texts.append(" ".join([*rng.sample(words, 2), kind]))
    return texts


def _vectors(texts: Sequence[str]) -> npt.NDArray[np.float32]:
    from ml.towers.text import embed_texts

    kept = Path(os.environ.get(_VECTORS, ""))
    if kept.is_file():
        found: npt.NDArray[np.float32] = np.load(kept)
        return found
    made = embed_texts(texts, _ENCODER)
    if _VECTORS in os.environ:
        np.save(kept, made)
    return made


def _call(address: str, key: str, texts: Sequence[str]) -> dict[str, float]:
    host = urlsplit(address).netloc

    def get(text: str) -> bytes:
        path = f"/api/v1/search?query={quote(text)}&top_k=20&facets=false"
        head = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {key}\r\n\r\n"
        return head.encode()

    requests = [get(text) for text in dict.fromkeys(texts)]
    known, new = requests[:_CACHED_TEXTS], requests[_CACHED_TEXTS:]
    warm = int(_WARM_SECONDS * RATE)
    call(address, new[:warm], connections=CONNECTIONS, seconds=_WARM_SECONDS, rate=RATE)
    fresh = call(address, new[warm:], connections=CONNECTIONS, seconds=_SECONDS, rate=RATE)
    call(address, known, connections=CONNECTIONS, seconds=_WARM_SECONDS)
    again = call(address, known, connections=CONNECTIONS, seconds=_SECONDS, rate=CACHED_RATE)
    most = call(address, known, connections=CONNECTIONS, seconds=_SECONDS / 2)
    return {
        f"{name}, {part}": value
        for name, answers in (("search", fresh), ("known texts", again), ("at full speed", most))
        for part, value in (
            ("requests/s", answers.per_second),
            ("p50, ms", answers.percentile_ms(50)),
            ("p95, ms", answers.percentile_ms(95)),
        )
    }
