"""Files as columns of text with the line of each record: what every reader of tables starts from.

All values of a column are checked by checking each distinct one once, which makes a million rows a
matter of seconds.
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
from ml.data.log_fields import InvalidFieldError, checked, instant
from ml.data.rejection import RejectedRow
from streams.contracts.text import Key
from streams.errors import ContractError

_BOM = b"\xef\xbb\xbf"
_KEY = TypeAdapter(Key)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NOT_A_TIME = int(np.datetime64("NaT", "us").astype(np.int64))


@dataclass(frozen=True, slots=True)
class TextTable:
    """The readable records of a file, and those that are not."""

    path: Path
    columns: dict[str, Sequence[str]]
    """All of one length; spaces around a value are still there, an absent value is ''."""
    lines: Sequence[int]
    """Where each record starts: its physical line, in a Parquet file its row, from 1."""
    rejected: list[RejectedRow]


def read_columns(path: Path, required: Sequence[str], optional: Sequence[str]) -> TextTable:
    """Named columns of a CSV file or, if its name ends so, of a Parquet file.

    Raises:
        ContractError: it cannot be read, or lacks a required column.
    """
    if path.suffix == ".parquet":
        return _read_parquet(path, required, optional)
    file = CsvFile.open(path, required, one_line=required)
    names = [name for name in (*required, *optional) if name in file.columns]
    columns: list[list[str]] = [[] for _ in names]
    filled = [
        (column.append, file.columns[name]) for name, column in zip(names, columns, strict=True)
    ]
    lines: list[int] = []
    rejected: list[RejectedRow] = []
    for row in file:
        if isinstance(row, RejectedRow):
            rejected.append(row)
            continue
        lines.append(row.line)
        for append, at in filled:
            append(row.fields[at])
    return TextTable(path, dict(zip(names, columns, strict=True)), lines, rejected)


def read_user_lines(path: Path) -> TextTable:
    """`user_id` and `item_id` of a file with a user and their items on each line.

    A user without items leaves no record; one on several lines has the items of all of them.

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
                    user, *met = raw.removeprefix(_BOM).decode().split() or [""]
                except UnicodeDecodeError as error:
                    reason = f"no UTF-8 at byte {error.start + 1} of the line"
                    rejected.append(RejectedRow(path.name, line, reason))
                    continue
                users += [user] * len(met)
                items += met
                lines += [line] * len(met)
    except OSError as error:
        raise ContractError(f"{path} cannot be read: {error.strerror}") from None
    return TextTable(path, {"user_id": users, "item_id": items}, lines, rejected)


def _read_parquet(path: Path, required: Sequence[str], optional: Sequence[str]) -> TextTable:
    try:
        with path.open("rb") as opened, pq.ParquetFile(opened, pre_buffer=False) as file:
            there = file.schema_arrow.names
            missing = [name for name in required if name not in there]
            if missing:
                raise ContractError(f"{path} lacks the columns {', '.join(missing)}")
            names = [name for name in (*required, *optional) if name in there]
            # In one thread, for the reason that Dataset.load gives.
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


class Fields:
    """The columns of a table being read, and the rows that turn out to be bad on the way."""

    def __init__(self, table: TextTable) -> None:
        self._table = table
        self._reasons: dict[int, str] = {}

    def __len__(self) -> int:
        return len(self._table.lines)

    def __contains__(self, name: str) -> bool:
        return name in self._table.columns

    def read(
        self, name: str, convert: Callable[[str], Any], *, absent: Any, dtype: npt.DTypeLike
    ) -> npt.NDArray[Any]:
        """A column, every value of it converted; all `absent` where the file has no such column.

        Args:
            name: of the column.
            convert: makes a value of a text without the spaces around it, or raises
                InvalidFieldError, which rejects the rows that hold it.
            absent: stands in a rejected row.
            dtype: of the result.
        """
        if name not in self:
            return np.full(len(self), absent, dtype=dtype)
        codes, texts = pd.factorize(np.asarray(self._table.columns[name], dtype=object))
        values = np.full(len(texts), absent, dtype=dtype)
        reasons: dict[int, str] = {}
        for code, text in enumerate(texts):
            try:
                values[code] = convert(text.strip())
            except InvalidFieldError as error:
                reasons[code] = str(error)
        for row in np.flatnonzero(np.isin(codes, list(reasons))).tolist():
            self._reasons.setdefault(row, reasons[codes[row]])
        read: npt.NDArray[Any] = values[codes]
        return read

    def keys(self, name: str) -> npt.NDArray[Any]:
        """A column of identifiers, str."""
        return self.read(name, lambda text: checked(name, _KEY, text), absent=None, dtype=object)

    def instants(self, name: str, *, may_be_empty: bool) -> npt.NDArray[Any]:
        """A column of instants in UTC, datetime64[us]; NaT where there is none."""

        def microseconds(text: str) -> int:
            if may_be_empty and not text:
                return _NOT_A_TIME
            return (instant(name, text) - _EPOCH) // _MICROSECOND

        column = self.read(name, microseconds, absent=_NOT_A_TIME, dtype=np.int64)
        return column.view("datetime64[us]")

    def reject(self, rows: npt.NDArray[np.bool_], reason: str) -> None:
        """Rows that are bad as a whole; one that has been rejected already keeps its reason."""
        for row in np.flatnonzero(rows).tolist():
            self._reasons.setdefault(row, reason)

    def good(self, columns: dict[str, npt.NDArray[Any]]) -> pd.DataFrame:
        """The columns less the rejected rows; instants become datetime64[ns, UTC].

        Raises:
            ContractError: if no row is left.
        """
        keep = np.ones(len(self), dtype=bool)
        keep[list(self._reasons)] = False
        if not keep.any():
            first = next(iter(self.rejected), None)
            why = f"; line {first.line}: {first.reason}" if first else ""
            raise ContractError(f"{self._table.path} holds nothing that can be used{why}")
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
        # A line of several records may be bad twice for one reason.
        rows = dict.fromkeys((*self._table.rejected, *found))
        return sorted(rows, key=lambda row: row.line)
