"""Validation of the records of a public topic: against its contract, and against the clock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic, Protocol, TypeVar

from streams.contracts import CLOCK_SKEW, DeadLetter, Event, MalformedEventError

E = TypeVar("E", bound=Event)


class Record(Protocol):
    """A record as it is on a topic; aiokafka's are such."""

    @property
    def topic(self) -> str:
        """Name of the topic."""
        ...

    @property
    def partition(self) -> int:
        """Number of the partition."""
        ...

    @property
    def offset(self) -> int:
        """Its place in the partition."""
        ...

    @property
    def value(self) -> bytes | None:
        """None: a tombstone."""
        ...

    @property
    def key(self) -> bytes | None:
        """What decides the partition."""
        ...

    @property
    def headers(self) -> Sequence[tuple[str, bytes | None]]:
        """Names and values."""
        ...


@dataclass(slots=True)
class ValidatedBatch(Generic[E]):
    """Every record of a batch is in one of the lists, in the batch's order."""

    valid: list[E] = field(default_factory=list)
    encoded: list[bytes] = field(default_factory=list)
    """The encodings of the valid ones."""
    dead_letters: list[DeadLetter] = field(default_factory=list)
    erased: list[E] = field(default_factory=list)
    """Valid, but of users who were erased."""

    def leave_out(self, user_ids: Collection[str]) -> None:
        """Take the events of erased users out of the valid ones."""
        if not user_ids:
            return
        pairs = list(zip(self.valid, self.encoded, strict=True))
        self.erased = [event for event in self.valid if event.key in user_ids]
        self.valid = [event for event, _ in pairs if event.key not in user_ids]
        self.encoded = [value for event, value in pairs if event.key not in user_ids]


def validate(
    contract: type[E],
    records: Sequence[Record],
    *,
    now: datetime | None = None,
    clock_skew: timedelta = CLOCK_SKEW,
) -> ValidatedBatch[E]:
    """Decode records; those that break the contract become dead letters.

    The key of a record must be that of its event: its user, in UTF-8.

    Args:
        contract: of the public topic.
        records: of that topic.
        now: the instant of validation; the clock's if absent.
        clock_skew: how far a producer's clock may be ahead.
    """
    latest = (now or datetime.now(UTC)) + clock_skew
    batch: ValidatedBatch[E] = ValidatedBatch()
    for record in records:
        try:
            event, encoded = contract.read(record.value)
            event.check_public(latest)
            _check_key(event, record.key)
        except MalformedEventError as error:
            batch.dead_letters.append(_dead_letter(record, str(error)))
        else:
            batch.valid.append(event)
            batch.encoded.append(encoded)
    return batch


def _check_key(event: Event, key: bytes | None) -> None:
    # The partition follows from the key. In two partitions, events of one user would lose their
    # order, and two workers would change the same memory.
    if key != event.key.encode():
        raise MalformedEventError("event: the record's key is not its user_id")


def _dead_letter(record: Record, reason: str) -> DeadLetter:
    return DeadLetter(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        reason=reason,
        stage="processor",
        key=record.key,
        value=record.value,
        headers=tuple(record.headers),
    )
