"""A shop's log of events: its formats and event names, and its reader as interactions."""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path

from pydantic import ValidationError

from ml.data.csv_file import CsvFile, Record
from ml.data.fields import InvalidFieldError, RejectedRow, number, quoted, unix_instant, whole
from streams.contracts import CLOCK_SKEW, Interaction, InteractionType, derived_id, describe

COLUMNS = ("timestamp", "user_id", "event", "item_id")
OPTIONAL_COLUMNS = ("rating", "quantity", "session_id")
EVENTS = {
    "view": InteractionType.VIEW,
    "addtocart": InteractionType.CART,
    "transaction": InteractionType.PURCHASE,
}
"""Interaction types by the names of events in public shop logs, such as RetailRocket's."""


class LogFormat(StrEnum):
    """Format of a log; a file whose name ends in .parquet is always read as Parquet."""

    CSV = "csv"
    """Comma-separated values below a header."""
    LINES = "lines"
    """A user and their items on each line, separated by spaces, without a header."""


def read_event_log(path: Path) -> Iterator[Interaction | RejectedRow]:
    """The rows of a CSV log in its order: interactions, and rejected rows in between.

    Required columns: `timestamp` (unix seconds), `user_id`, `event` (a key of `EVENTS`), `item_id`.
    Optional columns: `rating`, `quantity`, `session_id`. Other columns are ignored.

    An interaction's id is derived from its content and its line, not from the file's name. Reading
    the log again, a copy of it, or the log with rows appended gives the same ids, and two equal
    rows get different ids.

    A row from the future is rejected: the processor would refuse it.

    Raises:
        ContractError: immediately, if the file cannot be read or lacks a column.
    """
    return _interactions(CsvFile.open(path, COLUMNS, one_line=COLUMNS + OPTIONAL_COLUMNS))


def _interactions(file: CsvFile) -> Iterator[Interaction | RejectedRow]:
    required = [file.columns[name] for name in COLUMNS]
    optional = {name: file.columns[name] for name in OPTIONAL_COLUMNS if name in file.columns}
    latest = datetime.now(UTC) + CLOCK_SKEW
    for row in file:
        if isinstance(row, RejectedRow):
            yield row
            continue
        try:
            yield _interaction(row, required, optional, latest)
        except ValidationError as error:
            yield RejectedRow(file.source, row.line, describe(error))
        except InvalidFieldError as error:
            yield RejectedRow(file.source, row.line, str(error))


def _interaction(
    row: Record, required: list[int], optional: dict[str, int], latest: datetime
) -> Interaction:
    fields = row.fields
    seconds, user_id, event, item_id = (fields[at].strip() for at in required)
    timestamp = unix_instant("timestamp", seconds)
    if timestamp > latest:
        raise InvalidFieldError(f"timestamp {quoted(seconds)} lies in the future")
    kind = EVENTS.get(event)
    if kind is None:
        raise InvalidFieldError(f"event {quoted(event)} is not one of {', '.join(EVENTS)}")
    more = {name: text for name, at in optional.items() if (text := fields[at].strip())}
    quantity = more.get("quantity")
    rating = more.get("rating")
    return Interaction(
        interaction_id=derived_id(timestamp, "log", str(row.line), user_id, event, item_id),
        user_id=user_id,
        item_id=item_id,
        timestamp=timestamp,
        interaction_type=kind,
        quantity=None if quantity is None else whole("quantity", quantity),
        rating=None if rating is None else number("rating", rating),
        session_id=more.get("session_id"),
    )
