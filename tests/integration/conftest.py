"""A PostgreSQL and a Kafka of their own for the tests that need no other component.

Each test gets a freshly migrated database in which Feast's definitions are applied.
"""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from flask import Flask
from flask.testing import FlaskClient
from psycopg import sql
from sqlalchemy import make_url

from apps.local.event_progress import EventTracker
from apps.migrations.upgrade import upgrade
from ml.features.apply import apply
from ml.settings import MlSettings
from support.broker import Broker, running_broker
from support.cluster_database import UrlOf, prepared
from support.database import running_database
from support.laptop import RunningStack
from support.shop import shop, sign_up, stock


@pytest.fixture
def tracker(stack: RunningStack) -> Iterator[EventTracker]:
    """Follows the stack's events; those of other tests are stored."""
    tracker = EventTracker(stack.kafka, stack.database_url)
    tracker.wait_until_stored(60, lambda _: None)
    yield tracker
    tracker.close()


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_database(tmp_path_factory.mktemp("postgres")) as server:
        yield server.url


def address(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("create database prepared")
    url = address(server_url, "prepared")
    upgrade(url)
    apply(MlSettings(database_url=url, models_dir=Path("unused")))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid, 10_000) from pg_stat_activity"
            " where datname = 'prepared'"
        )
    return "prepared"


@pytest.fixture
def database_url(server_url: str, template: str) -> Iterator[str]:
    name = f"test_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            sql.SQL("create database {} template {}").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        yield address(server_url, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def empty_database_url(server_url: str) -> Iterator[str]:
    """A database that no migration has seen."""
    name = f"empty_{uuid4().hex}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
        yield address(server_url, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def url_of(server_url: str, tmp_path_factory: pytest.TempPathFactory) -> UrlOf:
    """The address of a cluster's database by role."""
    return prepared(server_url, tmp_path_factory.mktemp("cluster"))


@pytest.fixture
def stocked(database_url: str) -> str:
    """A database with products, for a shop without Kafka."""
    stock(database_url)
    return database_url


@pytest.fixture
def app(stocked: str) -> Flask:
    """A shop with products and without Kafka."""
    return shop(stocked)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """Someone who has just signed up."""
    client = app.test_client()
    sign_up(client)
    return client


@pytest.fixture(scope="session")
def shared_broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Broker]:
    with running_broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def kafka_broker(shared_broker: Broker) -> Iterator[Broker]:
    """A broker that runs, and that the test may stop."""
    yield shared_broker
    shared_broker.ensure_running()
