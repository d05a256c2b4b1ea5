"""Searches with pictures that were not seen before, among the pictures of 50,000 products."""

import tempfile
import time
from io import BytesIO
from pathlib import Path
from statistics import median, quantiles
from typing import Any

import numpy as np

PRODUCTS = 50_000
_SEARCHES = 200
_WARM_UP = 5
_MAX_P95_MS = 300
_DIMENSIONS = 512
_SIDE = 800


def measure_images() -> dict[str, Any]:
    """Percentiles in milliseconds of the API's search, one caller, by the default encoder.

    The products' vectors are random ones of unit length; encoder and database are real.
    """
    from apps.migrations.upgrade import upgrade
    from ml.settings import MlSettings
    from support.api import Caller, new_key
    from support.database import running_database
    from support.encoder_process import running_encoder
    from support.pictures import drawn_picture, file_of
    from support.shop import shop

    with (
        tempfile.TemporaryDirectory() as name,
        running_database(Path(name) / "postgres") as server,
    ):
        upgrade(server.url)
        _fill(server.url)
        settings = MlSettings(database_url=server.url, models_dir=Path(name) / "models")
        no_catalogue = {"RECSYS_ENCODER_INTERVAL": "PT1H"}
        with running_encoder(settings, Path(name), None, **no_catalogue) as (address, _):
            app = shop(server.url, encoder_url=address, image_budget="PT10S")
            caller = Caller(app, new_key(server.url))
            files = [
                file_of(drawn_picture(seed, (_SIDE, _SIDE))) for seed in range(_SEARCHES + _WARM_UP)
            ]
            _wait(caller, files[0])
            seconds = [_search(caller, file) for file in files[1:]][_WARM_UP - 1 :]
    return {
        "products": PRODUCTS,
        "p50, ms": 1000 * median(seconds),
        "p95, ms": 1000 * quantiles(seconds, n=100)[94],
    }


def kept(found: dict[str, Any]) -> list[bool]:
    """Whether the threshold is kept."""
    return [found["p95, ms"] <= _MAX_P95_MS]


def _search(caller: Any, file: bytes) -> float:
    started = time.perf_counter()
    answer = caller._client.post(
        "/api/v1/search/image",
        data={"image": (BytesIO(file), "a.jpg"), "top_k": 24},
        headers=caller._headers,
    )
    seconds = time.perf_counter() - started
    assert answer.status_code == 200, answer.data
    assert len(answer.json["results"]) == 24
    return seconds


def _wait(caller: Any, file: bytes) -> None:
    """Until the encoder has loaded its model."""
    deadline = time.monotonic() + 180
    while True:
        try:
            _search(caller, file)
        except AssertionError:
            assert time.monotonic() < deadline
            time.sleep(1)
        else:
            return


def _fill(url: str) -> None:
    import psycopg
    from pgvector import HalfVector
    from pgvector.psycopg import register_vector

    from apps.storefront.pictures.picture import drawings_prefix
    from ml.images.efficientnet_lite import DEFAULT

    vectors = np.random.default_rng(0).standard_normal((PRODUCTS, _DIMENSIONS))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    with psycopg.connect(url) as connection:
        register_vector(connection)
        connection.execute(
            "insert into shop.products (item_id, product_name, arrival_date)"
            " select 'p' || n, 'Product ' || n, '2026-01-01' from generate_series(1, %s) n",
            (PRODUCTS,),
        )
        digests = connection.execute(
            "select item_id, coalesce(picture, %s || drawing_digest) from shop.products",
            (drawings_prefix(),),
        ).fetchall()
        # Made again afterwards: an index over all vectors at once is made many times faster.
        row = connection.execute(
            "select indexdef from pg_indexes where indexname = 'image_embeddings_embedding'"
        ).fetchone()
        assert row
        connection.execute("drop index ml.image_embeddings_embedding")
        with connection.cursor().copy(
            "copy ml.image_embeddings (item_id, encoder, picture_digest, embedding)"
            " from stdin with (format binary)"
        ) as copy:
            copy.set_types(["text", "text", "text", "halfvec"])
            for (item_id, digest), vector in zip(digests, vectors, strict=True):
                copy.write_row((item_id, DEFAULT, digest, HalfVector(vector)))
        connection.execute("set local maintenance_work_mem = '512MB'")
        connection.execute(row[0])
        connection.execute("analyze ml.image_embeddings, shop.products")
