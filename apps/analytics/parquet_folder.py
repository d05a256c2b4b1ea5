"""The folder of an export: Parquet files by day, whose names say which records they hold.

`DIR/TOPIC/day=2026-11-01/TOPIC-PARTITION-FIRST-LAST.parquet`: what readers call Hive partitioning.
A batch is a range of offsets of one partition; it is one file for each day that its events are of.
"""

import fcntl
import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow as pa
from pyarrow import parquet
from pydantic import BaseModel, ValidationError

from streams.contracts import ColumnType, Event, new_id
from streams.errors import ConfigurationError

_TYPES: dict[ColumnType, pa.DataType] = {
    "uuid": pa.string(),
    "instant": pa.timestamp("us", tz="UTC"),
    "text": pa.string(),
    "integer": pa.int32(),
    "number": pa.float64(),
    "texts": pa.list_(pa.string()),
}
_NAME = re.compile(r"-(\d+)-(\d{20})-\d{20}\.parquet$")
_UNFINISHED = ".unfinished-"  # Readers of a folder skip names with a leading dot.


class Origin(BaseModel):
    """What a folder is an export of, kept in `_export.json`."""

    cluster: str
    """Kafka's cluster id."""
    group: str
    """The consumer group, of which nobody else is a member."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The records of one partition from `first` to `last`, by the day of their events."""

    partition: int
    first: int
    last: int
    days: Mapping[str, Sequence[Event]]
    """By day, as `2026-11-01`."""


class ParquetFolder:
    """The files of one topic in the folder `out`."""

    def __init__(self, out: Path, topic: str, contract: type[Event]) -> None:
        self._folder = out / topic
        self._topic = topic
        self._schema = pa.schema(
            [pa.field(column.name, _TYPES[column.type]) for column in contract.columns()]
        )

    @contextmanager
    def locked(self, cluster: str) -> Iterator[Origin]:
        """Keep other exports out of the folder, which is made if it is missing.

        Raises:
            ConfigurationError: another export works in the folder, or it is of another Kafka.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        path = self._folder / "_export.json"
        with path.open("a+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise ConfigurationError(f"another export works in {self._folder}") from None
            origin = self._origin(path)
            if origin is None:
                origin = Origin(cluster=cluster, group=f"analyst-export-{new_id()}")
                file.write(origin.model_dump_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
            if origin.cluster != cluster:
                raise ConfigurationError(
                    f"{self._folder} holds events of another Kafka; choose another folder"
                )
            yield origin

    def newest_batch(self, partition: int) -> int | None:
        """The first offset of the partition's newest batch; None if there is no file of it."""
        return max((first for _, first in self._files(partition)), default=None)

    def remove_from(self, partition: int, offset: int) -> None:
        """Remove the partition's files of batches that begin at `offset` or later."""
        for path, first in self._files(partition):
            if first >= offset:
                path.unlink()

    def remove_unfinished(self) -> None:
        """Remove what a killed export was writing."""
        for path in self._folder.glob(f"day=*/{_UNFINISHED}*"):
            path.unlink()

    def write(self, batch: Batch) -> list[Path]:
        """Write a batch; each file gets its name when all of it is on disk."""
        name = f"{self._topic}-{batch.partition}-{batch.first:020}-{batch.last:020}.parquet"
        return [
            self._write(self._folder / f"day={day}" / name, events)
            for day, events in sorted(batch.days.items())
        ]

    def _write(self, path: Path, events: Sequence[Event]) -> Path:
        path.parent.mkdir(exist_ok=True)
        table = pa.Table.from_pylist([_row(event) for event in events], self._schema)
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=_UNFINISHED, delete=False) as file:
            parquet.write_table(table, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        unfinished = Path(file.name)
        unfinished.chmod(0o644)
        unfinished.rename(path)
        for folder in (path.parent, path.parent.parent):
            _sync(folder)
        return path

    def _files(self, partition: int) -> Iterator[tuple[Path, int]]:
        for path in self._folder.glob(f"day=*/{self._topic}-{partition}-*.parquet"):
            if (match := _NAME.search(path.name)) and int(match[1]) == partition:
                yield path, int(match[2])

    def _origin(self, path: Path) -> Origin | None:
        if not (text := path.read_text()):
            return None
        try:
            return Origin.model_validate_json(text)
        except ValidationError as error:
            raise ConfigurationError(f"{path} is not the file of an export") from error


def _row(event: Event) -> dict[str, Any]:
    row = event.model_dump()
    return row | {name: str(value) for name, value in row.items() if isinstance(value, UUID)}


def _sync(folder: Path) -> None:
    # A rename is on disk when its folder is.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
