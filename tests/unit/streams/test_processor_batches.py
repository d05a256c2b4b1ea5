import asyncio
import threading
from collections.abc import AsyncIterator, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from faust.types import TP

from streams.errors import UnavailableError
from streams.processor.batches import work_off
from streams.processor.consumer import Run
from streams.processor.validation import Record

AT_ONCE = timedelta(0)


@dataclass(frozen=True)
class Fetched:
    """What a run needs of a record that was fetched."""

    topic: str
    partition: int
    offset: int
    timestamp: int = 1_000
    timestamp_type: int = 0
    value: bytes | None = b"v"
    key: bytes | None = b"k"
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass
class Arrival:
    """A run, and whether it was acknowledged."""

    message: Run
    acknowledged: list[tuple[int, int]] = field(repr=False)

    def ack(self) -> bool:
        self.acknowledged.append((self.message.partition, self.message.offset))
        return True


class Arrivals:
    """Runs of two records for each of some partitions, in turns."""

    def __init__(self, *partitions: int) -> None:
        self.acknowledged: list[tuple[int, int]] = []
        self._runs = []
        offsets: dict[int, int] = {}
        for number in partitions:
            first = offsets.get(number, 0)
            offsets[number] = first + 2
            records = [Fetched("interactions", number, first + place) for place in range(2)]
            run = Run(TP("interactions", number), records, generation_id=1)
            self._runs.append(Arrival(run, self.acknowledged))

    async def __aiter__(self) -> AsyncIterator[Arrival]:
        for run in self._runs:
            yield run
        await asyncio.sleep(3600)  # as Faust does, which ends an agent by cancelling it


def offsets_of(batch: Sequence[Record]) -> tuple[int, list[int]]:
    return batch[0].partition, [record.offset for record in batch]


def in_a_thread(work: Coroutine[Any, Any, None]) -> None:
    """Run it in a thread of its own: in that of the tests Playwright's event loop may run."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(asyncio.run, work).result()


async def until(condition: threading.Event) -> None:
    async with asyncio.timeout(10):
        while not condition.is_set():  # noqa: ASYNC110 - it is set in a thread
            await asyncio.sleep(0.01)


def test_a_partition_does_not_wait_for_another_one() -> None:
    arrivals = Arrivals(0, 1, 0, 1)
    may_go_on, other_done, all_done = (threading.Event() for _ in range(3))
    batches: list[tuple[int, list[int]]] = []

    def work(batch: Sequence[Record]) -> None:
        partition, offsets = offsets_of(batch)
        if partition == 0:
            assert may_go_on.wait(10)
        batches.append((partition, offsets))
        if offsets[-1] == 3:
            (all_done if partition == 0 else other_done).set()

    async def run() -> None:
        working = asyncio.create_task(work_off(arrivals, work, 100, AT_ONCE))
        await until(other_done)
        assert all(partition == 1 for partition, _ in batches)
        assert all(partition == 1 for partition, _ in arrivals.acknowledged)
        may_go_on.set()
        await until(all_done)
        await asyncio.sleep(0.05)  # for what follows in the event loop
        working.cancel()

    in_a_thread(run())
    for partition in (0, 1):
        seen = [offset for number, offsets in batches for offset in offsets if number == partition]
        assert seen == [0, 1, 2, 3]
        acknowledged = [offset for number, offset in arrivals.acknowledged if number == partition]
        assert acknowledged == [1, 3], "runs, by their last offsets"


def test_what_has_arrived_meanwhile_is_one_batch_up_to_its_size() -> None:
    arrivals = Arrivals(0, 0, 0, 0)
    batches: list[list[int]] = []
    all_here, done = threading.Event(), threading.Event()

    def work(batch: Sequence[Record]) -> None:
        if not batches:
            assert all_here.wait(10)
        batches.append(offsets_of(batch)[1])
        if batches[-1][-1] == 7:
            done.set()

    async def run() -> None:
        working = asyncio.create_task(work_off(arrivals, work, 3, AT_ONCE))
        await asyncio.sleep(0.1)
        all_here.set()
        await until(done)
        working.cancel()

    in_a_thread(run())
    assert batches == [[0, 1, 2, 3], [4, 5, 6, 7]]


def test_what_is_unavailable_is_tried_again_and_anything_else_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("streams.processor.batches._RETRY_SECONDS", 0.01)
    arrivals = Arrivals(0, 0)
    attempts: list[list[int]] = []

    def work(batch: Sequence[Record]) -> None:
        attempts.append(offsets_of(batch)[1])
        if len(attempts) == 1:
            raise UnavailableError("PostgreSQL restarts")
        if attempts[-1][-1] == 3:
            raise RuntimeError("a fault of ours")

    with pytest.raises(ExceptionGroup) as failure:
        in_a_thread(work_off(arrivals, work, 1, AT_ONCE))
    assert failure.group_contains(RuntimeError, match="a fault of ours")
    assert attempts == [[0, 1], [0, 1], [2, 3]]
    assert arrivals.acknowledged == [(0, 1)], "a batch that fails is not acknowledged"


def test_a_batch_of_long_records_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("streams.processor.batches.MAX_BATCH_BYTES", 3)
    arrivals = Arrivals(0, 0, 0)
    batches: list[list[int]] = []
    all_here, done = threading.Event(), threading.Event()

    def work(batch: Sequence[Record]) -> None:
        assert all_here.wait(10)
        batches.append(offsets_of(batch)[1])
        if batches[-1][-1] == 5:
            done.set()

    async def run() -> None:
        working = asyncio.create_task(work_off(arrivals, work, 100, timedelta(seconds=0.1)))
        await asyncio.sleep(0.3)
        all_here.set()
        await until(done)
        await asyncio.sleep(0.05)  # for what follows in the event loop
        working.cancel()

    in_a_thread(run())
    assert batches == [[0, 1, 2], [3, 4, 5]]
    assert arrivals.acknowledged == [(0, 1), (0, 3), (0, 5)], "once all of them are done"


def test_an_event_that_is_alone_waits_for_others() -> None:
    arrivals = Arrivals(0, 0)
    batches: list[list[int]] = []
    done = threading.Event()

    def work(batch: Sequence[Record]) -> None:
        batches.append(offsets_of(batch)[1])
        done.set()

    async def one_after_the_other() -> AsyncIterator[Arrival]:
        async for run in arrivals:
            yield run
            await asyncio.sleep(0.05)

    async def run() -> None:
        linger = timedelta(seconds=0.5)
        working = asyncio.create_task(work_off(one_after_the_other(), work, 100, linger))
        await until(done)
        working.cancel()

    in_a_thread(run())
    assert batches == [[0, 1, 2, 3]]
