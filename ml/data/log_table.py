"""Reads a training log and its held-out items as tables, from CSV, Parquet or lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from ml.data.event_log import EVENTS, LogFormat
from ml.data.fields import InvalidFieldError, RejectedRow, checked, number, quoted, whole
from ml.data.text_table import ColumnParser, TextTable, read_columns, read_user_lines
from ml.dataset import INTERACTION_COLUMNS
from streams.contracts import Interaction, InteractionType

_PAIR = ("user_id", "item_id")
_EVENT_COLUMNS = ("event", "interaction_type")
_OPTIONAL_COLUMNS = ("timestamp", *_EVENT_COLUMNS, "rating", "quantity")
_KINDS = EVENTS | {kind.value: kind for kind in InteractionType}
_CONTRACTS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(cast("Any", Interaction.model_fields[name].annotation))
    for name in ("rating", "quantity")
}


def read_log(
    path: Path, log_format: LogFormat = LogFormat.CSV
) -> tuple[pd.DataFrame, list[RejectedRow]]:
    """The interactions of a log in its order, INTERACTION_COLUMNS, and the rejected rows.

    Required columns of a CSV or Parquet file: `user_id`, `item_id`. Optional columns: `timestamp`
    (unix seconds or ISO 8601, in UTC without an offset), `event` or else `interaction_type` (a
    value of `InteractionType` or a key of `EVENTS`), `rating` (1 to 5, halves allowed), `quantity`.
    Other columns are ignored. Without a column of events every interaction is a purchase, which
    keeps its rating. Without timestamps they are NaT.

    Args:
        path: the file, which is read as Parquet if its name ends in .parquet.
        log_format: format of every other file.

    Raises:
        ContractError: the file cannot be read, lacks a column, or has no usable row.
    """
    parser = ColumnParser(_read_texts(path, log_format, _OPTIONAL_COLUMNS))
    event = next((name for name in _EVENT_COLUMNS if name in parser), _EVENT_COLUMNS[0])
    kind = parser.parse(
        event, _kind_of(event), missing=InteractionType.PURCHASE.value, dtype=object
    )
    columns = {
        "user_id": parser.keys("user_id"),
        "item_id": parser.keys("item_id"),
        "timestamp": parser.instants("timestamp", may_be_empty=False),
        "interaction_type": kind,
        "rating": parser.parse("rating", _rating, missing=np.nan, dtype=np.float64),
        "quantity": parser.parse("quantity", _quantity, missing=np.nan, dtype=np.float64),
    }
    parser.reject(
        (kind == InteractionType.RATE.value) & np.isnan(columns["rating"]),
        "an interaction of type rate needs a rating",
    )
    return parser.accepted(columns)[list(INTERACTION_COLUMNS)], parser.rejected


def read_held_out(
    path: Path, log_format: LogFormat = LogFormat.CSV
) -> tuple[dict[str, set[str]], list[RejectedRow]]:
    """The held-out items of each user, and the rejected rows, in the formats of `read_log`.

    Raises:
        ContractError: the file cannot be read, lacks a column, or has no usable row.
    """
    parser = ColumnParser(_read_texts(path, log_format, ()))
    pairs = parser.accepted({name: parser.keys(name) for name in _PAIR})
    grouped = pairs.groupby("user_id", sort=False)["item_id"].agg(set)
    return {str(user): items for user, items in grouped.items()}, parser.rejected


def _read_texts(path: Path, log_format: LogFormat, optional: tuple[str, ...]) -> TextTable:
    if log_format is LogFormat.LINES and path.suffix != ".parquet":
        return read_user_lines(path)
    return read_columns(path, _PAIR, optional)


def _kind_of(name: str) -> Callable[[str], str]:
    def kind(text: str) -> str:
        found = _KINDS.get(text)
        if found is None:
            raise InvalidFieldError(f"{name} {quoted(text)} is not one of {', '.join(_KINDS)}")
        return found.value

    return kind


def _rating(text: str) -> float:
    return checked("rating", _CONTRACTS["rating"], number("rating", text)) if text else np.nan


def _quantity(text: str) -> float:
    return checked("quantity", _CONTRACTS["quantity"], whole("quantity", text)) if text else np.nan
