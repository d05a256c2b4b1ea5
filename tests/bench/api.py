"""Interactions by the REST API, one at a time and in bulk, beside a bare producer of such rows."""

import json
import os
import statistics
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from calling import Connection, call

CONNECTIONS = 8
TURNS = 3
WORKERS = 2
_SINGLE_SECONDS = 6.0
_BULK_CONNECTIONS = 4
_BULK_ROWS = 5_000
_BULK_SECONDS = 6.0


def measure_api() -> dict[str, Any]:
    """Requests per second and percentiles in milliseconds; medians of turns.

    The shop has two workers and is called from a process of its own.
    """
    from apps.migrations.upgrade import upgrade
    from support.api import new_key
    from support.broker import running_broker
    from support.database import running_database
    from support.shop_process import gunicorn

    with (
        tempfile.TemporaryDirectory() as name,
        running_database(Path(name) / "postgres") as server,
        running_broker(Path(name) / "kafka") as broker,
    ):
        upgrade(server.url)
        key = new_key(server.url).text
        os.environ["RECSYS_API_LIMIT"] = "100000 per second"  # more than the shop can answer
        with (
            gunicorn(server.url, broker.kafka, Path(name), workers=WORKERS) as (address, _),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
        ):
            _warm_up(address, key)
            turns = []
            for _ in range(TURNS):
                bare = _bare_rows_per_second(broker.kafka)
                calls = other.submit(_call, address, key).result()
                turns.append({**calls, "bare producer, rows/s": bare})
    figures = {name: statistics.median(turn[name] for turn in turns) for name in turns[0]}
    figures["bulk beside bare"] = statistics.median(
        turn["bulk, rows/s"] / turn["bare producer, rows/s"] for turn in turns
    )
    return figures


def _rows(number: int) -> list[dict[str, object]]:
    now = datetime.now(UTC).isoformat()
    return [
        {"user_id": f"user {place % 997}", "item_id": f"item {place}", "timestamp": now,
         "interaction_type": "purchase", "quantity": 1, "session_id": f"session {place % 1999}"}
        for place in range(number)
    ]  # fmt: skip


def _bare_rows_per_second(kafka: Any) -> float:
    """Events that are made already, by the producer's settings, without HTTP and validation."""
    from confluent_kafka import Producer

    from streams.contracts import INTERACTIONS
    from streams.publisher import Publisher

    producer = Producer(Publisher(kafka)._configuration)
    values = [json.dumps(row).encode() for row in _rows(_BULK_ROWS)]
    acknowledged = 0

    def count(error: object, _message: object) -> None:
        nonlocal acknowledged
        acknowledged += error is None

    started = time.perf_counter()
    while time.perf_counter() - started < _BULK_SECONDS / 2:
        for place, value in enumerate(values):
            producer.produce(
                INTERACTIONS.public.name, value, f"user {place % 997}", on_delivery=count
            )
        producer.flush()
    return acknowledged / (time.perf_counter() - started)


def _warm_up(address: str, key: str) -> None:
    """Let every worker reach Kafka."""
    deadline = time.monotonic() + 60
    succeeded = 0
    while succeeded < 10 * WORKERS:
        assert time.monotonic() < deadline
        status = Connection(address).send(_request(address, key, "/bulk", _rows(10)))
        succeeded = succeeded + 1 if status == HTTPStatus.ACCEPTED else 0


def _call(address: str, key: str) -> dict[str, float]:
    """What eight connections get, each sending its next request when the last one is answered."""
    single = call(
        address,
        [_request(address, key, "", _rows(1)[0])],
        connections=CONNECTIONS,
        seconds=_SINGLE_SECONDS,
        status=HTTPStatus.ACCEPTED,
    )
    bulk = call(
        address,
        [_request(address, key, "/bulk", _rows(_BULK_ROWS))],
        connections=_BULK_CONNECTIONS,
        seconds=_BULK_SECONDS,
        status=HTTPStatus.ACCEPTED,
    )
    return {
        "single, requests/s": single.per_second,
        "single, p50, ms": single.percentile_ms(50),
        "single, p95, ms": single.percentile_ms(95),
        "bulk, rows/s": bulk.per_second * _BULK_ROWS,
        "bulk, p95, ms": bulk.percentile_ms(95),
    }


def _request(address: str, key: str, path: str, sent: object) -> bytes:
    body = json.dumps(sent).encode()
    head = (
        f"POST /api/v1/interactions{path} HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
