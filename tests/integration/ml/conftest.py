"""A PostgreSQL of their own for the tests of features, pipeline and serving.

Each test gets a freshly migrated database in which Feast's definitions are applied.
"""

import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import numpy as np
import psycopg
import pytest
from psycopg import sql
from sqlalchemy import make_url

from apps.local import postgres
from apps.local.settings import LocalSettings
from apps.migrations.upgrade import upgrade
from ml.features.online import OnlineFeatures
from ml.features.store import apply
from ml.settings import MlSettings

CATEGORIES = ("Books", "Garden", "Music", "Tools")


@dataclass
class ShopData:
    """Rows of the tables that the rest of the system fills."""

    products: list[tuple] = field(default_factory=list)
    """item_id, product_name, category, arrival_date"""
    users: list[tuple] = field(default_factory=list)
    """user_id, user_name, preferences, signup_date"""
    interactions: list[tuple] = field(default_factory=list)
    """interaction_id, user_id, item_id, timestamp, interaction_type, quantity, rating"""

    def write(self, database_url: str) -> None:
        with psycopg.connect(database_url) as connection, connection.cursor() as cursor:
            _copy(
                cursor,
                "shop.products (item_id, product_name, category, arrival_date)",
                self.products,
            )
            _copy(
                cursor,
                "events.new_users (user_id, user_name, preferences, signup_date)",
                self.users,
            )
            _copy(
                cursor,
                "events.interactions (interaction_id, user_id, item_id, timestamp,"
                " interaction_type, quantity, rating)",
                self.interactions,
            )


def _copy(cursor: psycopg.Cursor, target: str, rows: Sequence[tuple]) -> None:
    with cursor.copy(f"copy {target} from stdin") as copy:
        for row in rows:
            copy.write_row(row)


def _taste_shop(now: datetime) -> ShopData:
    """Sixty shoppers who buy in one category each, of eighty products in four categories."""
    random = np.random.default_rng(7)
    start = now - timedelta(days=30)
    shop = ShopData()
    for number in range(80):
        category = CATEGORIES[number % 4]
        shop.products.append((f"i{number:02}", f"{category} {number}", category, start))
    for number in range(60):
        category = number % 4
        shop.users.append((f"u{number:02}", f"Shopper {number}", CATEGORIES[category], start))
        for position, place in enumerate(random.permutation(20)[:8]):
            at = start + timedelta(days=int(position), seconds=int(random.integers(80_000)))
            kind = ("view", "cart", "purchase")[position % 3]
            item = f"i{place * 4 + category:02}"
            row = (uuid4(), f"u{number:02}", item, at, kind, None, None)
            shop.interactions.append(row)
    return shop


@pytest.fixture
def taste_shop() -> ShopData:
    return _taste_shop(datetime.now(UTC))


@pytest.fixture(scope="session")
def server_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = LocalSettings(
        state_dir=tmp_path_factory.mktemp("postgres"), distribution_dir=None, postgres_port=port
    )
    local.logs.mkdir(parents=True)
    postgres.initialise(local, "test")
    url = postgres.database_url(local, "test")
    part = postgres.part(local, url)
    with part.log.open("wb") as log:
        process = subprocess.Popen(
            part.command, cwd=local.state_dir, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        deadline = time.monotonic() + 30
        while not part.is_healthy():
            assert process.poll() is None, part.log.read_text()
            assert time.monotonic() < deadline, part.log.read_text()
            time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()


def _address(server_url: str, database: str) -> str:
    return make_url(server_url).set(database=database).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def template(server_url: str) -> str:
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("create database prepared")
    url = _address(server_url, "prepared")
    upgrade(url)
    apply(MlSettings(database_url=url, models_dir=Path("unused")))
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = 'prepared'"
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
        yield _address(server_url, name)
        connection.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> MlSettings:
    return MlSettings(database_url=database_url, models_dir=tmp_path / "models", top_k=10)


@pytest.fixture
def features(settings: MlSettings) -> Iterator[OnlineFeatures]:
    online = OnlineFeatures(settings)
    yield online
    online.close()


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool], float], None]:
    def wait(condition: Callable[[], bool], seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < deadline, "it did not come true in time"
            time.sleep(0.05)

    return wait
