"""The stack that integration and browser tests share: the same parts as `make demo` starts."""

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from apps.local.kafka import bootstrap_servers
from apps.local.settings import LocalSettings
from apps.local.stack import Stack

REPOSITORY = Path(__file__).parents[1]


@dataclass(frozen=True)
class RunningStack:
    """A running stack with its addresses."""

    stack: Stack

    @property
    def database_url(self) -> str:
        return self.stack.database_url

    @property
    def kafka_bootstrap_servers(self) -> str:
        return bootstrap_servers(self.stack.settings)

    @property
    def connect_url(self) -> str:
        return self.stack.environment["RECSYS_CONNECT_URL"]

    @property
    def shop_url(self) -> str:
        return self.stack.shop_url

    @property
    def environment(self) -> dict[str, str]:
        return self.stack.environment

    @property
    def models_dir(self) -> Path:
        return Path(self.stack.environment["RECSYS_MODELS_DIR"])


def free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    for each in sockets:
        each.bind(("127.0.0.1", 0))
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def local_settings(state_dir: Path) -> LocalSettings:
    """A stack of its own on free ports, with the jars that `make demo` has fetched."""
    names = ("postgres", "kafka", "kafka_controller", "connect", "processor", "shop")
    ports = dict(zip((f"{name}_port" for name in names), free_ports(len(names)), strict=True))
    return LocalSettings(
        state_dir=state_dir,
        distribution_dir=REPOSITORY / ".state" / "distribution",
        jvm_heap="384m",
        **ports,
    )


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStack]:
    running = Stack(local_settings(tmp_path_factory.mktemp("stack")))
    try:
        running.up(print)
        os.environ.update(running.environment)
        yield RunningStack(running)
    finally:
        running.down(print)
