"""A PostgreSQL server of its own, without the other components."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from apps.local import postgres
from apps.local.settings import LocalSettings


@dataclass(frozen=True, slots=True)
class RunningDatabase:
    """A server that answers."""

    url: str
    """Of the owner's database."""
    pid: int


@contextmanager
def running_database(folder: Path) -> Iterator[RunningDatabase]:
    """Start a server with its files in `folder`; it is stopped at the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    local = LocalSettings(state_dir=folder, distribution_dir=None, postgres_port=port)
    local.logs.mkdir(parents=True)
    postgres.initialise(local, "test")
    url = postgres.database_url(local, "test")
    component = postgres.component(local, url)
    with component.log.open("wb") as log:
        process = subprocess.Popen(
            component.command, cwd=local.state_dir, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        )
    try:
        deadline = time.monotonic() + 30
        while not component.is_healthy():
            assert process.poll() is None, component.log.read_text()
            assert time.monotonic() < deadline, component.log.read_text()
            time.sleep(0.1)
        yield RunningDatabase(url, process.pid)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
