"""CSV files (RFC 4180, UTF-8) read record by record, so that no line spoils its neighbours.

The standard library's parser ends at the first stray byte, and an unclosed quote swallows the rest
of the file. Here such a line alone is rejected and reading goes on with the next one.
"""

import csv
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from ml.data.rejection import RejectedRow
from streams.errors import ContractError

_BOM = b"\xef\xbb\xbf"
_LONGEST_LINE = 1 << 20
_UNCLOSED = "broken quoting: a quote is not closed on its line"
_MOST_LINES = 1_000
"""Lines that one record may span: as far as the end of an opened quote is looked for."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record: as many fields as the header has."""

    line: int
    """Physical line on which it starts."""
    fields: list[str]


class CsvFile:
    """An opened CSV file whose header has been checked; iterate it once.

    Empty lines are skipped. Every other line is part of a `Record` or of a `RejectedRow`: wrong
    number of fields, broken quoting, NUL characters, bytes that are no UTF-8, lines of more than
    1 MiB. A quoted field may span lines.
    """

    def __init__(self, path: Path, file: BinaryIO) -> None:
        self.source = path.name
        self.columns: dict[str, int] = {}
        """Position of each column."""
        self._lines = _Lines(file)
        self._file = file
        self._width: int | None = None
        self._one_line: tuple[int, ...] = ()

    @classmethod
    def open(cls, path: Path, required: Sequence[str], *, one_line: Collection[str] = ()) -> Self:
        """Open a file and read its header.

        Args:
            path: the file.
            required: columns that it must have.
            one_line: columns whose fields never hold a line break. A record in which one does has
                run over an unclosed quote.

        Raises:
            ContractError: it cannot be read, is empty, lacks a column or has one twice.
        """
        try:
            file = path.open("rb")
        except OSError as error:
            raise ContractError(f"{path} cannot be read: {error.strerror}") from None
        opened = cls(path, file)
        try:
            opened._read_header(path, required, one_line)
        except OSError as error:
            file.close()
            raise ContractError(f"{path} cannot be read: {error.strerror}") from None
        except ContractError:
            file.close()
            raise
        return opened

    def __iter__(self) -> Iterator[Record | RejectedRow]:
        with self._file:
            while raw := self._lines.read():
                line = self._lines.number
                try:
                    fields = self._fields(raw)
                except _UnreadableError as error:
                    yield RejectedRow(self.source, line, str(error))
                    continue
                if fields:
                    yield Record(line, fields)

    def _read_header(self, path: Path, required: Sequence[str], one_line: Collection[str]) -> None:
        names: list[str] = []
        while not names and (raw := self._lines.read()):
            try:
                names = self._fields(raw.removeprefix(_BOM))
            except _UnreadableError as error:
                raise ContractError(f"the header of {path} cannot be read: {error}") from None
        if not names:
            raise ContractError(f"{path} is empty: it lacks a header with {', '.join(required)}")
        names = [name.strip() for name in names]
        found = ", ".join(names)[:500]
        missing = [name for name in required if name not in names]
        if missing:
            raise ContractError(f"{path} lacks the columns {', '.join(missing)}; it has {found}")
        twice = [name for name in (*required, *one_line) if names.count(name) > 1]
        if twice:
            raise ContractError(f"{path} has the column {twice[0]} twice; it has {found}")
        self.columns = {name: position for position, name in enumerate(names)}
        self._width = len(names)
        self._one_line = tuple(self.columns[name] for name in one_line if name in self.columns)

    def _fields(self, raw: bytes) -> list[str]:
        """The fields of the record that starts with `raw`; none for an empty line."""
        text = _decoded(raw)
        bare = text.removesuffix("\n").removesuffix("\r")
        if not bare or bare.isspace():
            return []
        if '"' not in bare and "\r" not in bare:
            fields = bare.split(",")
            self._check_width(fields)
            return fields
        return self._quoted_fields(text)

    def _quoted_fields(self, text: str) -> list[str]:
        taken: list[bytes] = []

        def lines() -> Iterator[str]:
            yield text
            while len(taken) < _MOST_LINES and (raw := self._lines.read()):
                taken.append(raw)
                try:
                    yield _decoded(raw)
                except _UnreadableError:
                    return

        try:
            fields = next(csv.reader(lines(), strict=True))
            self._check_width(fields)
            self._check_line_breaks(fields)
        except csv.Error as error:
            self._lines.unread(taken)
            raise _UnreadableError(_UNCLOSED if taken else f"broken quoting: {error}") from None
        except _UnreadableError:
            self._lines.unread(taken)
            raise
        return fields

    def _check_width(self, fields: list[str]) -> None:
        if self._width is not None and len(fields) != self._width:
            raise _UnreadableError(f"{len(fields)} fields, the header has {self._width}")

    def _check_line_breaks(self, fields: list[str]) -> None:
        if any("\n" in fields[at] or "\r" in fields[at] for at in self._one_line):
            raise _UnreadableError(_UNCLOSED)


class _UnreadableError(Exception):
    """Why a line is no record."""


def _decoded(raw: bytes) -> str:
    if b"\x00" in raw:
        raise _UnreadableError("a NUL character")
    if len(raw) >= _LONGEST_LINE:
        raise _UnreadableError("a line of more than 1 MiB")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"no UTF-8 at byte {error.start + 1} of the line") from None


class _Lines:
    """Physical lines with their number; lines may be given back."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0
        self._file = file
        self._given_back: deque[bytes] = deque()

    def read(self) -> bytes:
        """The next line with its ending, cut at 1 MiB; empty at the end of the file."""
        if self._given_back:
            raw = self._given_back.popleft()
        else:
            raw = self._file.readline(_LONGEST_LINE)
            if len(raw) == _LONGEST_LINE:
                rest = raw
                while rest and not rest.endswith(b"\n"):
                    rest = self._file.readline(_LONGEST_LINE)
        if raw:
            self.number += 1
        return raw

    def unread(self, lines: Sequence[bytes]) -> None:
        """Give back the lines read last."""
        self._given_back.extendleft(reversed(lines))
        self.number -= len(lines)
