"""Faust's consumer, except that a message is a run of records.

Faust starts two tasks and keeps books for every message, which takes longer than validating an
event and writing what it changes. Here a message is all that one fetch has brought of a partition.
Faust goes on doing what it does for messages: it hands them to the agents, holds them back while
partitions move, and commits the offsets of those that are acknowledged.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import structlog
from aiokafka.errors import KafkaError
from faust.transport.drivers import aiokafka
from faust.types import TP, AppT, ConsumerMessage
from yarl import URL

from streams.errors import UnavailableError
from streams.processor.validation import Record

log = structlog.get_logger()

_RETRY_SECONDS = 1.0

NextOffsets = Callable[[Iterable[tuple[str, int]]], Mapping[tuple[str, int], int]]
"""The next offset to process of each partition, by topic and number, as the database knows it."""


class Run(ConsumerMessage):
    """Records of one partition in their order; its offset is that of the last one."""

    __slots__ = ("records",)

    def __init__(self, partition: TP, records: Sequence[Any], generation_id: int) -> None:
        last = records[-1]
        super().__init__(
            *partition,
            last.offset,
            (last.timestamp or 0) / 1000,
            last.timestamp_type,
            headers=None,
            key=None,
            value=None,
            checksum=None,
            tp=partition,
            generation_id=generation_id,
        )
        self.records: Sequence[Record] = records


class RunConsumer(aiokafka.Consumer):
    """Reads runs. Whoever processes those of a partition must do so in their order."""

    transport: "RunTransport"

    async def seek_to_committed(self) -> Mapping[TP, int]:
        """Seek to the offsets that Kafka has, or to those of the database where they are less.

        A database that was restored from a backup lacks what has happened since, and Kafka's
        offsets are not part of the backup.
        """
        committed = await super().seek_to_committed()
        known = await self._known(list(committed))
        behind = {each: known[each] for each in committed if known[each] < (committed[each] or 0)}
        if behind:
            log.warning("the database lacks records that are read again", next_offsets=behind)
            await self.seek_wait(behind)
        return {**committed, **behind}

    async def _known(self, partitions: Sequence[TP]) -> Mapping[tuple[str, int], int]:
        """The database's offsets; while it is away, partitions may move, and the worker stays."""
        while True:
            try:
                return await asyncio.to_thread(self.transport.next_offsets, partitions)
            except UnavailableError as error:
                log.warning("the positions wait for the database", reason=str(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def getmany(self, timeout: float) -> AsyncIterator[tuple[TP, Run]]:  # noqa: ASYNC109
        """What has been fetched, a run for each partition."""
        records, active = await self._wait_next_records(timeout)
        generation_id = self.app.consumer_generation_id
        if records is None or self.should_stop:
            return
        if not self.flow_active:  # partitions move
            try:
                await self.perform_seek()
            except KafkaError as error:
                log.warning("positions are sought again when partitions have moved", reason=error)
            return
        for partition, fetched in records.items():
            if not self.flow_active or self.app.consumer_generation_id != generation_id:
                return
            if active is None or partition in active or partition in self._buffered_partitions:
                self.app.monitor.track_tp_end_offset(partition, self.highwater(partition))
                yield partition, Run(partition, fetched, generation_id)

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Nothing: the offsets between those of two runs are of the second one's records."""

    def _new_offset(self, tp: TP) -> int | None:
        """The offset behind the newest run that is acknowledged; all runs before it are, too."""
        acked = self._acked[tp]
        if not acked:
            return None
        newest: int = max(acked)
        acked.clear()
        self._acked_index[tp].clear()
        return newest + 1


class RunTransport(aiokafka.Transport):
    """Faust's transport with `RunConsumer`.

    Args:
        url: of the brokers.
        app: the application.
        next_offsets: asks the database.
    """

    Consumer: ClassVar[type[RunConsumer]] = RunConsumer

    def __init__(self, url: list[URL], app: AppT, next_offsets: NextOffsets) -> None:
        super().__init__(url, app)
        self.next_offsets = next_offsets
