"""Measurements: compared with a peer in the same run, or in a process of their own."""

import statistics
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import ParamSpec, TypeVar


def interleaved_seconds(
    works: Mapping[str, Callable[[], object]], repeats: int
) -> dict[str, list[float]]:
    """Seconds of each work by its name; works take turns, so that other load affects them alike."""
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(repeats):
        for name, work in works.items():
            start = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def speed_ratio(ours: list[float], peer: list[float]) -> float:
    """How many times as fast as the peer: the median over the turns."""
    return statistics.median(there / here for here, there in zip(ours, peer, strict=True))


Asked = ParamSpec("Asked")
Answer = TypeVar("Answer")


def in_own_process(
    work: Callable[Asked, Answer], *arguments: Asked.args, **options: Asked.kwargs
) -> Answer:
    """Call `work` in a fresh process, whose memory is its own."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(work, *arguments, **options).result()


def reset_peak_memory() -> None:
    """Reset the peak to the current memory of this process (Linux)."""
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_memory_mb(process: int | str = "self") -> float:
    """Peak memory of a process since its start or the last reset, in 10^6 bytes (Linux)."""
    status = Path(f"/proc/{process}/status")
    for line in status.read_text(encoding="ascii").splitlines():
        if line.startswith("VmHWM:"):
            return float(line.split()[1]) * 1024 / 1e6
    raise OSError("the kernel does not report the peak memory")
