"""What Prometheus reads of a real shop and a real processor, in processes of their own."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import numpy as np
import psycopg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from apps.load.visitor import Visitor
from apps.storefront.catalog.repository import upsert_products
from ml.registry import item_vectors, registry_sync, repository
from ml.registry.repository import ModelVersion
from streams.contracts import INTERACTIONS, NEW_USERS, Product, new_id
from streams.publisher import Publisher
from support.interactions import interaction
from support.laptop import free_ports

pytestmark = pytest.mark.integration

ITEM, VERSION = "metered-lamp", "20260101T000000Z-00000000"
REJECTED = "20260102T000000Z-00000000"


@contextmanager
def _running(
    command: list[str], environment: Mapping[str, str], health: str, log: Path
) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
        )
    try:
        _until(lambda: _answers(health), log, 90)
        yield
    finally:
        process.terminate()
        process.wait(30)


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=5).is_success
    except httpx.HTTPError:
        return False


def _until(condition: Callable[[], bool], log: Path, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


def _scrape(port: int) -> str:
    return httpx.get(f"http://127.0.0.1:{port}/metrics", timeout=10).raise_for_status().text


def _value(port: int, name: str, **labels: str) -> float:
    """The sum of the samples that have these labels."""
    return sum(
        sample.value
        for family in text_string_to_metric_families(_scrape(port))
        for sample in family.samples
        if sample.name == name and labels.items() <= sample.labels.items()
    )


@contextmanager
def _shop(stack: Any, database_url: str, folder: Path, **changes: str) -> Iterator[tuple[str, int]]:
    """A shop on a database that is its own: its address and the port of its metrics."""
    port, metrics_port = free_ports(2)
    environment = {
        **stack.environment,
        "RECSYS_DATABASE_URL": database_url,
        "RECSYS_MODELS_DIR": str(folder / "models"),
        "RECSYS_METRICS_PORT": str(metrics_port),
        **changes,
    }
    address = f"127.0.0.1:{port}"
    command = ["gunicorn", "--bind", address, "--threads", "4", "--no-control-socket"]
    health, log = f"http://{address}/health/ready", folder / "shop.log"
    with _running([*command, "apps.storefront.wsgi:app"], environment, health, log):
        yield f"http://{address}", metrics_port


@pytest.fixture
def with_live_model(database_url: str) -> str:
    """A database with one product, a live model without its bundle, and a rejected one."""
    now = datetime.now(UTC)
    with psycopg.connect(database_url) as connection:
        upsert_products(connection, [Product(item_id=ITEM, product_name="Lamp", arrival_date=now)])
        repository.register(connection, ModelVersion(VERSION))
        item_vectors.write_item_vectors(
            connection, VERSION, [ITEM], np.ones((1, 4), np.float32), [None]
        )
        repository.write_popular_items(connection, VERSION, [ITEM])
        repository.mark_published(connection, VERSION)
        repository.switch_live(connection, VERSION, by="a test", reason="test")
        repository.register(connection, ModelVersion(REJECTED, decision={"promoted": False}))
        repository.mark_published(connection, REJECTED)
        registry_sync.failed(connection, datetime.now(UTC), "it is away")
    return database_url


def _buy(shop_url: str, email: str) -> None:
    visitor = Visitor(shop_url)
    visitor.go("/sign-up")
    visitor.submit(
        "/sign-up", {"user_name": "Ada Byron", "email": email, "password": "a tidy engine"}
    )
    visitor.go(f"/products/{ITEM}")
    visitor.submit("/cart", {"item_id": ITEM, "quantity": "1"})
    visitor.go("/cart")
    visitor.submit("/orders", {})
    visitor.close()


def test_the_shops_metrics_follow_what_a_shopper_does_and_name_nobody(
    stack: Any, with_live_model: str, tmp_path: Path
) -> None:
    email = f"metered-{uuid4().hex}@example.org"
    # A page waits 50 ms for Kafka; on a busy machine the view would leave by the outbox.
    patient = {"RECSYS_PUBLISH_TIMEOUT": "PT10S"}
    with _shop(stack, with_live_model, tmp_path, **patient) as (url, port):
        log = tmp_path / "shop.log"
        _until(lambda: _value(port, "recsys_live_model_info", version=VERSION) == 1, log)
        assert _value(port, "recsys_live_model_loaded") == 0, "nobody has written its files"
        assert _value(port, "recsys_rejected_versions") == 1
        newest = _value(port, "recsys_newest_version_timestamp_seconds")
        assert time.time() - 300 < newest <= time.time()
        behind = _value(port, "recsys_model_registry_behind_since_timestamp_seconds")
        assert time.time() - 300 < behind <= time.time()
        _until(lambda: httpx.get(f"{url}/health/ready").json()["kafka"] == "up", log)
        requests = "recsys_http_request_duration_seconds_count"
        assert _value(port, requests, endpoint="product.index") == 0

        httpx.get(url).raise_for_status()
        _buy(url, email)
        httpx.request("BREW", f"{url}/nobody-{email}")

        assert _value(port, requests, endpoint="product.index", method="GET", status="200") == 1
        assert _value(port, requests, endpoint="orders.check_out", method="POST", status="302") == 1
        assert _value(port, requests, endpoint="none", method="other", status="404") == 1
        seconds = "recsys_http_request_duration_seconds_sum"
        assert 0 < _value(port, seconds, endpoint="product.index") < 10
        lists = "recsys_recommendations_total"
        assert _value(port, lists, source="popular", audience="visitor") >= 1
        stages = "recsys_chain_stage_duration_seconds_count"
        assert _value(port, stages, stage="popular") >= 1
        assert _value(port, stages, stage="available") >= 1
        assert _value(port, "recsys_chain_candidates_total", source="popular") >= 1
        assert "\nmodel_inference_duration_seconds_count" in _scrape(port)
        assert "\nvector_search_duration_seconds_count" in _scrape(port)
        failures = "recsys_dependency_failures_total"
        assert _value(port, failures, dependency="model bundle") >= 1, "nobody wrote its files"
        assert _value(port, failures, dependency="Feast online store") == 0
        published = "recsys_events_published_total"
        assert _value(port, published, topic="interactions", way="kafka") == 1, "the view"
        # What a form does is stored with its effect, and leaves by the outbox.
        _until(lambda: _value(port, published, topic="interactions", way="outbox") == 2, log)
        _until(lambda: _value(port, published, topic="new-users", way="outbox") == 1, log)
        _until(lambda: _value(port, "recsys_outbox_waiting") == 0, log)
        text = _scrape(port)
        assert httpx.get(f"{url}/metrics").status_code == 404, "they are on a port of their own"
    with psycopg.connect(with_live_model) as connection:
        (user_id,) = connection.execute("select user_id from shop.users").fetchone() or ("",)
    for personal in (email, user_id, "Ada", ITEM, "127.0.0.1"):
        assert personal not in text


def test_the_outbox_is_seen_to_fill_while_kafka_is_unavailable(
    stack: Any, with_live_model: str, tmp_path: Path
) -> None:
    no_kafka = {"RECSYS_KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:1"}
    with _shop(stack, with_live_model, tmp_path, **no_kafka) as (url, port):
        assert "\nrecsys_outbox_waiting 0.0" in _scrape(port)
        _buy(url, "ada@example.org")
        assert _value(port, "recsys_outbox_waiting") == 4
        assert 0 < _value(port, "recsys_outbox_oldest_seconds") < 60
        assert "\nrecsys_outbox_refused 0.0" in _scrape(port)
        assert _value(port, "recsys_events_published_total") == 0


def test_the_status_shows_what_waits_in_the_outbox(stack: Any) -> None:
    status = [sys.executable, "-m", "apps.cli.main", "status"]
    environment = stack.cli_environment
    with psycopg.connect(stack.database_url) as connection:
        connection.execute(
            "insert into shop.outbox (event_id, topic, key, payload, refusal)"
            " values (%s, 'interactions', 'u', '{}', 'an example')",
            (new_id(),),
        )
    try:
        shown = subprocess.check_output(status, env=environment, text=True)
        assert "Kafka refuses 1" in shown
        plain = subprocess.check_output([*status, "--json"], env=environment)
        assert json.loads(plain)["storefront"]["outbox"]["refused"] == 1
    finally:
        with psycopg.connect(stack.database_url) as connection:
            connection.execute("delete from shop.outbox where refusal is not null")


@pytest.fixture
def own_processor(stack: Any, tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The stack's processor, replaced by one with metrics: their port, and its log."""
    port, metrics_port = free_ports(2)
    environment = {
        **stack.environment,
        "RECSYS_PROCESSOR_PORT": str(port),
        "RECSYS_METRICS_PORT": str(metrics_port),
    }
    log = tmp_path / "processor.log"
    stack.stack._supervisor.stop("processor")
    try:
        health = f"http://127.0.0.1:{port}/health/ready"
        with _running(["streams.processor"], environment, health, log):
            yield metrics_port, log
    finally:
        stack.stack._start("processor", print)


