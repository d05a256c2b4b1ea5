"""The rows of an Amazon-style table of products and reviews, repaired where possible.

A row is a product with up to a handful of reviews, whose columns hold lists joined by commas.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ml.data.amazon import fields
from ml.data.csv_file import CsvFile, Record
from ml.data.fields import RejectedRow, quoted
from streams.contracts.text import MAX_LINE_LENGTH, MAX_PROSE_LENGTH, Key

REQUIRED_COLUMNS = ("product_id", "product_name", "category")

_Convert = Callable[[str], Decimal | float]
_NUMBERS: dict[str, _Convert] = {
    "discounted_price": fields.price,
    "actual_price": fields.price,
    "discount_percentage": fields.fraction,
    "rating": fields.stars,
    "rating_count": fields.count,
}
_MAX_LENGTHS = {
    "product_name": MAX_LINE_LENGTH,
    "category": MAX_LINE_LENGTH,
    "about_product": MAX_PROSE_LENGTH,
    "img_link": MAX_PROSE_LENGTH,
    "product_link": MAX_PROSE_LENGTH,
}
_REVIEW_COLUMNS = ("user_id", "user_name", "review_id", "review_title", "review_content")
_KEY = TypeAdapter(Key)


@dataclass(frozen=True, slots=True)
class RepairedField:
    """A field that could not be used as it is, of a row that was used."""

    source: str
    line: int
    field: str
    reason: str
    """What is wrong with it, and what was used instead."""


@dataclass(frozen=True, slots=True)
class MergedRow:
    """Another row of a product: it fills the empty fields of the first and adds its reviews."""

    line: int
    kept_line: int
    item_id: str


@dataclass(frozen=True, slots=True)
class Review:
    """One review of a product."""

    user_id: str
    user_name: str
    title: str
    content: str

    def completed_by(self, other: "Review") -> "Review":
        """This review with its empty texts taken from another row of the product."""
        return Review(
            self.user_id,
            self.user_name or other.user_name,
            self.title or other.title,
            self.content or other.content,
        )


@dataclass(frozen=True, slots=True)
class ProductRow:
    """A product with its reviews."""

    line: int
    """Where the product's first row starts."""
    values: dict[str, Any]
    """Fields of `Product` except `arrival_date`; unknown numbers are None, unknown texts ''."""
    reviews: dict[str, Review]
    """By review id."""

    def merge(self, other: "ProductRow") -> None:
        """Add what another row of the product knows."""
        for name, value in other.values.items():
            if self.values.get(name) in (None, ""):
                self.values[name] = value
        for review_id, review in other.reviews.items():
            known = self.reviews.get(review_id)
            self.reviews[review_id] = known.completed_by(review) if known else review


@dataclass(frozen=True, slots=True)
class AmazonTable:
    """The products of a table, and every row and field that was not used as it is."""

    source: str
    """Name of the file."""
    products: dict[str, ProductRow] = field(default_factory=dict)
    """By item id."""
    rejected: list[RejectedRow] = field(default_factory=list)
    repaired: list[RepairedField] = field(default_factory=list)
    merged: list[MergedRow] = field(default_factory=list)

    def note(self, line: int, name: str, reason: str) -> None:
        """Add a repaired field."""
        self.repaired.append(RepairedField(self.source, line, name, reason))


def read_table(path: Path) -> AmazonTable:
    """Read a table of products and reviews.

    Required columns: `product_id`, `product_name`, `category` (path joined by `|`). Optional
    columns: `discounted_price`, `actual_price`, `discount_percentage`, `rating`, `rating_count`,
    `about_product`, `img_link`, `product_link` and the lists `user_id`, `user_name`, `review_id`,
    `review_title`, `review_content`. A missing optional column is noted once.

    A field that cannot be read is left empty and noted. Texts of reviews that cannot be assigned to
    their reviews are ignored and noted.

    Raises:
        ContractError: the file cannot be read or lacks a required column.
    """
    return _TableReader(CsvFile.open(path, REQUIRED_COLUMNS, one_line=("product_id",))).read()


