"""Reconciles one channel: reads what is new on its topics, and looks what has become of it."""

from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from psycopg import Connection

from streams import erasures
from streams.contracts import Topic
from streams.lag import Lag
from streams.reconciliation.ledger import Ledger
from streams.reconciliation.outcomes import Outcome, outcomes
from streams.reconciliation.reading import Offsets, RecordReader
from streams.reconciliation.records import Record, as_record, refused_record
from streams.settings import PROCESSOR_GROUP, KafkaSettings
from streams.sink.connectors import Sink

_MARGIN = timedelta(hours=1)
"""Records are judged for so much less than their retention, and letters read from so much earlier:
clocks differ, and no record may outlive the dead letter about it."""

Account = Counter[Outcome]
"""Number of records by outcome."""
Transaction = Callable[[], AbstractContextManager[Connection[Any]]]


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Records of a topic, from one offset of each partition to another."""

    topic: Topic
    start: Offsets
    stop: Offsets
    is_whole: bool
    """Whether nothing is left to read."""


class Reconciliation:
    """Compares topics with tables; close it when done.

    Args:
        kafka: how to connect.
        transaction: makes a transaction of a role that may read the sink's tables.
        ledger: what is remembered from one call to the next.

    Raises:
        UnavailableError: from every call, while Kafka or PostgreSQL does not answer.
    """

    def __init__(self, kafka: KafkaSettings, transaction: Transaction, ledger: Ledger) -> None:
        self._lag = Lag(kafka)
        self._reader = RecordReader(kafka)
        self._transaction = transaction
        self._ledger = ledger

    def reconcile(
        self, sink: Sink, *, since: datetime | None = None, limit: int | None = None
    ) -> dict[str, Account]:
        """Judge what is new on the sink's channel; returns accounts by topic.

        What is under way on the validated topic is left for the next time, with what lies behind.
        A topic waits until all has been read that may explain its records.

        Args:
            sink: of the channel.
            since: older records are left out; those that retention may have deleted always are.
            limit: number of records of a partition that are read at once.
        """
        channel, ledger = sink.channel, self._ledger
        # In this order: the outputs of what a group has committed are on the topics that follow.
        processed = self._lag.committed(PROCESSOR_GROUP, channel.public)
        sunk = self._lag.committed(sink.consumer_group, channel.valid)
        written = self._lag.ends(channel.valid)
        refused = self._lag.ends(channel.dead_letters)
        first = since or datetime.now(UTC) - channel.public.retention + _MARGIN
        with self._transaction() as connection:
            ledger.settle(connection, sink)

        letters = self._stretch(channel.dead_letters, first - _MARGIN, refused, limit)
        self._note_refused(sink, letters)
        if not letters.is_whole:
            return {}

        valid = self._stretch(channel.valid, first, written, limit)
        of_valid, under_way = self._judge(
            sink, valid, lambda record: record.offset >= sunk[record.partition]
        )
        self._save(valid, {each.partition: each.offset for each in reversed(under_way)})
        if not valid.is_whole:
            return {channel.valid.name: of_valid}

        public = self._stretch(channel.public, first, processed, limit)
        waiting = {each.event_id for each in under_way} - {None}
        of_public, _ = self._judge(sink, public, lambda record: record.event_id in waiting)
        self._save(public)
        return {channel.public.name: of_public, channel.valid.name: of_valid}

    def close(self) -> None:
        """Close the connections to Kafka."""
        self._reader.close()
        self._lag.close()

    def _stretch(self, topic: Topic, first: datetime, end: Offsets, limit: int | None) -> _Stretch:
        """What is to be read now; at the first record again if the topic was made anew."""
        ends = self._lag.ends(topic)
        oldest = self._reader.since(topic, first, ends)
        with self._transaction() as connection:
            self._ledger.forget(connection, topic, oldest)
            known = self._ledger.positions(connection, topic)
        start = {
            partition: max(known.get(partition, 0), offset)
            if known.get(partition, 0) <= ends[partition]
            else offset
            for partition, offset in oldest.items()
        }
        to_read = {each: max(0, end.get(each, 0) - offset) for each, offset in start.items()}
        most = max(to_read.values(), default=0) if limit is None else limit
        stop = {each: offset + min(to_read[each], most) for each, offset in start.items()}
        return _Stretch(topic, start, stop, max(to_read.values(), default=0) <= most)

    def _note_refused(self, sink: Sink, letters: _Stretch) -> None:
        for batch in self._reader.batches(
            letters.topic, letters.start, letters.stop, partial(refused_record, sink=sink)
        ):
            with self._transaction() as connection:
                users = [each.user_id for each in batch if each.user_id]
                erased = erasures.hold_off(connection, users)
                kept = [each for each in batch if each.user_id not in erased]
                self._ledger.note(connection, kept, is_refused=True)
        self._save(letters)

    def _judge(
        self, sink: Sink, stretch: _Stretch, is_under_way: Callable[[Record], bool]
    ) -> tuple[Account, list[Record]]:
        """Note what is missing; returns the account, and what is under way."""
        account: Account = Counter()
        under_way: list[Record] = []
        for batch in self._reader.batches(
            stretch.topic, stretch.start, stretch.stop, partial(as_record, sink=sink)
        ):
            with self._transaction() as connection:
                found = outcomes(connection, self._ledger, sink, batch, is_under_way)
                missing = [each for each in batch if found[each] is Outcome.MISSING]
                self._ledger.note(connection, missing, is_refused=False)
            account.update(found.values())
            under_way += [each for each in batch if found[each] is Outcome.UNDER_WAY]
        return account, under_way

    def _save(self, stretch: _Stretch, earlier: Offsets | None = None) -> None:
        with self._transaction() as connection:
            self._ledger.save(connection, stretch.topic, {**stretch.stop, **(earlier or {})})
