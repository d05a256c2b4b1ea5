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
from apps.local import applications, connect, kafka, postgres, repository
from apps.local.distribution import Distribution
from apps.local.part import Part
from apps.local.secrets import LocalSecrets
from apps.local.settings import LocalSettings
from apps.local.supervisor import Supervisor
from streams.errors import ConfigurationError, UnavailableError
from streams.provisioning import create_topics
from streams.sink.connect import Connect
from streams.sink.connectors import jdbc, sink_connectors

_LOG_LINES = 15
_REPORT_EVERY = 20
_STOP_ORDER = ("storefront", "processor", "connect", "kafka", "postgres")

Report = Callable[[str], None]
"""Called with each step in words."""


@dataclass(frozen=True, slots=True)
class PartStatus:
    """A part as `recsys status` shows it."""

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
    """PostgreSQL, Kafka, Connect, the processor and the storefront under one supervisor."""

    def __init__(self, settings: LocalSettings) -> None:
        self.settings = settings
        settings.state_dir.mkdir(parents=True, exist_ok=True)
        self._secrets = LocalSecrets.load_or_make(settings.state_dir)
        self._distribution = Distribution(settings.distribution)
        self._supervisor = Supervisor(settings.state_dir, settings.logs)
        self.database_url = postgres.database_url(settings, self._secrets.database_password)
        self.parts = {
            part.name: part
            for part in (
                postgres.part(settings, self.database_url),
                kafka.part(settings, self._distribution),
                connect.part(settings, self._distribution),
                applications.processor(settings),
                applications.storefront(settings),
            )
        }

    @property
    def environment(self) -> dict[str, str]:
        """The variables from which every part and tool of the project reads its settings."""
        return {
            "RECSYS_DATABASE_URL": self.database_url,
            "RECSYS_KAFKA_BOOTSTRAP_SERVERS": kafka.bootstrap_servers(self.settings),
            "RECSYS_CONNECT_URL": connect.url(self.settings),
            "RECSYS_MODELS_DIR": str(self.settings.state_dir / "models"),
            "RECSYS_SECRET_KEY": self._secrets.shop_secret_key,
            "RECSYS_SAMPLE_SHOPPERS": "true",
            "RECSYS_SESSION_COOKIE_SECURE": "false",
            # All shoppers of a laptop come from one address.
            "RECSYS_SIGN_UP_LIMIT": "1000 per minute",
            "RECSYS_LOG_IN_LIMIT": "1000 per minute",
            "RECSYS_PROCESSOR_PORT": str(self.settings.processor_port),
            "RECSYS_STATE_DIR": str(self.settings.state_dir),
        }

    @property
    def shop_url(self) -> str:
        """The shop's address."""
        return self.parts["storefront"].address

    @property
    def is_running(self) -> bool:
        """Whether the supervisor runs; `statuses` says how the parts are."""
        return self._supervisor.is_running

    def up(self, report: Report) -> None:
        """Bring up whatever does not run; what runs is left alone.

        Raises:
            ConfigurationError: a port is taken, or a part cannot be set up.
            UnavailableError: a part does not become healthy; with the last lines of its log.
        """
        self._install(report)
        if not self._supervisor.is_running:
            self._check_ports()
            self._initialise(report)
            self._supervisor.launch(list(self.parts.values()), {**os.environ, **self.environment})
        # All at once: each part waits for those that it needs.
        with ThreadPoolExecutor() as workers:
            started = [
                workers.submit(self._start_database, report),
                workers.submit(self._start_kafka, report),
                *(
                    workers.submit(self._start, name, report)
                    for name in ("connect", "processor", "storefront")
                ),
            ]
        # Where several fail, the first in this order is the one that the others wait for.
        for part in started:
            part.result()
        self.install_connectors(report)

    def down(self, report: Report) -> None:
        """Stop every part, readers before what they read from."""
        if not self._supervisor.is_running:
            return
        for name in _STOP_ORDER:
            report(f"stopping {name}")
            self._supervisor.stop(name)
        self._supervisor.shutdown()

    def restart(self, name: str, report: Report) -> None:
        """Stop a part, start it again and wait for its health."""
        self._supervisor.stop(name)
        self._start(name, report)

    def kill(self, name: str) -> None:
        """Kill a part without warning; the supervisor starts it again.

        Raises:
            ConfigurationError: if there is no such part.
        """
        if name not in self.parts:
            raise ConfigurationError(f"there is no part {name}; there are {', '.join(self.parts)}")
        self._supervisor.kill(name)

    def statuses(self) -> list[PartStatus]:
        """Every part with its health, asked now."""
        processes = self._supervisor.processes() if self._supervisor.is_running else {}
        with ThreadPoolExecutor() as workers:
            health = workers.map(
                lambda part: part.name in processes and part.is_healthy(), self.parts.values()
            )
        return [
            PartStatus(
                name=part.name,
                state=processes[part.name].state if part.name in processes else "stopped",
                healthy=healthy,
                pid=processes[part.name].pid if part.name in processes else None,
                address=part.address,
                log=str(part.log),
            )
            for part, healthy in zip(self.parts.values(), health, strict=True)
        ]

    def install_connectors(self, report: Report) -> None:
        """Install the sink's connectors and wait until all their tasks run."""
        report("installing the sink connectors")
        wanted = sink_connectors(*jdbc(self.database_url), replicas=1)
        with closing(Connect(connect.url(self.settings))) as client:

            def running() -> bool:
                try:
                    states = client.states()
                except UnavailableError:
                    return False
                return all(
                    len(states.get(connector.name, ())) > 1
                    and set(states[connector.name]) == {"RUNNING"}
                    for connector in wanted
                )

            def installed() -> bool:
                try:
                    for connector in wanted:
                        client.install(connector)
                except UnavailableError:
                    return False
                return True

            self._wait(self.parts["connect"], installed)
            self._wait(self.parts["connect"], running)

    def _install(self, report: Report) -> None:
        def fetched(done: int, total: int) -> None:
            if done == total or done % _REPORT_EVERY == 0:
                report(f"fetched {done} of {total} files of Kafka, Connect and the JDBC sink")

        self._distribution.install(fetched)

    def _check_ports(self) -> None:
        for part in self.parts.values():
            for setting, port in part.ports.items():
                with socket.socket() as probe:
                    probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    try:
                        probe.bind(("127.0.0.1", port))
                    except OSError as error:
                        raise ConfigurationError(
                            f"port {port}, which {part.name} needs, is taken;"
                            f" stop what listens there or choose another with {setting}=…"
                        ) from error

    def _initialise(self, report: Report) -> None:
        report("preparing PostgreSQL and Kafka")
        self.settings.logs.mkdir(parents=True, exist_ok=True)
        (self.settings.state_dir / "models").mkdir(exist_ok=True)
        postgres.initialise(self.settings, self._secrets.database_password)
        kafka.initialise(self.settings, self._distribution)
        connect.initialise(self.settings, self._distribution)

    def _start_database(self, report: Report) -> None:
        self._start("postgres", report)
        report("migrating the database")
        from apps.migrations.upgrade import upgrade  # Alembic takes a second

        upgrade(self.database_url)
        # Feast takes seconds to import, so unchanged definitions are not applied once more.
        wanted = _fingerprint_of_features()
        with psycopg.connect(self.database_url) as connection:
            if repository.applied_features(connection) == wanted:
                return
        from ml.features.apply import apply
        from streams.settings import FeatureSettings

        report("applying the feature definitions")
        apply(FeatureSettings(database_url=self.database_url))
        with psycopg.connect(self.database_url) as connection:
            repository.note_applied_features(connection, wanted)

    def _start_kafka(self, report: Report) -> None:
        self._start("kafka", report)
        create_topics(kafka.connection(self.settings), replicas=1)

    def _start(self, name: str, report: Report) -> None:
        report(f"starting {name}")
        part = self.parts[name]
        self._supervisor.start(name)
        self._wait(part, part.is_healthy)
        report(f"{name} is healthy at {part.address}")

    def _wait(self, part: Part, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + self.settings.start_timeout
        while not condition():
            state = self._supervisor.processes()[part.name].state
            if state == "fatal" or time.monotonic() > deadline:
                last = "\n".join(_tail(part))
                raise UnavailableError(
                    f"{part.name} does not become healthy (it is {state});"
                    f" the last lines of {part.log}:\n{last}"
                )
            time.sleep(0.1)


def _fingerprint_of_features() -> str:
    sources = (
        Path(ml.__path__[0]) / "features" / "definitions.py",
        Path(streams.contracts.__path__[0]) / "interaction.py",
    )
    contents = b"".join(source.read_bytes() for source in sources)
    return hashlib.sha256(contents + version("feast").encode()).hexdigest()


def _tail(part: Part) -> Iterable[str]:
    if not part.log.exists():
        return ["(no log)"]
    return part.log.read_text(errors="replace").splitlines()[-_LOG_LINES:]
