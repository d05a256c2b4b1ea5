"""A shop's log of events as CSV."""

from collections.abc import Iterator
from pathlib import Path

from pydantic import ValidationError

from ml.data.csv_file import CsvFile, Record
from ml.data.log_fields import EVENTS, InvalidFieldError, number, unix_instant, whole
from ml.data.rejection import RejectedRow, quoted
from streams.contracts import Interaction, derived_id, describe

COLUMNS = ("timestamp", "user_id", "event", "item_id")
OPTIONAL_COLUMNS = ("rating", "quantity", "session_id")


def read_event_log(path: Path) -> Iterator[Interaction | RejectedRow]:
    """The interactions of a log, in its order, and in their place the rows that cannot be used.

    Columns, in any order and among others: `timestamp` (unix seconds), `user_id`, `event` (view,
    addtocart, transaction), `item_id`; used where there: `rating`, `quantity`, `session_id`.

    An interaction's id is derived from its content and its line, not from the file's name: the same
    log read again, copied or grown at its end gives the same ids, and two equal rows differ.

    Raises:
        ContractError: at once, if the file cannot be read or lacks a column.
    """
    return _interactions(CsvFile.open(path, COLUMNS, one_line=COLUMNS + OPTIONAL_COLUMNS))


def _interactions(file: CsvFile) -> Iterator[Interaction | RejectedRow]:
    required = [file.columns[name] for name in COLUMNS]
    optional = {name: file.columns[name] for name in OPTIONAL_COLUMNS if name in file.columns}
    for row in file:
        if isinstance(row, RejectedRow):
            yield row
            continue
        try:
            yield _interaction(row, required, optional)
        except ValidationError as error:
            yield RejectedRow(file.source, row.line, describe(error))
        except InvalidFieldError as error:
            yield RejectedRow(file.source, row.line, str(error))


def _interaction(row: Record, required: list[int], optional: dict[str, int]) -> Interaction:
    fields = row.fields
    seconds, user_id, event, item_id = (fields[at].strip() for at in required)
    timestamp = unix_instant("timestamp", seconds)
    kind = EVENTS.get(event)
    if kind is None:
        raise InvalidFieldError(f"event {quoted(event)} is none of {', '.join(EVENTS)}")
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
