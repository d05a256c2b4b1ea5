"""Validation of records against their topic's contract."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from streams.contracts import DeadLetter, Event, MalformedEventError

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is on a topic."""

    topic: str
    partition: int
    offset: int
    value: bytes | None
    key: bytes | None = None
    headers: tuple[tuple[str, bytes | None], ...] = ()


@dataclass(slots=True)
class ValidatedBatch(Generic[E]):
    """Every record of a batch is in one of the two lists, in the batch's order."""

    valid: list[E] = field(default_factory=list)
    dead_letters: list[DeadLetter] = field(default_factory=list)


def validate(contract: type[E], records: Sequence[Record]) -> ValidatedBatch[E]:
    """Decode records; those that break the contract become dead letters."""
    batch: ValidatedBatch[E] = ValidatedBatch()
    for record in records:
        try:
            batch.valid.append(contract.decode(record.value))
        except MalformedEventError as error:
            batch.dead_letters.append(_dead_letter(record, str(error)))
    return batch


def _dead_letter(record: Record, reason: str) -> DeadLetter:
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
        stage="processor",
        key=record.key,
        value=record.value,
        headers=record.headers,
    )
