"""Reads CSV files (RFC 4180, UTF-8) record by record; an invalid line is rejected alone.

The standard library's parser stops at the first invalid byte, and an unclosed quote makes it read
the rest of the file as one field. This reader rejects such a line and continues with the next one.
"""

import csv
from collections import deque
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

from ml.data.fields import RejectedRow
from streams.errors import ContractError

_BOM = b"\xef\xbb\xbf"
_MAX_LINE_BYTES = 1 << 20
_UNCLOSED = "broken quoting: a quote is not closed on its line"
_MAX_RECORD_LINES = 1_000
"""Lines that one record may span: how far the end of a quoted field is searched for."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record, with as many fields as the header."""

    line: int
    """The physical line on which it starts."""
    fields: list[str]


class CsvFile:
    """An open CSV file with a valid header, which can be iterated once.

    Empty lines are skipped. Every other line is part of a `Record` or of a `RejectedRow`, which has
    a wrong number of fields, broken quoting, NUL characters, bytes that are not UTF-8, or more than
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
            required: columns that the file must have.
            one_line: columns whose fields cannot contain a line break; a record that has one there
                has an unclosed quote.

        Raises:
            ContractError: the file cannot be read, is empty, lacks a column or has one twice.
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
            raise ContractError(f"{path} is empty: it needs a header with {', '.join(required)}")
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
        """The fields of the record that starts with the line `raw`; none for an empty line."""
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
        following: list[bytes] = []

        def lines() -> Iterator[str]:
            yield text
            while len(following) < _MAX_RECORD_LINES and (raw := self._lines.read()):
                following.append(raw)
                try:
                    yield _decoded(raw)
                except _UnreadableError:
                    return

        try:
            fields = next(csv.reader(lines(), strict=True))
            self._check_width(fields)
            self._check_line_breaks(fields)
        except csv.Error as error:
            self._lines.unread(following)
            raise _UnreadableError(_UNCLOSED if following else f"broken quoting: {error}") from None
        except _UnreadableError:
            self._lines.unread(following)
            raise
        return fields

    def _check_width(self, fields: list[str]) -> None:
        if self._width is not None and len(fields) != self._width:
            raise _UnreadableError(f"{len(fields)} fields, but the header has {self._width}")

    def _check_line_breaks(self, fields: list[str]) -> None:
        if any("\n" in fields[at] or "\r" in fields[at] for at in self._one_line):
            raise _UnreadableError(_UNCLOSED)


class _UnreadableError(Exception):
    """The reason why a line is no record."""


def _decoded(raw: bytes) -> str:
    if b"\x00" in raw:
        raise _UnreadableError("a NUL character")
    if len(raw) >= _MAX_LINE_BYTES:
        raise _UnreadableError("a line of more than 1 MiB")
    try:
        return raw.decode()
    except UnicodeDecodeError as error:
        raise _UnreadableError(f"not UTF-8 at byte {error.start + 1} of the line") from None


class _Lines:
    """The physical lines of a file and the number of the last one; lines can be unread."""

    def __init__(self, file: BinaryIO) -> None:
        self.number = 0
        self._file = file
        self._unread: deque[bytes] = deque()

    def read(self) -> bytes:
        """The next line with its ending, truncated to 1 MiB; empty at the end of the file."""
        if self._unread:
            raw = self._unread.popleft()
        else:
            raw = self._file.readline(_MAX_LINE_BYTES)
            if len(raw) == _MAX_LINE_BYTES:
                rest = raw
                while rest and not rest.endswith(b"\n"):
                    rest = self._file.readline(_MAX_LINE_BYTES)
        if raw:
            self.number += 1
        return raw

    def unread(self, lines: Sequence[bytes]) -> None:
        """Make `read` return the lines that were read last again."""
        self._unread.extendleft(reversed(lines))
        self.number -= len(lines)
