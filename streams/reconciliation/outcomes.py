"""What has become of records: rows, dead letters, erasures. The rest is under way or missing."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any

from psycopg import Connection

from streams import erasures
from streams.reconciliation.ledger import Ledger, with_rows
from streams.reconciliation.records import Record
from streams.sink.connectors import Sink


class Outcome(StrEnum):
    """What has become of a record: the first of these that holds."""

    STORED = "stored"
    """Its event has a row."""
    DEAD_LETTER = "dead_letter"
    """A dead letter is about the record or its event."""
    ERASED = "erased"
    """Its user was erased."""
    UNDER_WAY = "under_way"
    """Its event is on the validated topic, and the sink has not committed that record."""
    MISSING = "missing"


def outcomes(
    connection: Connection[Any],
    ledger: Ledger,
    sink: Sink,
    records: Sequence[Record],
    is_under_way: Callable[[Record], bool],
) -> dict[Record, Outcome]:
    """The outcome of each record. No user is erased before the transaction ends."""
    stored = with_rows(connection, sink, records)
    rest = [each for each in records if each.event_id not in stored]
    if not rest:
        return dict.fromkeys(records, Outcome.STORED)
    refused = ledger.refused(connection, rest)
    erased = erasures.hold_off(connection, [each.user_id for each in rest if each.user_id])

    def outcome(record: Record) -> Outcome:
        if record.event_id in stored:
            return Outcome.STORED
        if record in refused:
            return Outcome.DEAD_LETTER
        if record.user_id in erased:
            return Outcome.ERASED
        return Outcome.UNDER_WAY if is_under_way(record) else Outcome.MISSING

    return {each: outcome(each) for each in records}
