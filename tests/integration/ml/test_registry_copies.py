"""The versions in PostgreSQL and their copies in a model registry."""

import asyncio
import re
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ml.registry import kubeflow, registry_sync, repository
from ml.registry.artifacts import StoredFile
from ml.registry.model_registry import Copied, copy_versions
from ml.registry.registry_sync import RegistryState
from ml.registry.repository import ModelVersion
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from streams.errors import ConfigurationError, UnavailableError
from support.laptop import free_ports
from support.registry_in_memory import RegistryInMemory

pytestmark = pytest.mark.integration

OLD, LIVE, REJECTED = "20261101T020000", "20261102T020000", "20261103T020000"
DECISION = {"promoted": False, "reason": "It is worse."}


class Shop:
    """Three versions: two were live one after the other, the gate rejected the third."""

    def __init__(self, settings: MlSettings) -> None:
        self.settings = _changed(
            settings, model_registry_url="http://127.0.0.1:1", artifacts_url="s3://shop/models"
        )
        self.registry = RegistryInMemory()
        self.publish(OLD, metrics={"recall_at_20": 0.2, "nothing": None})
        self.publish(LIVE, parameters={"seed": 7, "towers": {"dim": 64}, "warm": True, "start": ""})
        self.publish(REJECTED, decision=DECISION)
        self.switch(OLD)
        self.switch(LIVE)

    def publish(self, version: str, **known: Any) -> None:
        with self.connect() as connection:
            repository.register(connection, ModelVersion(version, **known))
            manifest = {name: StoredFile(3, "a" * 64) for name in ("bundle.json", "card/README.md")}
            repository.write_manifest(connection, version, manifest)
            repository.mark_published(connection, version)

    def switch(self, version: str) -> None:
        with self.connect() as connection:
            repository.switch_live(connection, version, by="ada", reason="it is better")

    def copy(self) -> Copied:
        return copy_versions(self.settings, lambda _: nullcontext(self.registry))

    def known_state(self) -> RegistryState | None:
        with self.connect() as connection:
            return registry_sync.state(connection)

    def state(self) -> RegistryState:
        state = self.known_state()
        assert state is not None
        return state

    def aliases(self) -> dict[str, Any]:
        return {name: each.properties["alias"] for name, each in self.registry.held.items()}

    def connect(self) -> repository.Connection:
        return psycopg.connect(self.settings.database_url)


def _changed(settings: MlSettings, **changes: Any) -> MlSettings:
    return MlSettings.model_validate(settings.model_dump() | changes)


@pytest.fixture
def shop(settings: MlSettings) -> Shop:
    return Shop(settings)


def test_a_copy_has_everything_and_the_next_one_nothing_to_do(shop: Shop) -> None:
    assert shop.known_state() is None
    assert shop.copy() == Copied(3, (OLD, LIVE, REJECTED))
    assert shop.aliases() == {OLD: "previous", LIVE: "champion", REJECTED: "rejected"}
    old, live, rejected = (shop.registry.held[name] for name in (OLD, LIVE, REJECTED))
    assert live.uri == f"s3://shop/models/{LIVE}"
    assert old.properties["metric.recall_at_20"] == 0.2
    named = {"seed": 7.0, "warm": True, "towers": '{"dim": 64}'}
    assert {f"parameter.{each}": value for each, value in named.items()}.items() <= (
        live.properties.items()
    )
    assert live.properties["files"] == 2
    assert re.fullmatch("[0-9a-f]{64}", str(live.properties["files_sha256"]))
    assert (live.properties["live_by"], live.properties["live_reason"]) == ("ada", "it is better")
    assert (rejected.properties["gate"], rejected.properties["gate_reason"]) == (
        "rejected",
        "It is worse.",
    )
    assert "live_since" not in rejected.properties
    assert not {"metric.nothing", "parameter.start"} & (old.properties.keys() | live.properties)

    assert shop.copy() == Copied(3, ())
    assert len(shop.registry.writes) == 3
    assert shop.state() == RegistryState(None, None)


def test_a_switch_changes_two_aliases_and_the_champion_comes_last(shop: Shop) -> None:
    shop.copy()
    shop.registry.writes.clear()
    shop.switch(REJECTED)
    behind = shop.state()
    assert behind.behind_since, "nobody has copied the switch yet"
    assert behind.error is None
    assert shop.copy().written == (OLD, LIVE, REJECTED)
    assert shop.aliases() == {OLD: "none", LIVE: "previous", REJECTED: "champion"}
    assert shop.registry.writes[-1].version == REJECTED
    assert shop.state().behind_since is None


