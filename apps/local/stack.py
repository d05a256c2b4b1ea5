"""The whole system on one machine: start it, look at it, stop it."""

import hashlib
import os
import socket
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psycopg

import ml
import streams.contracts
from apps.local import component, connect, kafka, postgres, repository
from apps.local.component import Component
from apps.local.distribution import Distribution
from apps.local.settings import LocalSecrets, LocalSettings
from apps.local.supervisor import Supervisor
from apps.storefront.events.repository import Backlog, backlog
from streams.errors import ConfigurationError, UnavailableError
from streams.provisioning import create_topics
from streams.sink.connect import Connect
from streams.sink.connectors import jdbc, sink_connectors

_LOG_LINES = 15
_STEP_EVERY_FILES = 20
_ANALYST = "analyst"
"""The one role that a laptop has beside the owner: the migrations grant it what it may read."""
_STOP_ORDER = (
    "analytics",
    "storefront",
    "encoder",
    "processor",
    "restarter",
    "connect",
    "kafka",
    "postgres",
)

OnStep = Callable[[str], None]
"""Called with each step, in words."""


@dataclass(frozen=True, slots=True)
class ComponentStatus:
    """A component as `recsys status` shows it."""

    name: str
    state: str
    healthy: bool
    pid: int | None
    address: str
    log: str

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class Stack:
    """Everything from PostgreSQL to the dashboard under one supervisor."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        self._secrets = LocalSecrets.load_or_make(settings.state_dir)
        self._distribution = Distribution(settings.distribution)
        self._supervisor = Supervisor(settings.state_dir, settings.logs)
        self.database_url = postgres.database_url(settings, self._secrets.database_password)
        self.analyst_url = postgres.database_url(settings, self._secrets.analyst_password, _ANALYST)
        self.components = {
            each.name: each
            for each in (
                postgres.component(settings, self.database_url),
                kafka.component(settings, self._distribution),
                connect.component(settings, self._distribution),
                connect.restarting(settings),
                component.processor(settings),
                component.encoder(settings),
                component.storefront(settings),
                component.analytics(settings),
            )
        }

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which every component and tool reads its settings."""
        return {
            "RECSYS_DATABASE_URL": self.database_url,
            "RECSYS_ANALYST_DATABASE_URL": self.analyst_url,
            "RECSYS_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers(self.settings),
            "RECSYS_CONNECT_URL": connect.url(self.settings),
            "RECSYS_RESTART_UNIT": str(self.settings.restart_unit),
            "RECSYS_MODELS_DIR": str(self.settings.state_dir / "models"),
            "RECSYS_ARTIFACTS_URL": (self.settings.state_dir / "artifacts").as_uri(),
            "RECSYS_SECRET_KEY": self._secrets.shop_secret_key,
            "RECSYS_EXPLAIN_KEY": self._secrets.explain_key,
            "RECSYS_SAMPLE_SHOPPERS": "true",
            "RECSYS_SESSION_COOKIE_SECURE": "false",
            # All shoppers of a laptop come from one address.
            "RECSYS_SIGN_UP_LIMIT": "1000 per minute",
            "RECSYS_LOG_IN_LIMIT": "1000 per minute",
            "RECSYS_PROCESSOR_PORT": str(self.settings.processor_port),
            "RECSYS_ANALYTICS_PORT": str(self.settings.analytics_port),
            "RECSYS_ENCODER_PORT": str(self.settings.encoder_port),
            "RECSYS_ENCODER_URL": self.components["encoder"].address,
            "RECSYS_SHOP_URL": self.shop_url,
            "RECSYS_STATE_DIR": str(self.settings.state_dir),
        }

    @property
    def shop_url(self) -> str:
        """The shop's address."""
        return self.components["storefront"].address

    @property
    def explain_url(self) -> str:
        """The address of the page that explains lists, with its key."""
        scheme, _, address = self.shop_url.partition("//")
        return f"{scheme}//staff:{self._secrets.explain_key}@{address}/explain"

    @property
    def analytics_url(self) -> str:
        """The dashboard's address."""
        return self.components["analytics"].address

    @property
    def is_running(self) -> bool:
        """Whether the supervisor runs; `statuses` has the health of each component."""
        return self._supervisor.is_running

    def up(self, on_step: OnStep) -> None:
        """Start every component that does not run; what runs is left alone.

        Raises:
            ConfigurationError: a port is in use, or a component cannot be set up.
            UnavailableError: a component does not become healthy; the message has the last lines of
                its log.
        """
        self._install(on_step)
        if not self._supervisor.is_running:
            self._check_ports()
            self._initialise(on_step)
            self._supervisor.launch(
                list(self.components.values()), {**os.environ, **self.environment}
            )
        # All at once: each component waits for those that it needs.
        with ThreadPoolExecutor() as workers:
            started = [
                workers.submit(self._start_database, on_step),
                workers.submit(self._start_kafka, on_step),
                *(
                    workers.submit(self._start, name, on_step)
                    for name in self.components
                    if name not in {"postgres", "kafka"}
                ),
            ]
        # Where several fail, the first in this order is the one that the others wait for.
        for start in started:
            start.result()
        self.install_connectors(on_step)

    def down(self, on_step: OnStep) -> None:
        """Stop every component; each is stopped before those that it reads from."""
        if not self._supervisor.is_running:
            return
        # A supervisor that an earlier version started lacks the components that came later.
        running = self._supervisor.processes()
        for name in (each for each in _STOP_ORDER if each in running):
            on_step(f"stopping {name}")
            self._supervisor.stop(name)
        self._supervisor.shutdown()

    def kill(self, name: str) -> None:
        """Kill a component with SIGKILL; the supervisor starts it again.

        Raises:
            ConfigurationError: there is no such component.
        """
        if name not in self.components:
            names = ", ".join(self.components)
            raise ConfigurationError(f"there is no component {name}; the components are {names}")
        self._supervisor.kill(name)

    def statuses(self) -> list[ComponentStatus]:
        """Every component with its present health."""
        processes = self._supervisor.processes() if self._supervisor.is_running else {}
        with ThreadPoolExecutor() as workers:
            health = workers.map(
                lambda each: each.name in processes and each.is_healthy(), self.components.values()
            )
        return [
            ComponentStatus(
                name=each.name,
                state=processes[each.name].state if each.name in processes else "stopped",
                healthy=healthy,
                pid=processes[each.name].pid if each.name in processes else None,
                address=each.address,
                log=str(each.log),
            )
            for each, healthy in zip(self.components.values(), health, strict=True)
        ]

    def outbox(self) -> Backlog | None:
        """What waits for Kafka in the shop's outbox; None if PostgreSQL does not tell."""
        try:
            with psycopg.connect(self.database_url, connect_timeout=3) as connection:
                return backlog(connection)
        except psycopg.Error:
            return None

    def install_connectors(self, on_step: OnStep) -> None:
        """Install the sink's connectors, restart what has failed, and wait until all tasks run."""
        on_step("installing the sink connectors")
        connectors = sink_connectors(*jdbc(self.database_url), replicas=1)
        with closing(Connect(connect.url(self.settings))) as client:

            def running() -> bool:
                try:
                    found = client.tasks()
                except UnavailableError:
                    return False
                with_tasks = {each.connector for each in found if each.task is not None}
                return all(each.state == "RUNNING" for each in found) and with_tasks >= {
                    connector.name for connector in connectors
                }

            def installed() -> bool:
                try:
                    for connector in connectors:
                        client.install(connector)
                except UnavailableError:
                    return False
                return True

            def restarted() -> bool:
                try:
                    for name in {each.connector for each in client.tasks() if each.has_failed}:
                        client.restart_failed(name)
                except UnavailableError:
                    return False
                return True

            self._wait(self.components["connect"], installed)
            self._wait(self.components["connect"], restarted)
            self._wait(self.components["connect"], running)

    def _install(self, on_step: OnStep) -> None:
        def fetched(done: int, total: int) -> None:
            if done == total or done % _STEP_EVERY_FILES == 0:
                on_step(f"fetched {done} of {total} files of Kafka, Connect and the JDBC sink")

        self._distribution.install(fetched)

    def _check_ports(self) -> None:
        for each in self.components.values():
            for setting, port in each.ports.items():
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        probe.bind(("127.0.0.1", port))
                    except OSError as error:
                        raise ConfigurationError(
                            f"port {port} of {each.name} is in use: stop the program that listens"
                            f" there, or choose another port with {setting}=…"
                        ) from error

    def _initialise(self, on_step: OnStep) -> None:
        on_step("preparing PostgreSQL and Kafka")
        self.settings.logs.mkdir(parents=True, exist_ok=True)
        (self.settings.state_dir / "models").mkdir(exist_ok=True)
        postgres.initialise(self.settings, self._secrets.database_password)
        kafka.initialise(self.settings, self._distribution)
        connect.initialise(self.settings, self._distribution)

    def _start_database(self, on_step: OnStep) -> None:
        self._start("postgres", on_step)
        with psycopg.connect(self.database_url) as connection:
            repository.make_role(connection, _ANALYST, self._secrets.analyst_password)
        on_step("migrating the database")
        from apps.migrations.upgrade import upgrade  # Alembic takes a second

        upgrade(self.database_url)
        # Feast takes seconds to import, so unchanged definitions are not applied again.
        fingerprint = _fingerprint_of_features()
        with psycopg.connect(self.database_url) as connection:
            if repository.applied_features(connection) == fingerprint:
                return
        from ml.features.apply import apply
        from streams.settings import FeatureSettings

        on_step("applying the feature definitions")
        apply(FeatureSettings(database_url=self.database_url))
        with psycopg.connect(self.database_url) as connection:
            repository.note_applied_features(connection, fingerprint)

    def _start_kafka(self, on_step: OnStep) -> None:
        self._start("kafka", on_step)
        create_topics(kafka.connection(self.settings), replicas=1)

    def _start(self, name: str, on_step: OnStep) -> None:
        on_step(f"starting {name}")
        started = self.components[name]
        self._supervisor.start(name)
        self._wait(started, started.is_healthy)
        on_step(f"{name} is healthy at {started.address}")

    def _wait(self, awaited: Component, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.settings.start_timeout
        while not condition():
            state = self._supervisor.processes()[awaited.name].state
            if state == "fatal" or time.monotonic() > deadline:
                last = "\n".join(_tail(awaited.log))
                raise UnavailableError(
                    f"{awaited.name} does not become healthy (it is {state});"
                    f" the last lines of {awaited.log}:\n{last}"
                )
            time.sleep(0.1)


def _fingerprint_of_features() -> str:
    sources = (
        Path(ml.__path__[0]) / "features" / "definitions.py",
        Path(streams.contracts.__path__[0]) / "interaction.py",
    )
    contents = b"".join(source.read_bytes() for source in sources)
    return hashlib.sha256(contents + version("feast").encode()).hexdigest()


def _tail(log: Path) -> Iterable[str]:
    if not log.exists():
        return ["(no log)"]
    return log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