def test_the_processors_metrics_count_events_and_time_batches(
    stack: Any, own_processor: tuple[int, Path]
) -> None:
    port, log = own_processor
    events = [
        interaction(f"metered-{number}", ITEM, "cart", datetime.now(UTC)) for number in range(50)
    ]
    name = "recsys_events_processed_total"
    before = _value(port, name, topic=INTERACTIONS.public.name)
    with Publisher(stack.kafka) as publisher:
        publisher.publish(INTERACTIONS.public.name, [(each.key, each.encode()) for each in events])
        publisher.publish(INTERACTIONS.public.name, [(f"metered-{n}", b"{") for n in range(3)])
        publisher.publish(NEW_USERS.public.name, [("metered-0", b"{}")])

    topic = {"topic": INTERACTIONS.public.name}
    _until(lambda: _value(port, name, **topic) - before >= 53, log)
    assert _value(port, name, **topic, outcome="dead_letter") == 3
    assert _value(port, name, **topic, outcome="valid") - before == 50
    _until(lambda: _value(port, name, topic="new-users", outcome="dead_letter") == 1, log)
    batches = _value(port, "recsys_batch_duration_seconds_count", **topic)
    assert 1 <= batches <= 53
    assert _value(port, "recsys_batch_duration_seconds_sum", **topic) > 0
    assert "metered" not in _scrape(port)