def test_a_version_that_was_removed_is_archived_and_one_that_comes_back_is_not(shop: Shop) -> None:
    shop.copy()
    with shop.connect() as connection:
        connection.execute("delete from ml.model_versions where version = %s", (REJECTED,))
    assert shop.copy() == Copied(2, (REJECTED,))
    gone = shop.registry.held[REJECTED]
    assert gone.archived
    assert gone.properties["alias"] == "none"
    assert gone.properties["gate_reason"] == "It is worse."
    assert shop.copy() == Copied(2, ())

    shop.publish(REJECTED, decision=DECISION)
    assert shop.copy() == Copied(3, (REJECTED,))
    assert not shop.registry.held[REJECTED].archived


def test_a_version_that_is_not_complete_is_not_copied(shop: Shop) -> None:
    with shop.connect() as connection:
        repository.register(connection, ModelVersion("20261104T020000"))
    assert shop.copy() == Copied(3, (OLD, LIVE, REJECTED))


def test_a_copy_that_breaks_off_is_caught_up(shop: Shop) -> None:
    shop.registry.refuses_after = 1
    assert shop.copy() == Copied(3, (), "it is full")
    first = shop.state()
    assert first.error == "it is full"
    assert shop.copy().error
    assert shop.state().behind_since == first.behind_since, "since the first failure"
    shop.registry.refuses_after = None
    shop.copy()
    assert shop.registry.held.keys() == {OLD, LIVE, REJECTED}
    assert shop.state() == RegistryState(None, None)


def test_copies_wait_for_each_other(shop: Shop) -> None:
    with shop.connect() as connection:
        registry_sync.begin(connection)
        other = threading.Thread(target=shop.copy)
        other.start()
        other.join(0.5)
        assert other.is_alive()
        repository.switch_live(connection, REJECTED, by="ada", reason="during a copy")
    other.join(10)
    assert not other.is_alive()
    assert shop.aliases()[REJECTED] == "champion", "it read after it had waited"


def test_no_registry_is_named(shop: Shop) -> None:
    with pytest.raises(ConfigurationError, match="RECSYS_MODEL_REGISTRY_URL"):
        copy_versions(_changed(shop.settings, model_registry_url=None))


@contextmanager
def _closed() -> Iterator[int]:
    yield free_ports(1)[0]


@contextmanager
def _silent() -> Iterator[int]:
    """It accepts connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@contextmanager
def _another_program() -> Iterator[int]:
    """A web server that is no model registry."""
    server = ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=str(Path(__file__).parent))
    )
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(
    ("address", "error"),
    [
        (_closed, "does not answer: Cannot connect"),
        (_silent, "does not answer: TimeoutError"),
        (_another_program, "refuses: 501"),
    ],
)
def test_a_registry_that_is_away_harms_nothing(
    shop: Shop,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[[Callable[[], bool], float], None],
    address: Any,
    error: str,
) -> None:
    monkeypatch.setattr(kubeflow, "_REQUEST_SECONDS", 0.5)
    with address() as port:
        settings = _changed(shop.settings, model_registry_url=f"http://127.0.0.1:{port}")
        copied = copy_versions(settings)
    assert error in str(copied.error)
    assert str(copied).startswith("the model registry lacks the newest changes: ")
    assert shop.state().error == copied.error
    with shop.connect() as connection:
        assert repository.live_version(connection) == LIVE

    serving = Recommender(shop.settings)
    eventually(lambda: serving.status().registry_behind_since is not None, 10)
    assert serving.status().registry_behind_since == shop.state().behind_since
    shop.copy()
    eventually(lambda: serving.status().registry_behind_since is None, 10)
    serving.close()


def test_a_caller_may_have_a_running_event_loop(shop: Shop) -> None:
    """As a notebook has."""

    async def copied() -> Copied:
        with _closed() as port:
            address = f"http://127.0.0.1:{port}"
            return copy_versions(_changed(shop.settings, model_registry_url=address))

    with ThreadPoolExecutor(1) as thread:
        result = thread.submit(asyncio.run, copied()).result()
    assert "does not answer: Cannot connect" in str(result.error)


def test_a_missing_token_is_like_a_registry_that_is_away(shop: Shop, tmp_path: Path) -> None:
    copied = copy_versions(_changed(shop.settings, model_registry_token_file=tmp_path / "token"))
    assert "the token of the model registry is missing" in str(copied.error)


def test_postgresql_that_is_away_is_said(shop: Shop) -> None:
    nowhere = f"postgresql://127.0.0.1:{free_ports(1)[0]}/nothing"
    with pytest.raises(UnavailableError, match="PostgreSQL does not answer"):
        copy_versions(_changed(shop.settings, database_url=nowhere))
