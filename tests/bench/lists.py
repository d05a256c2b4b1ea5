"""Lists by the REST API and the home page, in a shop of 50,000 products and 100,000 users."""

import os
import random
import re
import tempfile
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from multiprocessing import get_context
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
from calling import Answers, call
from measuring import in_own_process
from scale import fill

SIZES = {"events": 500_000, "users": 100_000, "items": 50_000}
WORKERS, CONNECTIONS = 2, 8
PROBED = 4_000
"""Users who are asked for; every second one acted since the training."""
_SECONDS = 10.0
_WARM_SECONDS = 5.0
_HOME_PAGES_PER_SECOND = 100
_HOME_SHOPPERS = 40
_EVENTS_SINCE = 8
_SHOP = {
    "RECSYS_SAMPLE_SHOPPERS": "true",
    "RECSYS_LOG_IN_LIMIT": "1000 per minute",
    "RECSYS_API_LIMIT": "100000 per second",
}
"""Settings that differ from the defaults: the limits are not what is measured."""


_MIN = {"recommendations, requests/s": 1_100, "similar, requests/s": 3_500}
_MAX = {
    "recommendations, p50, ms": 7,
    "recommendations, p95, ms": 17,
    "similar, p95, ms": 5,
    "home page at 100/s, p95, ms": 60,
    "a worker's own memory, MB": 300,
}


def kept(figures: dict[str, Any]) -> list[bool]:
    """Whether each threshold is kept."""
    return [
        *(figures[name] >= least for name, least in _MIN.items()),
        *(figures[name] <= most for name, most in _MAX.items()),
    ]


def measure_lists() -> dict[str, Any]:
    """Requests per second and percentiles in milliseconds.

    The shop has two workers, is called from a process of its own, and shares the machine with
    PostgreSQL, Kafka and its caller.
    """
    from support.api import new_key
    from support.broker import running_broker
    from support.database import running_database
    from support.shop_process import gunicorn

    with (
        tempfile.TemporaryDirectory() as name,
        running_database(Path(name) / "postgres") as server,
        running_broker(Path(name) / "kafka") as broker,
    ):
        filled = in_own_process(fill, server.url, SIZES)
        known = in_own_process(_prepare, server.url, Path(name) / "models", filled["until"])
        key = new_key(server.url).text
        os.environ |= _SHOP
        with (
            gunicorn(server.url, broker.kafka, Path(name), workers=WORKERS) as (address, process),
            ProcessPoolExecutor(1, mp_context=get_context("spawn")) as other,
        ):
            figures = other.submit(_call, address, key, known).result()
            figures["a worker's own memory, MB"] = max(_own_memory_mb(process.pid))
    return figures


def _prepare(url: str, models_dir: Path, until: str) -> dict[str, list[str]]:
    """Train for one epoch, publish, and let every second of the probed users act since."""
    from ml.features.online import OnlineFeatures
    from ml.features.training_data import load_dataset
    from ml.publication import publish
    from ml.ranking.ranker import Ranker
    from ml.settings import MlSettings
    from ml.towers.config import TowersConfig
    from ml.towers.training import train
    from support.interactions import interaction

    settings = MlSettings(database_url=url, models_dir=models_dir)
    at = datetime.fromisoformat(until)
    dataset = load_dataset(settings, at)
    bundle = train(dataset, TowersConfig(text_encoder=None, epochs=1), seed=0)
    publish(
        Ranker(bundle, {}, {"two_tower": 1.0}),
        dataset,
        settings,
        until=at,
        parameters={},
        metrics={},
        progress=lambda *_: None,
    )
    rng, now = random.Random(0), datetime.now(UTC)
    users = rng.sample(sorted(dataset.users["user_id"]), PROBED)
    items = sorted(dataset.items["item_id"])
    online = OnlineFeatures(settings)
    online.extend_live_histories(
        interaction(user, rng.choice(items), "view", now - timedelta(minutes=minutes))
        for user in users[::2]
        for minutes in range(rng.randint(1, _EVENTS_SINCE), 0, -1)
    )
    online.close()
    return {"users": users, "items": rng.sample(items, PROBED)}


def _call(address: str, key: str, known: dict[str, list[str]]) -> dict[str, float]:
    def get(path: str, header: str = f"Authorization: Bearer {key}") -> bytes:
        host = urlsplit(address).netloc
        return f"GET {path} HTTP/1.1\r\nHost: {host}\r\n{header}\r\n\r\n".encode()

    api = "/api/v1"
    lists = [get(f"{api}/users/{user}/recommendations?n=20") for user in known["users"]]
    similar = [get(f"{api}/items/{item}/similar?n=20") for item in known["items"]]
    pages = [
        get("/", f"Cookie: {cookie}")
        for cookie in _log_in(address, known["users"][:_HOME_SHOPPERS])
    ]
    figures: dict[str, float] = {}
    for name, requests in (("recommendations", lists), ("similar", similar)):
        call(address, requests, connections=CONNECTIONS, seconds=_WARM_SECONDS)
        answers = call(address, requests, connections=CONNECTIONS, seconds=_SECONDS)
        figures |= _figures(name, answers)
    call(address, pages, connections=CONNECTIONS, seconds=_WARM_SECONDS)
    home = call(
        address, pages, connections=CONNECTIONS, seconds=_SECONDS, rate=_HOME_PAGES_PER_SECOND
    )
    return figures | _figures("home page at 100/s", home)


def _figures(name: str, answers: Answers) -> dict[str, float]:
    return {
        f"{name}, requests/s": answers.per_second,
        f"{name}, p50, ms": answers.percentile_ms(50),
        f"{name}, p95, ms": answers.percentile_ms(95),
        f"{name}, the caller's share of a core": answers.cpu_seconds / answers.duration,
    }


def _log_in(address: str, users: Sequence[str]) -> Iterator[str]:
    """The cookies of users who have logged in."""
    for user in users:
        with httpx.Client(base_url=address, timeout=30) as client:
            page = client.get("/log-in").text
            token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
            assert token
            form = {"csrf_token": token[1], "user_id": user}
            answer = client.post("/log-in/sample", data=form)
            assert answer.status_code == HTTPStatus.FOUND, answer.text
            yield "; ".join(f"{name}={value}" for name, value in client.cookies.items())


def _own_memory_mb(first_process: int) -> Iterator[float]:
    """Of each worker, without mapped files."""
    for child in psutil.Process(first_process).children():
        yield child.memory_full_info().uss / 1e6
