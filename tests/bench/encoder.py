"""Vectors of short texts over HTTP: one caller, then eight, of new texts and of known ones."""

import itertools
import json
import random
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from http import HTTPStatus
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from calling import Answers, Connection, call

CONNECTIONS = 8
_SECONDS = 6.0
_TEXTS = 20_000
_KNOWN = 100
_MAX_SINGLE_P95_MS = 20
_MIN_NEW_PER_SECOND = 200
_MIN_KNOWN_PER_SECOND = 800
_WORDS = [
    "warm",
    "cheap",
    "black",
    "small",
    "large",
    "wireless",
    "kitchen",
    "garden",
    "running",
    "soft",
    "light",
    "travel",
    "winter",
    "steel",
    "shoes",
    "lamp",
    "kettle",
    "mouse",
    "cable",
    "chair",
    "blanket",
    "bottle",
    "jacket",
    "charger",
    "drill",
    "bed",
    "rug",
    "towel",
]


def measure_encoder() -> dict[str, Any]:
    """Requests per second and percentiles in milliseconds of texts of two to four words.

    The encoder is called from a process of its own. PostgreSQL runs beside it, with no product.
    """
    from apps.migrations.upgrade import upgrade
    from ml.features.apply import apply
    from ml.settings import MlSettings
    from support.database import running_database
    from support.encoder_process import running_encoder

    with (
        tempfile.TemporaryDirectory() as name,
        running_database(Path(name) / "postgres") as server,
    ):
        settings = MlSettings(database_url=server.url, models_dir=Path(name) / "models")
        upgrade(server.url)
        apply(settings)
        with (
            running_encoder(settings, Path(name)) as (address, _),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
        ):
            _warm_up(address)
            found: dict[str, Any] = other.submit(_call, address).result()
    return found


def kept(found: dict[str, Any]) -> list[bool]:
    """Whether each threshold is kept."""
    return [
        found["one caller, p95, ms"] <= _MAX_SINGLE_P95_MS,
        found["new texts, requests/s"] >= _MIN_NEW_PER_SECOND,
        found["known texts, requests/s"] >= _MIN_KNOWN_PER_SECOND,
    ]


def _texts() -> Iterator[str]:
    """Texts that differ, always the same ones."""
    chosen = random.Random(0)
    for number in itertools.count():
        yield " ".join(chosen.sample(_WORDS, chosen.randint(2, 4))) + f" {number}"


def _warm_up(address: str) -> None:
    deadline = time.monotonic() + 180
    while True:
        try:
            if Connection(address).send(_request(address, "warm up")) == HTTPStatus.OK:
                return
        except ConnectionError:
            pass  # it does not listen yet
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _call(address: str) -> dict[str, float]:
    texts = _texts()
    requests = [_request(address, next(texts)) for _ in range(_TEXTS)]
    quarter = _TEXTS // 4
    one = _ask(address, requests[:quarter], connections=1)
    new = _ask(address, requests[quarter:], connections=CONNECTIONS)
    known = _ask(address, requests[:_KNOWN], connections=CONNECTIONS)
    return {
        "one caller, p50, ms": one.percentile_ms(50),
        "one caller, p95, ms": one.percentile_ms(95),
        "new texts, requests/s": new.per_second,
        "new texts, p95, ms": new.percentile_ms(95),
        "known texts, requests/s": known.per_second,
        "known texts, p50, ms": known.percentile_ms(50),
        "known texts, p95, ms": known.percentile_ms(95),
    }


def _ask(address: str, requests: Sequence[bytes], *, connections: int) -> Answers:
    return call(address, requests, connections=connections, seconds=_SECONDS)


def _request(address: str, text: str) -> bytes:
    body = json.dumps({"texts": [text]}).encode()
    head = (
        f"POST /v1/texts HTTP/1.1\r\nHost: {urlsplit(address).netloc}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
