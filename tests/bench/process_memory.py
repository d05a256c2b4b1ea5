"""The memory of the pipeline's steps, of its runner and of the database, sampled while they run."""

import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

import psutil
from measuring import peak_memory_mb

_SECONDS = 0.2
_OUTSIDE = ""


@dataclass(frozen=True, slots=True)
class _Sample:
    """Of some processes, in 10^6 bytes."""

    resident: float
    peak: float
    """The largest that one of them has had alone, by the kernel's own account."""


class ProcessMemory:
    """Samples the processes that this one has started.

    Args:
        database: process of the PostgreSQL server; every other child is a runner of the pipeline,
            whose descendants are the steps.
    """

    def __init__(self, database: int) -> None:
        self._database = database
        self._step = _OUTSIDE
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.steps: dict[str, float] = {}
        """Peak by step, 10^6 bytes."""
        self.database: dict[str, float] = {}
        """Peak of the server during each step."""
        self.all = 0.0
        """Peak of all together."""
        self._cpu: dict[tuple[str, int], float] = {}

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def begin(self, step: str) -> None:
        """What is sampled from now on is of this step."""
        self._step = step

    def cpu_seconds(self, step: str) -> float:
        """Of all processes of a step, but of the last moments of each."""
        return sum(seconds for (name, _), seconds in self._cpu.items() if name == step)

    def _run(self) -> None:
        while not self._stopped.wait(_SECONDS):
            with suppress(psutil.NoSuchProcess):
                self._sample()

    def _sample(self) -> None:
        step, children = self._step, psutil.Process().children()
        server = [each for each in children if each.pid == self._database]
        runners = [each for each in children if each.pid != self._database]
        components = [each for runner in runners for each in runner.children(recursive=True)]
        database = _shared_once([each for one in server for each in _family(one)])
        working, running = _of(components), _of(runners)
        if step != _OUTSIDE:
            found = max(working.resident, working.peak)
            self.steps[step] = max(self.steps.get(step, 0.0), found)
            self.database[step] = max(self.database.get(step, 0.0), database)
            for each in components:
                with suppress(psutil.NoSuchProcess):
                    times = each.cpu_times()
                    self._cpu[step, each.pid] = times.user + times.system
        self.all = max(self.all, database + running.resident + working.resident)


def _family(process: psutil.Process) -> list[psutil.Process]:
    return [process, *process.children(recursive=True)]


def _of(processes: Iterable[psutil.Process]) -> _Sample:
    resident = peak = 0.0
    for each in processes:
        with suppress(psutil.NoSuchProcess, OSError):
            resident += each.memory_info().rss / 1e6
            peak = max(peak, peak_memory_mb(each.pid))
    return _Sample(resident, peak)


def _shared_once(processes: Iterable[psutil.Process]) -> float:
    """The memory of a server's processes, which share their buffers."""
    own = shared = 0.0
    for each in processes:
        with suppress(psutil.NoSuchProcess):
            info = each.memory_info()
            own += (info.rss - info.shared) / 1e6
            shared = max(shared, info.shared / 1e6)
    return own + shared
