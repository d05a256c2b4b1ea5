"""Batches of a topic's records: those of one partition in their order, partitions independently."""

import asyncio
from collections.abc import AsyncIterable, Callable, Iterator, Sequence
from datetime import timedelta
from typing import Protocol

import structlog

from streams.errors import RecordRefusedError, UnavailableError
from streams.processor.consumer import Run
from streams.processor.validation import Record

log = structlog.get_logger()

WAITING_RUNS = 3
"""Of a partition; no more are read while so many wait for the batch that is under way."""
MAX_BATCH_BYTES = 32 * 1024 * 1024
"""Of the values of a batch's records: six times those of as many views, and it fits in memory."""
_RETRY_SECONDS = 1.0

Work = Callable[[Sequence[Record]], None]
"""Processes a batch. It blocks, and is done again if it raises UnavailableError."""


class Arrived(Protocol):
    """A run as Faust hands it to an agent."""

    @property
    def message(self) -> Run:
        """The run."""
        ...

    def ack(self) -> bool:
        """Note that it is done."""
        ...


async def work_off(
    arrivals: AsyncIterable[Arrived], work: Work, size: int, linger: timedelta
) -> None:
    """Process runs and acknowledge them, until there are no more.

    A batch is what has arrived of a partition meanwhile: the events of a moment when the shop is
    quiet, `size` events when there is a backlog. No partition waits for another one: while one's
    batch is in PostgreSQL, the next one's events are validated.

    Args:
        arrivals: the runs of a topic, those of a partition in their order.
        work: processes a batch.
        size: number of events from which on nothing is added to a batch.
        linger: how long a run waits for others if none has arrived meanwhile.

    Raises:
        ExceptionGroup: of what `work` raises, other than that something is unavailable.
    """
    queues: dict[int, asyncio.Queue[Arrived]] = {}
    async with asyncio.TaskGroup() as partitions:
        async for run in arrivals:
            queue = queues.get(run.message.partition)
            if queue is None:
                queue = queues[run.message.partition] = asyncio.Queue(WAITING_RUNS)
                partitions.create_task(_work_off_partition(queue, work, size, linger))
            await queue.put(run)


async def _work_off_partition(
    queue: asyncio.Queue[Arrived], work: Work, size: int, linger: timedelta
) -> None:
    while True:
        runs = [await queue.get()]
        if queue.empty():
            await asyncio.sleep(linger.total_seconds())
        records: list[Record] = list(runs[0].message.records)
        while len(records) < size and not queue.empty():
            runs.append(queue.get_nowait())
            records += runs[-1].message.records
        for batch in _cut(records):
            await _until_done(work, batch)
        for run in runs:
            run.ack()


def _cut(records: Sequence[Record]) -> Iterator[Sequence[Record]]:
    """The records in parts of `MAX_BATCH_BYTES`, or of one record that is longer."""
    start = total = 0
    for place, record in enumerate(records):
        length = len(record.value or b"")
        if total + length > MAX_BATCH_BYTES and place > start:
            yield records[start:place]
            start, total = place, 0
        total += length
    yield records[start:]


async def _until_done(work: Work, records: Sequence[Record]) -> None:
    while True:
        try:
            await asyncio.to_thread(work, records)
        except RecordRefusedError:
            raise  # trying again mends nothing
        except UnavailableError as error:
            log.warning("batch will be tried again", events=len(records), reason=str(error))
            await asyncio.sleep(_RETRY_SECONDS)
        else:
            return