def test_the_processors_metrics_show_what_is_missing(
    stack: Any, own_processor: tuple[int, Path]
) -> None:
    """A row is lost before its record is judged; here the worker judges it once more."""
    port, log = own_processor
    topics = [INTERACTIONS.public.name, INTERACTIONS.valid.name]
    columns = "interaction_id, user_id, item_id, timestamp, interaction_type"
    event = interaction("metered", ITEM, "cart", datetime.now(UTC))
    name = "recsys_events_missing"
    _until(lambda: f'{name}{{topic="{topics[0]}"}} 0.0' in _scrape(port), log)
    with psycopg.connect(stack.database_url, autocommit=True) as connection:
        before = connection.execute(
            "select topic, partition, next_offset from events.reconciled where topic = any(%s)",
            [topics],
        ).fetchall()
        with Publisher(stack.kafka) as publisher:
            publisher.publish(INTERACTIONS.public.name, [(event.key, event.encode())])
        rows: list[tuple[Any, ...]] = []

        def lose() -> bool:
            rows.extend(
                connection.execute(
                    f"delete from events.interactions where interaction_id = %s"
                    f" returning {columns}",
                    [event.interaction_id],
                )
            )
            return bool(rows)

        def is_seen() -> bool:
            for topic, partition, offset in before:
                connection.execute(
                    "update events.reconciled set next_offset = %s"
                    " where topic = %s and partition = %s",
                    [offset, topic, partition],
                )
            return all(_value(port, name, topic=topic) == 1 for topic in topics)

        _until(lose, log)
        lost_at = time.time()
        _until(is_seen, log, 60)
        assert _value(port, "recsys_reconciliation_last_success_timestamp_seconds") > lost_at
        connection.execute(
            f"insert into events.interactions ({columns}) values (%s, %s, %s, %s, %s)", rows[0]
        )
    _until(lambda: all(_value(port, name, topic=topic) == 0 for topic in topics), log, 60)
