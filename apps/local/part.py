"""What a part of the stack is: a process with an address and a way to ask for its health."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the stack."""

    name: str
    command: tuple[str, ...]
    address: str
    ports: dict[str, int]
    """Ports that it listens on, by the setting that moves each."""
    is_healthy: Callable[[], bool]
    """Whether it does its work now; may raise nothing."""
    log: Path
    stop_signal: str = "TERM"
