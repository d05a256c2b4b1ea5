"""Processing of one batch of records, the judging of ended sessions, and what is counted of both.

A batch either happens or does not: its progress is locked first, its outputs are written, and its
progress is saved with what it remembers. If anything fails in between, all of it is done again;
outputs carry ids, so that a second time adds nothing.
"""

import threading
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import structlog
from psycopg import Connection

from streams import erasures
from streams.contracts import (
    ERASURES,
    INTERACTIONS,
    Channel,
    DeadLetter,
    Erasure,
    Event,
    Interaction,
    InteractionType,
)
from streams.database import Database
from streams.errors import RestoredDatabaseError
from streams.features.online import OnlineStore
from streams.processor import counters, metrics, progress, repository
from streams.processor.progress import Partition
from streams.processor.sessions import changed
from streams.processor.validation import Record, validate
from streams.publisher import Publisher
from streams.settings import ProcessorSettings

log = structlog.get_logger()

AT_ONCE = 2000
"""Sessions that are judged together, and rows that are forgotten together, at most."""


class Processing:
    """The processor's work, apart from reading Kafka. Calls block; threads may share one.

    Args:
        settings: how sessions end, and how much is done at once.
        topic_ids: Kafka's ids of the public topics, by name.
        publisher: where outputs go.
        database: where progress and memory are.
        online_store: where live histories are.

    Raises:
        UnavailableError: from every call, while Kafka, PostgreSQL or Feast does not answer.
    """

    def __init__(
        self,
        settings: ProcessorSettings,
        topic_ids: Mapping[str, UUID],
        publisher: Publisher,
        database: Database,
        online_store: OnlineStore,
    ) -> None:
        self._settings = settings
        self._topic_ids = topic_ids
        self._publisher = publisher
        self._database = database
        self._online_store = online_store
        self._saved: dict[Partition, int] = {}
        # Python runs one thread at a time. In turns, all partitions would have validated at the
        # same moment, and PostgreSQL nothing to do before.
        self._validating = threading.Lock()

    def next_offsets(self, partitions: Iterable[tuple[str, int]]) -> dict[tuple[str, int], int]:
        """How far partitions of public topics, by topic and number, have been processed."""
        keys = {each: Partition(self._topic_ids[each[0]], each[1]) for each in partitions}
        with self._database.connection() as connection:
            known = progress.read(connection, list(keys.values()))
        return {each: known.get(key, 0) for each, key in keys.items()}

    def process(self, channel: Channel, records: Sequence[Record]) -> None:
        """Validate records of one partition of a public topic and pass them on.

        Those that are done already are dropped, and so are events of users who were erased. An
        erasure is carried out before it is passed on.

        Raises:
            RestoredDatabaseError: the records between what the database knows and these are to be
                read again.
        """
        partition = Partition(self._topic_ids[records[0].topic], records[0].partition)
        with metrics.timed(channel), self._database.connection() as connection:
            offsets = progress.lock(connection, [partition])
            if offsets[partition] < self._saved.get(partition, 0):
                raise RestoredDatabaseError(
                    f"{channel.public.name}-{partition.partition}: next is {offsets[partition]},"
                    f" but {self._saved[partition]} was saved"
                )
            # A record is there twice if partitions moved while the batch was being filled.
            fresh = {each.offset: each for each in records if each.offset >= offsets[partition]}
            with self._validating:
                batch = validate(
                    channel.contract, list(fresh.values()), clock_skew=self._settings.clock_skew
                )
            if channel is ERASURES:
                self._erase(connection, batch.valid)
            else:
                batch.leave_out(erasures.hold_off(connection, {each.key for each in batch.valid}))
            new: Sequence[bytes] = []
            if channel is INTERACTIONS and batch.valid:
                new = repository.remember(connection, batch.encoded)
                self._online_store.extend_live_histories(
                    event for event in batch.valid if isinstance(event, Interaction)
                )
            keys = (event.key for event in batch.valid)
            self._publish(channel, zip(keys, batch.encoded, strict=True), batch.dead_letters)
            # Only now, because all workers count the same items.
            counters.add_events(connection, new, datetime.now(UTC))
            next_offset = max(fresh, default=offsets[partition] - 1) + 1
            if fresh:
                progress.save(connection, {partition: next_offset})
        self._saved[partition] = next_offset
        metrics.count(channel, batch)

    def judge_ended_sessions(self) -> int:
        """Publish the verdicts of sessions that have ended, each once; returns their number."""
        with self._database.connection() as connection:
            ended = repository.take_ended(
                connection,
                self._settings.session_gap,
                self._settings.session_grace,
                AT_ONCE,
            )
            outputs: list[tuple[str, bytes]] = []
            rejected: list[bytes] = []
            withdrawn: list[bytes] = []
            for (user_id, _), events in ended.items():
                for view, verdict in changed(user_id, events, self._settings.session_gap):
                    encoded = verdict.encode()
                    outputs.append((user_id, encoded))
                    if verdict.interaction_type is InteractionType.NEGATIVE_VIEW:
                        rejected.append(encoded)
                    elif view.verdict is InteractionType.NEGATIVE_VIEW:
                        withdrawn.append(encoded)
            if outputs:
                self._publish(INTERACTIONS, outputs, [])
                counters.add_rejections(connection, rejected, withdrawn, datetime.now(UTC))
        return len(ended)

    def forget_old_sessions(self) -> int:
        """Forget sessions whose verdicts no event can change any more; returns their number."""
        with self._database.connection() as connection:
            return repository.expire(connection, self._settings.session_memory, AT_ONCE)

    def _erase(self, connection: Connection[Any], wishes: Sequence[Event]) -> None:
        """Remove people from the tables of `events` and from Feast, and note that it was done."""
        wanted = [event for event in wishes if isinstance(event, Erasure)]
        if not wanted:
            return
        erasures.begin(connection)
        users = {event.user_id for event in wanted}
        removed = erasures.remove_events(connection, users)
        for user_id, views in self._online_store.forget(users).items():
            removed[user_id].update(views)
        for event in wanted:
            erasures.note(connection, event.erasure_id, event.user_id, removed[event.user_id])

    def forget_old_activity(self) -> int:
        """Forget what shoppers did too long ago for any trend; returns the number of rows."""
        with self._database.connection() as connection:
            return counters.forget(connection, AT_ONCE)

    def _publish(
        self,
        channel: Channel,
        valid: Iterable[tuple[str, bytes]],
        dead_letters: Sequence[DeadLetter],
    ) -> None:
        self._publisher.publish(channel.valid.name, valid)
        self._publisher.publish_dead_letters(channel.dead_letters.name, dead_letters)
        for letter in dead_letters:
            log.warning(
                "event refused",
                topic=letter.topic,
                partition=letter.partition,
                offset=letter.offset,
                reason=letter.reason,
            )
