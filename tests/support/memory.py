"""The memory of a component's processes over time."""

import threading
import time
from typing import Self

import psutil

from support.laptop import RunningStack

_MIB = 1024 * 1024


class MemoryWatch:
    """Samples the resident memory of components, their children included, in MiB.

    Args:
        stack: the running stack.
        components: names.
        every: seconds between two samples.
    """

    def __init__(self, stack: RunningStack, components: tuple[str, ...], every: float) -> None:
        self._stack = stack
        self._every = every
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.samples: dict[str, list[tuple[float, float]]] = {name: [] for name in components}
        """By component: hours since the start, and MiB."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped.set()
        self._thread.join()

    def growth(self, component: str, after: float) -> float:
        """By which share the memory has grown since a share of the time.

        The mean of the last tenth of the samples over that of the tenth at that time: a trend, not
        the peaks of a garbage collector.
        """
        values = [memory for _, memory in self.samples[component]]
        tenth = max(1, len(values) // 10)
        first = int(len(values) * after)
        before, end = values[first : first + tenth], values[-tenth:]
        return (sum(end) / len(end)) / (sum(before) / len(before)) - 1

    def _run(self) -> None:
        begin = time.monotonic()
        while not self._stopped.wait(self._every):
            processes = self._stack.stack._supervisor.processes()
            for name, samples in self.samples.items():
                samples.append(((time.monotonic() - begin) / 3600, _memory(processes[name].pid)))


def _memory(pid: int | None) -> float:
    assert pid is not None
    parent = psutil.Process(pid)
    family = [parent, *parent.children(recursive=True)]
    return sum(each.memory_info().rss for each in family) / _MIB
