"""The dashboard's pages while Kafka is away."""

import json
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from apps.analytics.dashboard.app import create_app
from apps.analytics.dashboard.settings import DashboardSettings
from apps.analytics.dashboard.watcher import Watcher

pytestmark = pytest.mark.integration


@pytest.fixture
def client() -> Iterator[FlaskClient]:
    watcher = Watcher(DashboardSettings(kafka_bootstrap_servers="127.0.0.1:1"))
    watcher.start()
    yield create_app(watcher).test_client()
    watcher.stop()


def test_the_page_answers_and_the_stream_says_that_nothing_is_read(client: FlaskClient) -> None:
    page = client.get("/")
    assert page.status_code == 200
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert client.get("/health/ready").status_code == 503
    stream = client.get("/stream?minutes=360")
    assert stream.mimetype == "text/event-stream"
    first = next(iter(stream.response))
    assert isinstance(first, bytes)
    text = first.decode()
    assert text.startswith("data: ")
    assert text.endswith("\n\n")
    figures = json.loads(text.removeprefix("data: "))
    assert (figures["window"], figures["events"], figures["is_reading"]) == (360, 0, False)


@pytest.mark.parametrize("minutes", ["7", "x1"])
def test_only_the_offered_windows_are_answered(client: FlaskClient, minutes: str) -> None:
    assert client.get("/figures?minutes=15").get_json()["window"] == 15
    expected = 400 if minutes == "7" else 200  # what is no number is the default
    assert client.get(f"/figures?minutes={minutes}").status_code == expected
