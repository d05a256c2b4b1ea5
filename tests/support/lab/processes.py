"""The lab's processes: each has its own log and ends with the tests."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 10
POLL_SECONDS = 0.3


class LabError(Exception):
    """The lab did not reach an expected state in time."""


@dataclass(frozen=True)
class Processes:
    """Starts programs with their logs in one folder."""

    logs: Path

    @contextmanager
    def running(
        self, name: str, command: Sequence[str], environment: Mapping[str, str] | None = None
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Run the program until the block or this process ends."""
        self.logs.mkdir(parents=True, exist_ok=True)
        log = self.logs / f"{name}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                ["setpriv", "--pdeathsig", "KILL", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                start_new_session=True,
            )
        try:
            yield process
        finally:
            _stop(process)

    def wait_for(
        self, name: str, process: subprocess.Popen[bytes], ready: Callable[[], bool]
    ) -> None:
        """Wait until the program is ready; the error has the last lines of its log."""

        def running_and_ready() -> bool:
            if process.poll() is not None:
                raise LabError(f"{name} ended with {process.returncode}:\n{self._tail(name)}")
            return ready()

        wait_until(running_and_ready, 90, f"{name} is ready", lambda: self._tail(name))

    def _tail(self, name: str) -> str:
        lines = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-15:])


def wait_until(
    condition: Callable[[], object],
    seconds: float,
    what: str,
    state: Callable[[], object] | None = None,
) -> None:
    """Poll until the condition holds; the error tells what did not come, and the state instead."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            found = f"\n{state()}" if state else ""
            raise LabError(f"not within {seconds:.0f} s: {what}{found}")
        time.sleep(POLL_SECONDS)


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
