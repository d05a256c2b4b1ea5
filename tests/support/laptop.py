"""Stacks of the tests' own: free ports, and the jars that `make demo` has fetched."""

import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from apps.local.kafka import bootstrap_servers, connection
from apps.local.settings import LocalSettings
from apps.local.stack import Stack
from streams.settings import KafkaSettings
from support.checkout import REPOSITORY

QUICK_TOWERS = Path(__file__).with_name("quick_towers.json")
"""Towers that learn enough of a small shop in a third of the time that the defaults take."""


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
    def kafka(self) -> KafkaSettings:
        return connection(self.stack.settings)

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
    def cli_environment(self) -> dict[str, str]:
        return cli_environment(self.stack.settings)


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
    names = (
        "postgres",
        "kafka",
        "kafka_controller",
        "connect",
        "processor",
        "shop",
        "analytics",
        "encoder",
    )
    ports = dict(zip((f"{name}_port" for name in names), free_ports(len(names)), strict=True))
    settings: dict[str, Any] = {
        "state_dir": state_dir,
        "distribution_dir": REPOSITORY / ".state" / "distribution",
        "jvm_heap": "384m",
        "start_timeout": 300,  # several stacks may share two cores
        "restart_unit": 4,
        **ports,
    }
    return LocalSettings(**settings)


def cli_environment(settings: LocalSettings) -> dict[str, str]:
    """The variables by which the recsys command finds a stack."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("RECSYS_")},
        **{
            f"RECSYS_{name.upper()}": str(value)
            for name, value in settings.model_dump(exclude_none=True).items()
        },
        "RECSYS_TOWERS": str(QUICK_TOWERS),
        "COLUMNS": "200",
    }
