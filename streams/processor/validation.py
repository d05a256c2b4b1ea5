"""Sorts records into valid events and dead letters."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

from streams.contracts import DeadLetter, Event, MalformedEventError

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it lies on a topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None


@dataclass(slots=True)
class Sorted(Generic[E]):
    """Every record is in one of the two lists, in its order."""

    valid: list[E] = field(default_factory=list)
    dead: list[DeadLetter] = field(default_factory=list)


def sort(contract: type[E], records: Sequence[Record]) -> Sorted[E]:
    """Validate records against their topic's contract."""
    result: Sorted[E] = Sorted()
    for record in records:
        try:
            result.valid.append(contract.decode(record.value))
        except MalformedEventError as error:
            result.dead.append(_dead_letter(record, str(error)))
    return result


def _dead_letter(record: Record, reason: str) -> DeadLetter:
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
        payload=(record.value or b"").decode(errors="backslashreplace"),
        failed_at=datetime.now(UTC),
    )
