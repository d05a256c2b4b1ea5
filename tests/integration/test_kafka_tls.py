"""Every way in which the project reaches a Kafka that speaks nothing but mutual TLS."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from confluent_kafka import Consumer
from confluent_kafka.admin import AdminClient

from streams.contracts import (
    INTERACTIONS,
    NEW_USERS,
    Interaction,
    Topic,
    new_id,
)
from streams.errors import PublishError
from streams.features.online import OnlineStore
from streams.lag import Lag
from streams.provisioning import create_topics
from streams.settings import PROCESSOR_GROUP, FeatureSettings, KafkaSettings
from support.authority import Authority
from support.interactions import interaction
from support.laptop import free_ports
from support.publishing import publish_records
from support.tls_broker import Broker, running_broker, variables

pytestmark = pytest.mark.integration


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("kafka-tls")) as running:
        yield running


def an_event(user: str) -> Interaction:
    return interaction(user, "i", "cart", datetime.now(UTC))


def send(kafka: KafkaSettings, *events: Interaction, timeout: float = 10) -> int:
    records = [(event.key, event.encode()) for event in events]
    return publish_records(kafka, INTERACTIONS.public.name, records, timeout)


def test_what_is_published_can_be_read_and_counted(broker: Broker) -> None:
    event = an_event("reader")
    assert send(broker.client("publisher"), event) == 1
    kafka = broker.client("reader")
    consumer = Consumer({**kafka.librdkafka, "group.id": "reader", "auto.offset.reset": "earliest"})
    consumer.subscribe([INTERACTIONS.public.name])
    with closing(consumer):
        found = [Interaction.decode(message.value()) for message in consumer.consume(1, 30)]
    assert found == [event]
    with closing(Lag(kafka)) as lag:
        assert lag.records(INTERACTIONS.public) >= 1
        assert lag.behind("nobody-reads-here", [INTERACTIONS.public]) >= 1


def test_an_existing_topic_gets_the_partitions_that_it_lacks(broker: Broker) -> None:
    kafka = broker.client("administrator")
    small, grown = Topic("grows", partitions=1), Topic("grows", partitions=4)
    create_topics(kafka, replicas=1, topics=[small])
    for _ in range(2):
        create_topics(kafka, replicas=1, topics=[grown])
    create_topics(kafka, replicas=1, topics=[small])
    records = [(f"user-{number}", b"{}") for number in range(40)]
    publish_records(kafka, grown.name, records)
    with closing(Lag(kafka)) as lag:
        # Whoever still has the old number in mind misses nothing: the broker is asked.
        assert lag.records(small) == len(records)
        assert lag.behind("nobody-reads-here", [small]) == len(records)
    admin = AdminClient(kafka.librdkafka)
    assert len(admin.list_topics(timeout=10).topics[grown.name].partitions) == 4


def test_the_certificate_of_another_authority_is_refused(broker: Broker, tmp_path: Path) -> None:
    stranger = broker.client("stranger", signed_by=Authority(tmp_path))
    with pytest.raises(PublishError):
        send(stranger, an_event("stranger"), timeout=3)


def test_plain_text_is_refused(broker: Broker) -> None:
    with pytest.raises(PublishError):
        send(KafkaSettings(kafka_bootstrap_servers=broker.address), an_event("plain"), timeout=3)


def test_a_broker_of_another_authority_is_not_trusted(broker: Broker, tmp_path: Path) -> None:
    ours = broker.client("cautious")
    other = ours.model_copy(update={"kafka_ca_file": Authority(tmp_path).certificate})
    with pytest.raises(PublishError):
        send(other, an_event("cautious"), timeout=3)


def tail(environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).parent / "recsys", "events", "tail", "--limit", "1", "--json"],
        env={**os.environ, "COLUMNS": "400", **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


def test_an_analyst_tails_a_clusters_topic(broker: Broker, tmp_path: Path) -> None:
    send(broker.client("publisher"), an_event("tailed"))
    analyst = broker.client("analyst")
    done = tail(variables(analyst))
    assert done.returncode == 0, done.stderr
    assert Interaction.model_validate_json(done.stdout).item_id == "i"

    stranger = broker.client("stranger", signed_by=Authority(tmp_path))
    done = tail(variables(stranger))
    assert (done.returncode, done.stdout) == (1, "")
    assert f"Kafka does not answer at {broker.address}" in done.stderr


@contextmanager
def running(command: list[str], environment: dict[str, str], log: Path) -> Iterator[Any]:
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env={**os.environ, **environment},
        cwd=log.parent,
        stdout=log.open("wb"),
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.terminate()
        process.wait(30)


def until(condition: Callable[[], bool], log: Path) -> None:
    deadline = time.monotonic() + 90
    while not condition():
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.5)


def renew(kafka: KafkaSettings, broker: Broker) -> None:
    assert kafka.kafka_certificate_file
    assert kafka.kafka_key_file
    renewed = broker.authority.issue("renewed")
    renewed.key.replace(kafka.kafka_key_file)
    renewed.certificate.replace(kafka.kafka_certificate_file)


def test_the_processor_works_over_tls_and_ends_when_its_certificate_is_renewed(
    broker: Broker, database_url: str, tmp_path: Path
) -> None:
    kafka = broker.client("processor")
    environment = {
        **variables(kafka),
        "RECSYS_DATABASE_URL": database_url,
        "RECSYS_PROCESSOR_PORT": str(free_ports(1)[0]),
    }
    log = tmp_path / "processor.log"
    send(kafka, an_event("processed"))
    with (
        running(["streams.processor"], environment, log) as processor,
        closing(Lag(kafka)) as lag,
    ):
        until(lambda: lag.behind(PROCESSOR_GROUP, [INTERACTIONS.public]) == 0, log)
        online_store = OnlineStore(FeatureSettings(database_url=database_url))
        assert [each.item_id for each in online_store.live_history("processed")] == ["i"]
        online_store.close()

        renew(kafka, broker)
        assert processor.wait(60) == 0, log.read_text()
    assert "certificates were renewed" in log.read_text()


def test_the_storefront_publishes_over_tls_and_renews_its_worker_with_its_certificate(
    broker: Broker, database_url: str, tmp_path: Path
) -> None:
    kafka = broker.client("storefront")
    port = free_ports(1)[0]
    environment = {
        **variables(kafka),
        "RECSYS_DATABASE_URL": database_url,
        "RECSYS_MODELS_DIR": str(tmp_path),
        "RECSYS_SECRET_KEY": "0123456789abcdef0123456789abcdef",
        "RECSYS_SESSION_COOKIE_SECURE": "false",
        "RECSYS_PUBLISH_TIMEOUT": "PT20S",
    }
    log = tmp_path / "storefront.log"
    bind = ["--bind", f"127.0.0.1:{port}", "--workers", "1", "--threads", "4"]
    worker = [
        "--worker-class",
        "apps.storefront.worker.KeptConnectionWorker",
        "--no-control-socket",
    ]
    shop = ["gunicorn", *bind, *worker, "apps.storefront.wsgi:app"]
    with (
        running(shop, environment, log) as gunicorn,
        closing(Lag(kafka)) as lag,
        httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=30) as http,
    ):

        def is_ready() -> bool:
            try:
                return http.get("/health/ready").is_success
            except httpx.TransportError:
                return False

        until(is_ready, log)
        page = http.get("/sign-up").text
        token = re.search(r'name="csrf_token"[^>]* value="([^"]+)"', page)
        assert token, page
        form = {"user_name": "Ada", "email": "a@example.org", "password": "a tidy engine"}
        form |= {"csrf_token": token[1], "form_id": str(new_id()), "preferences": "Books"}
        assert http.post("/sign-up", data=form).status_code == 302
        until(lambda: lag.records(NEW_USERS.public) == 1, log)

        renew(kafka, broker)
        until(lambda: log.read_text().count("Booting worker with pid") == 2, log)
        until(is_ready, log)
        assert gunicorn.poll() is None
