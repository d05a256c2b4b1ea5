"""Reads files as columns of text, and parses the columns into a frame; used by table readers.

Each distinct value of a column is parsed once, so that a million rows take seconds.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from ml.data.csv_file import CsvFile
from ml.data.fields import InvalidFieldError, RejectedRow, checked, instant
from streams.contracts.text import Key
from streams.errors import ContractError

_BOM = b"\xef\xbb\xbf"
_KEY = TypeAdapter(Key)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NAT = int(np.datetime64("NaT", "us").astype(np.int64))


@dataclass(frozen=True, slots=True)
class TextTable:
    """The records of a file as text, and the rows that are no records."""

    path: Path
    columns: dict[str, Sequence[str]]
    """Columns of equal length; values are not stripped, and a missing value is ''."""
    lines: Sequence[int]
    """The physical line on which each record starts, or its row in a Parquet file, from 1."""
    rejected: list[RejectedRow]


def read_columns(path: Path, required: Sequence[str], optional: Sequence[str]) -> TextTable:
    """Named columns of a CSV file, or of a Parquet file if its name ends in .parquet.

    Raises:
        ContractError: the file cannot be read, or lacks a required column.
    """
    if path.suffix == ".parquet":
        return _read_parquet(path, required, optional)
    file = CsvFile.open(path, required, one_line=required)
    names = [name for name in (*required, *optional) if name in file.columns]
    columns: list[list[str]] = [[] for _ in names]
    appenders = [
        (column.append, file.columns[name]) for name, column in zip(names, columns, strict=True)
    ]
    lines: list[int] = []
    rejected: list[RejectedRow] = []
    for row in file:
        if isinstance(row, RejectedRow):
            rejected.append(row)
            continue
        lines.append(row.line)
        for append, at in appenders:
            append(row.fields[at])
    return TextTable(path, dict(zip(names, columns, strict=True)), lines, rejected)


def read_user_lines(path: Path) -> TextTable:
    """`user_id` and `item_id` of a file with a user and their items on each line.

    A user without items gives no record, and one on several lines has the items of all of them.

    Raises:
        ContractError: the file cannot be read.
    """
    users: list[str] = []
    items: list[str] = []
    lines: list[int] = []
    rejected: list[RejectedRow] = []
    try:
        with path.open("rb") as file:
            for line, raw in enumerate(file, 1):
                try:
                    user, *row_items = raw.removeprefix(_BOM).decode().split() or [""]
                except UnicodeDecodeError as error:
                    reason = f"not UTF-8 at byte {error.start + 1} of the line"
                    rejected.append(RejectedRow(path.name, line, reason))
                    continue
                users += [user] * len(row_items)
                items += row_items
                lines += [line] * len(row_items)
    except OSError as error:
        raise ContractError(f"{path} cannot be read: {error.strerror}") from None
    return TextTable(path, {"user_id": users, "item_id": items}, lines, rejected)


def _read_parquet(path: Path, required: Sequence[str], optional: Sequence[str]) -> TextTable:
    try:
        with path.open("rb") as opened, pq.ParquetFile(opened, pre_buffer=False) as file:
            found = file.schema_arrow.names
            missing = [name for name in required if name not in found]
            if missing:
                raise ContractError(f"{path} lacks the columns {', '.join(missing)}")
            names = [name for name in (*required, *optional) if name in found]
            # In one thread, for the reason given by `Dataset.load`.
            table = file.read(names, use_threads=False)
            columns = {name: table[name].cast(pa.string()).to_pylist() for name in names}
    except OSError as error:
        raise ContractError(f"{path} cannot be read: {error.strerror or error}") from None
    except (pa.ArrowException, ValueError) as error:
        if isinstance(error, ContractError):
            raise
        raise ContractError(f"{path} cannot be read: {error}") from None
    texts: dict[str, Sequence[str]] = {
        name: [value or "" for value in column] for name, column in columns.items()
    }
    return TextTable(path, texts, range(1, table.num_rows + 1), [])


class ColumnParser:
    """Parses the columns of a table, and collects the rows that are rejected on the way."""

    def __init__(self, table: TextTable) -> None:
        self._table = table
        self._reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._table.lines)

    def __contains__(self, name: str) -> bool:
        return name in self._table.columns

    def parse(
        self, name: str, convert: Callable[[str], Any], *, missing: Any, dtype: npt.DTypeLike
    ) -> npt.NDArray[Any]:
        """The converted values of a column, (rows,).

        Args:
            name: name of the column.
            convert: converts a stripped text, or raises InvalidFieldError, which rejects every row
                with that text.
            missing: value of rejected rows, and of all rows if the file has no such column.
            dtype: dtype of the result.
        """
        if name not in self:
            return np.full(len(self), missing, dtype=dtype)
        codes, texts = pd.factorize(np.asarray(self._table.columns[name], dtype=object))
        values = np.full(len(texts), missing, dtype=dtype)
        reasons: dict[int, str] = {}
        for code, text in enumerate(texts):
            try:
                values[code] = convert(text.strip())
            except InvalidFieldError as error:
                reasons[code] = str(error)
        for row in np.flatnonzero(np.isin(codes, list(reasons))).tolist():
            self._reasons.setdefault(row, reasons[codes[row]])
        column: npt.NDArray[Any] = values[codes]
        return column

    def keys(self, name: str) -> npt.NDArray[Any]:
        """A column of identifiers, str."""
        return self.parse(name, lambda text: checked(name, _KEY, text), missing=None, dtype=object)

    def instants(self, name: str, *, may_be_empty: bool) -> npt.NDArray[Any]:
        """A column of instants in UTC, datetime64[us]; NaT where the value is missing."""

        def microseconds(text: str) -> int:
            if may_be_empty and not text:
                return _NAT
            return (instant(name, text) - _EPOCH) // _MICROSECOND

        column = self.parse(name, microseconds, missing=_NAT, dtype=np.int64)
        return column.view("datetime64[us]")

    def reject(self, rows: npt.NDArray[np.bool_], reason: str) -> None:
        """Reject the rows of a mask; a row that was rejected before keeps its reason."""
        for row in np.flatnonzero(rows).tolist():
            self._reasons.setdefault(row, reason)

    def accepted(self, columns: dict[str, npt.NDArray[Any]]) -> pd.DataFrame:
        """The columns without the rejected rows; instants become datetime64[ns, UTC].

        Raises:
            ContractError: no row is left.
        """
        keep = np.ones(len(self), dtype=bool)
        keep[list(self._reasons)] = False
        if not keep.any():
            first = next(iter(self.rejected), None)
            why = f"; line {first.line}: {first.reason}" if first else ""
            raise ContractError(f"{self._table.path} has no usable row{why}")
        table = pd.DataFrame({name: column[keep] for name, column in columns.items()})
        for name, column in columns.items():
            if column.dtype.kind == "M":
                table[name] = table[name].astype("datetime64[ns]").dt.tz_localize(UTC)
        return table

    @property
    def rejected(self) -> list[RejectedRow]:
        """Every rejected row so far, in the order of the file."""
        lines, source = self._table.lines, self._table.path.name
        found = [RejectedRow(source, lines[row], why) for row, why in self._reasons.items()]
        # A line with several records may be rejected twice for the same reason.
        rows = dict.fromkeys((*self._table.rejected, *found))
        return sorted(rows, key=lambda row: row.line)