class _TableReader:
    def __init__(self, file: CsvFile) -> None:
        self._file = file
        self._table = AmazonTable(file.source)

    def read(self) -> AmazonTable:
        for name in (*_NUMBERS, *_MAX_LENGTHS, *_REVIEW_COLUMNS):
            if name not in self._file.columns:
                self._table.note(1, name, "the file has no such column")
        for row in self._file:
            if isinstance(row, RejectedRow):
                self._table.rejected.append(row)
            else:
                self._add(row)
        return self._table

    def _add(self, row: Record) -> None:
        item_id = self._text(row, "product_id")
        problem = _key_problem("product_id", item_id)
        if not problem and not self._text(row, "product_name"):
            problem = "product_name is empty"
        if problem:
            self._table.rejected.append(RejectedRow(self._file.source, row.line, problem))
            return
        values: dict[str, Any] = {"item_id": item_id}
        for name, convert in _NUMBERS.items():
            values[name] = self._number(row, name, convert)
        for name, max_length in _MAX_LENGTHS.items():
            values[name] = self._truncated(row, name, self._text(row, name), max_length)
        product = ProductRow(row.line, values, dict(self._reviews(row)))
        first = self._table.products.setdefault(item_id, product)
        if first is not product:
            first.merge(product)
            self._table.merged.append(MergedRow(row.line, first.line, item_id))

    def _reviews(self, row: Record) -> Iterator[tuple[str, Review]]:
        user_ids = self._list(row, "user_id")
        review_ids = self._list(row, "review_id")
        if len(user_ids) != len(review_ids):
            reason = f"{len(review_ids)} review ids, but {len(user_ids)} user ids: reviews ignored"
            self._table.note(row.line, "review_id", reason)
            return
        names = self._texts(row, "user_name", len(user_ids))
        titles = self._texts(row, "review_title", len(user_ids))
        contents = self._texts(row, "review_content", len(user_ids))
        columns = zip(review_ids, user_ids, names, titles, contents, strict=True)
        for review_id, user_id, name, title, content in columns:
            problem = _key_problem("review_id", review_id) or _key_problem("user_id", user_id)
            if problem:
                self._table.note(row.line, "review_id", f"a review was ignored: {problem}")
                continue
            yield (
                review_id,
                Review(
                    user_id,
                    self._truncated(row, "user_name", name, MAX_LINE_LENGTH),
                    self._truncated(row, "review_title", title, MAX_LINE_LENGTH),
                    self._truncated(row, "review_content", content, MAX_PROSE_LENGTH),
                ),
            )

    def _text(self, row: Record, name: str) -> str:
        return row.fields[self._file.columns[name]].strip() if name in self._file.columns else ""

    def _number(self, row: Record, name: str, convert: _Convert) -> Decimal | float | None:
        text = self._text(row, name)
        if not text:
            if name in self._file.columns:
                self._table.note(row.line, name, "the field is empty: value unknown")
            return None
        try:
            return convert(text)
        except ValueError as error:
            self._table.note(row.line, name, f"{quoted(text)} is {error}: value unknown")
            return None

    def _list(self, row: Record, name: str) -> list[str]:
        text = self._text(row, name)
        return [part.strip() for part in text.split(",")] if text else []

    def _texts(self, row: Record, name: str, count: int) -> list[str]:
        """A list of `count` texts, which may contain commas; empty ones if it cannot be split."""
        text = self._text(row, name)
        if not text or not count:
            return [""] * count
        texts = fields.split_texts(text, count)
        if texts is None:
            self._table.note(row.line, name, f"cannot be split into {count} texts: ignored")
            return [""] * count
        return texts

    def _truncated(self, row: Record, name: str, text: str, max_length: int) -> str:
        if len(text) > max_length:
            self._table.note(row.line, name, f"truncated to {max_length} characters")
        return text[:max_length]


def _key_problem(name: str, text: str) -> str | None:
    try:
        _KEY.validate_python(text)
    except ValidationError as error:
        return f"{name}: {error.errors()[0]['msg']}"
    return None
