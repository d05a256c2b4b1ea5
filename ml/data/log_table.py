"""A training log, and the file of items held out of it, as tables: CSV, Parquet or lines."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from ml.data.log_fields import EVENTS, InvalidFieldError, LogFormat, checked, number, whole
from ml.data.rejection import RejectedRow, quoted
from ml.data.text_table import Fields, TextTable, read_columns, read_user_lines
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
    """The interactions of a log in its order, INTERACTION_COLUMNS, and the rows left out.

    Columns of a CSV or Parquet file, in any order and among others: `user_id`, `item_id`; used
    where there: `timestamp` (unix seconds or ISO 8601, in UTC where no offset is given), `event`
    or else `interaction_type` (the values of `InteractionType`, and addtocart, transaction),
    `rating` (1 to 5, halves allowed), `quantity`. A log without events is one of things chosen:
    purchases, beside which a rating stays. Without timestamps they are NaT.

    Args:
        path: the file; Parquet if its name ends in .parquet.
        log_format: how another file is written.

    Raises:
        ContractError: the file cannot be read, lacks a column, or holds no usable row.
    """
    fields = Fields(_texts(path, log_format, _OPTIONAL_COLUMNS))
    event = next((name for name in _EVENT_COLUMNS if name in fields), _EVENT_COLUMNS[0])
    kind = fields.read(event, _kind_of(event), absent=InteractionType.PURCHASE.value, dtype=object)
    columns = {
        "user_id": fields.keys("user_id"),
        "item_id": fields.keys("item_id"),
        "timestamp": fields.instants("timestamp", may_be_empty=False),
        "interaction_type": kind,
        "rating": fields.read("rating", _rating, absent=np.nan, dtype=np.float64),
        "quantity": fields.read("quantity", _quantity, absent=np.nan, dtype=np.float64),
    }
    fields.reject(
        (kind == InteractionType.RATE.value) & np.isnan(columns["rating"]),
        "an interaction of type rate needs a rating",
    )
    return fields.good(columns)[list(INTERACTION_COLUMNS)], fields.rejected


def read_held_out(
    path: Path, log_format: LogFormat = LogFormat.CSV
) -> tuple[dict[str, set[str]], list[RejectedRow]]:
    """The held-out items of each user, and the rows left out; the formats are those of `read_log`.

    Raises:
        ContractError: the file cannot be read, lacks a column, or holds no usable row.
    """
    fields = Fields(_texts(path, log_format, ()))
    pairs = fields.good({name: fields.keys(name) for name in _PAIR})
    grouped = pairs.groupby("user_id", sort=False)["item_id"].agg(set)
    return {str(user): items for user, items in grouped.items()}, fields.rejected


def _texts(path: Path, log_format: LogFormat, optional: tuple[str, ...]) -> TextTable:
    if log_format is LogFormat.LINES and path.suffix != ".parquet":
        return read_user_lines(path)
    return read_columns(path, _PAIR, optional)


def _kind_of(name: str) -> Callable[[str], str]:
    def kind(text: str) -> str:
        found = _KINDS.get(text)
        if found is None:
            raise InvalidFieldError(f"{name} {quoted(text)} is none of {', '.join(_KINDS)}")
        return found.value

    return kind


def _rating(text: str) -> float:
    return checked("rating", _CONTRACTS["rating"], number("rating", text)) if text else np.nan


def _quantity(text: str) -> float:
    return checked("quantity", _CONTRACTS["quantity"], whole("quantity", text)) if text else np.nan
