"""Exports a topic to Parquet: every valid record in one file, whatever is killed on the way.

The files of a batch get their names first, then its offsets are committed. Whoever is killed in
between leaves files that no commit covers: the next export removes them and writes them again.
"""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient
from kafka import TopicPartition

from apps.analytics.parquet_folder import Batch, ParquetFolder
from apps.analytics.reading import Offsets, TopicReader
from streams.contracts import CHANNELS, Event, MalformedEventError
from streams.errors import ConfigurationError, UnavailableError
from streams.settings import KafkaSettings

_BATCH_RECORDS = 20_000
_TIMEOUT_SECONDS = 10.0

CONTRACTS: dict[str, type[Event]] = {
    topic.name: channel.contract
    for channel in CHANNELS
    for topic in (channel.public, channel.valid)
}
"""Contracts of the topics that can be exported, by name."""


@dataclass(slots=True)
class ExportReport:
    """What an export has done so far, in records."""

    total: int
    """All that were on the topic when it began, and that no export had written before."""
    written: int = 0
    malformed: int = 0
    """Left out, because they break their contract."""
    deleted: int = 0
    """Deleted by retention before they could be exported."""
    files: int = 0


def export(
    kafka: KafkaSettings,
    topic: str,
    out: Path,
    *,
    since: datetime | None = None,
    on_progress: Callable[[ExportReport], None] = lambda _: None,
    on_files: Callable[[list[Path]], None] = lambda _: None,
) -> ExportReport:
    """Export what is on the topic now; the next export into the same folder goes on from there.

    Args:
        kafka: how to connect.
        topic: one of `CONTRACTS`.
        out: the folder; each topic has a folder of its own in it.
        since: where the first export into the folder begins; the oldest record by default.
        on_progress: called after each batch.
        on_files: called with the new files of a batch, before its offsets are committed.

    Raises:
        UnavailableError: Kafka does not answer.
        ConfigurationError: the folder is in use, or holds events of another Kafka.
    """
    folder = ParquetFolder(out, topic, CONTRACTS[topic])
    with (
        folder.locked(_cluster(kafka)) as origin,
        TopicReader(kafka, [topic], group=origin.group) as reader,
    ):
        end, oldest = reader.end(), reader.oldest()
        resumed = _resumed(folder, reader, reader.since(since) if since else oldest)
        start = {each: max(offset, oldest[each]) for each, offset in resumed.items()}
        if any(start[each] > end[each] for each in start):
            raise ConfigurationError(
                f"{out / topic} holds records that the topic no longer has, as if it had been made"
                " anew; choose another folder"
            )
        report = ExportReport(
            total=sum(end[each] - start[each] for each in start),
            deleted=sum(start[each] - resumed[each] for each in start),
        )
        folder.remove_unfinished()
        for each, offset in resumed.items():
            folder.remove_from(each.partition, offset)
        reader.commit(start)

        def write(partition: TopicPartition, records: list[Any]) -> None:
            batch = _batch(CONTRACTS[topic], records)
            files = folder.write(batch)
            on_files(files)
            reader.commit({partition: batch.last + 1})
            valid = sum(map(len, batch.days.values()))
            report.written += valid
            report.malformed += len(records) - valid
            report.files += len(files)
            on_progress(report)

        waiting: dict[TopicPartition, list[Any]] = defaultdict(list)
        for record in reader.read(start, end):
            partition = TopicPartition(record.topic, record.partition)
            waiting[partition].append(record)
            if len(waiting[partition]) == _BATCH_RECORDS:
                write(partition, waiting.pop(partition))
        for partition, records in waiting.items():
            write(partition, records)
    return report


def _resumed(folder: ParquetFolder, reader: TopicReader, first_time: Offsets) -> Offsets:
    """Where each partition goes on: at what was committed, if anything was.

    Kafka forgets what a group committed when it has been idle for long (offsets.retention.minutes).
    The files then say where to go on; the newest batch may lack the files of some days.
    """
    committed = reader.committed()
    found = {}
    for each, offset in first_time.items():
        newest = folder.newest_batch(each.partition)
        found[each] = committed.get(each, offset if newest is None else newest)
    return found


def _batch(contract: type[Event], records: list[Any]) -> Batch:
    instant = next(column.name for column in contract.columns() if column.type == "instant")
    days: dict[str, list[Event]] = defaultdict(list)
    for record in records:
        try:
            event = contract.decode(record.value)
        except MalformedEventError:
            continue
        days[f"{getattr(event, instant):%Y-%m-%d}"].append(event)
    return Batch(records[0].partition, records[0].offset, records[-1].offset, days)


def _cluster(kafka: KafkaSettings) -> str:
    try:
        found = AdminClient(kafka.librdkafka).list_topics(timeout=_TIMEOUT_SECONDS).cluster_id
    except KafkaException as error:
        raise UnavailableError(
            f"Kafka does not answer at {kafka.kafka_bootstrap_servers}: {error}"
        ) from error
    return str(found)
