"""More workers of the processor beside that of the stack."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from support.laptop import RunningStack, free_ports


@dataclass(frozen=True, slots=True)
class Worker:
    """A running worker, and the address of its probes."""

    pid: int
    address: str


@contextmanager
def worker(stack: RunningStack, log: Path) -> Iterator[Worker]:
    """One more worker. It ends cleanly."""
    (port,) = free_ports(1)
    environment = {**os.environ, **stack.environment, "RECSYS_PROCESSOR_PORT": str(port)}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "streams.processor"],
            env=environment,
            cwd=log.parent,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Worker(process.pid, f"http://127.0.0.1:{port}/health")
    finally:
        process.terminate()
        process.wait(60)


def partitions(address: str) -> int:
    """The number of partitions that a worker has; -1: it does not answer."""
    try:
        return int(httpx.get(f"{address}/ready", timeout=5).json()["partitions"])
    except httpx.TransportError:
        return -1
