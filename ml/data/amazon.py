"""An Amazon-style table of products and reviews, read with all its dirt.

Each row is a product with up to a handful of reviews, whose columns hold lists joined by commas.
The table knows neither instants nor the stars of single reviews, so a documented scheme stands in:
a review lies in the year before `COLLECTED_AT`, at a second taken from a hash of its id; its stars
are the product's average, rounded to halves. A product arrives a day before its first review (a
year before `COLLECTED_AT` without one) and a user signs up an hour before theirs.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from ml.data import amazon_fields
from ml.data.csv_file import CsvFile, Record
from ml.data.rejection import RejectedRow, quoted
from streams.contracts import (
    Interaction,
    InteractionType,
    NewUser,
    Product,
    category,
    derived_id,
)
from streams.contracts.new_user import MAX_PREFERENCES
from streams.contracts.text import MAX_LINE_LENGTH, MAX_PROSE_LENGTH, Key

REQUIRED_COLUMNS = ("product_id", "product_name", "category")
COLLECTED_AT = datetime(2026, 1, 1, tzinfo=UTC)

_NUMBERS: dict[str, Callable[[str], float]] = {
    "discounted_price": amazon_fields.price,
    "actual_price": amazon_fields.price,
    "discount_percentage": amazon_fields.fraction,
    "rating": amazon_fields.stars,
    "rating_count": amazon_fields.count,
}
_TEXTS = {
    "product_name": MAX_LINE_LENGTH,
    "category": MAX_LINE_LENGTH,
    "about_product": MAX_PROSE_LENGTH,
    "img_link": MAX_PROSE_LENGTH,
    "product_link": MAX_PROSE_LENGTH,
}
_REVIEW_COLUMNS = ("user_id", "user_name", "review_id", "review_title", "review_content")
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class RepairedField:
    """Something in a row that could not be used, while the rest of the row was."""

    source: str
    line: int
    field: str
    reason: str
    """What was wrong and what became of it."""


@dataclass(frozen=True, slots=True)
class MergedRow:
    """A further row of a product: it fills what the first left open and adds its reviews."""

    line: int
    kept_line: int
    item_id: str


@dataclass(frozen=True, slots=True)
class AmazonShop:
    """What an Amazon-style table holds, and every row and field that was not taken as it stood."""

    products: list[Product] = field(default_factory=list)
    users: list[NewUser] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    """Reviews as ratings, in the order of time."""
    rejected: list[RejectedRow] = field(default_factory=list)
    repaired: list[RepairedField] = field(default_factory=list)
    merged: list[MergedRow] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Review:
    line: int
    user_id: str
    user_name: str
    title: str
    content: str

    def completed_by(self, other: "_Review") -> "_Review":
        return _Review(
            self.line,
            self.user_id,
            self.user_name or other.user_name,
            self.title or other.title,
            self.content or other.content,
        )


@dataclass(slots=True)
class _Entry:
    line: int
    values: dict[str, Any]
    reviews: dict[str, _Review]

    def merge(self, other: "_Entry") -> None:
        for name, value in other.values.items():
            if self.values.get(name) in (None, ""):
                self.values[name] = value
        for review_id, review in other.reviews.items():
            mine = self.reviews.get(review_id)
            self.reviews[review_id] = mine.completed_by(review) if mine else review


def read_amazon(path: Path) -> AmazonShop:
    """Read a table of products and reviews.

    Columns: `product_id`, `product_name`, `category` (path joined by `|`); used where there:
    `discounted_price`, `actual_price`, `discount_percentage`, `rating`, `rating_count`,
    `about_product`, `img_link`, `product_link` and the lists `user_id`, `user_name`, `review_id`,
    `review_title`, `review_content`. A column that is not there is noted once.

    A field that cannot be read is left empty and noted; texts that cannot be told apart are left
    out and noted, rather than given to the wrong reviewer.

    Raises:
        ContractError: the file cannot be read or lacks a required column.
    """
    return _Reader(CsvFile.open(path, REQUIRED_COLUMNS, one_line=("product_id",))).read()


class _Reader:
    def __init__(self, file: CsvFile) -> None:
        self._file = file
        self._shop = AmazonShop()
        self._entries: dict[str, _Entry] = {}

    def read(self) -> AmazonShop:
        for name in (*_NUMBERS, *_TEXTS, *_REVIEW_COLUMNS):
            if name not in self._file.columns:
                self._note(1, name, "the file has no such column")
        for row in self._file:
            if isinstance(row, RejectedRow):
                self._shop.rejected.append(row)
            else:
                self._take(row)
        for entry in self._entries.values():
            first = min(map(_instant, entry.reviews), default=COLLECTED_AT - _YEAR)
            entry.values["arrival_date"] = first - timedelta(days=1)
            self._shop.products.append(Product(**entry.values))
        self._add_users()
        self._add_interactions()
        return self._shop

    def _take(self, row: Record) -> None:
        item_id = self._text(row, "product_id")
        problem = _key_problem("product_id", item_id)
        if not problem and not self._text(row, "product_name"):
            problem = "product_name is empty"
        if problem:
            self._shop.rejected.append(RejectedRow(self._file.source, row.line, problem))
            return
        values: dict[str, Any] = {"item_id": item_id}
        for name, read in _NUMBERS.items():
            values[name] = self._number(row, name, read)
        for name, longest in _TEXTS.items():
            values[name] = self._cut(row, name, self._text(row, name), longest)
        entry = _Entry(row.line, values, dict(self._reviews(row)))
        kept = self._entries.get(item_id)
        if kept:
            kept.merge(entry)
            self._shop.merged.append(MergedRow(row.line, kept.line, item_id))
        else:
            self._entries[item_id] = entry

    def _reviews(self, row: Record) -> Iterator[tuple[str, _Review]]:
        user_ids = self._list(row, "user_id")
        review_ids = self._list(row, "review_id")
        if len(user_ids) != len(review_ids):
            reason = f"{len(review_ids)} reviews of {len(user_ids)} users: left out"
            self._note(row.line, "review_id", reason)
            return
        names = self._joined(row, "user_name", len(user_ids))
        titles = self._joined(row, "review_title", len(user_ids))
        contents = self._joined(row, "review_content", len(user_ids))
        columns = zip(review_ids, user_ids, names, titles, contents, strict=True)
        for review_id, user_id, name, title, content in columns:
            problem = _key_problem("review_id", review_id) or _key_problem("user_id", user_id)
            if problem:
                self._note(row.line, "review_id", f"a review was left out: {problem}")
                continue
            yield (
                review_id,
                _Review(
                    row.line,
                    user_id,
                    self._cut(row, "user_name", name, MAX_LINE_LENGTH),
                    self._cut(row, "review_title", title, MAX_LINE_LENGTH),
                    self._cut(row, "review_content", content, MAX_PROSE_LENGTH),
                ),
            )

    def _add_users(self) -> None:
        names: dict[str, str] = {}
        first: dict[str, datetime] = {}
        departments: dict[str, Counter[str]] = {}
        for entry in self._entries.values():
            department = category.ancestors(entry.values["category"])[:1]
            for review_id, review in entry.reviews.items():
                user_id = review.user_id
                names[user_id] = names.get(user_id) or review.user_name
                at = _instant(review_id)
                first[user_id] = min(first.get(user_id, at), at)
                departments.setdefault(user_id, Counter()).update(department)
        self._shop.users.extend(
            NewUser(
                user_id=user_id,
                user_name=name or f"Shopper {user_id[-6:]}",
                preferences=_preferences(departments[user_id]),
                signup_date=first[user_id] - timedelta(hours=1),
            )
            for user_id, name in names.items()
        )

    def _add_interactions(self) -> None:
        for item_id, entry in self._entries.items():
            average = entry.values["rating"]
            if entry.reviews and average is None:
                reason = f"{len(entry.reviews)} reviews left out: no stars of the product for them"
                self._note(entry.line, "rating", reason)
                continue
            for review_id, review in entry.reviews.items():
                at = _instant(review_id)
                self._shop.interactions.append(
                    Interaction(
                        interaction_id=derived_id(at, "amazon", review_id, item_id),
                        user_id=review.user_id,
                        item_id=item_id,
                        timestamp=at,
                        interaction_type=InteractionType.RATE,
                        rating=round(average * 2) / 2,
                        review_title=review.title or None,
                        review_content=review.content or None,
                    )
                )
        self._shop.interactions.sort(key=lambda event: (event.timestamp, event.interaction_id))

    def _text(self, row: Record, name: str) -> str:
        return row.fields[self._file.columns[name]].strip() if name in self._file.columns else ""

    def _number(self, row: Record, name: str, read: Callable[[str], float]) -> float | None:
        text = self._text(row, name)
        if not text:
            if name in self._file.columns:
                self._note(row.line, name, "empty: left unknown")
            return None
        try:
            return read(text)
        except ValueError as error:
            self._note(row.line, name, f"{quoted(text)} is {error}: left unknown")
            return None

    def _list(self, row: Record, name: str) -> list[str]:
        text = self._text(row, name)
        return [part.strip() for part in text.split(",")] if text else []

    def _joined(self, row: Record, name: str, parts: int) -> list[str]:
        text = self._text(row, name)
        if not text or not parts:
            return [""] * parts
        pieces = amazon_fields.joined(text, parts)
        if pieces is None:
            reason = f"cannot be divided among {parts} reviews for its commas: left out"
            self._note(row.line, name, reason)
            return [""] * parts
        return pieces

    def _cut(self, row: Record, name: str, text: str, longest: int) -> str:
        if len(text) > longest:
            self._note(row.line, name, f"cut to {longest} characters")
        return text[:longest]

    def _note(self, line: int, name: str, reason: str) -> None:
        self._shop.repaired.append(RepairedField(self._file.source, line, name, reason))


_KEY = TypeAdapter(Key)


def _key_problem(name: str, text: str) -> str | None:
    try:
        _KEY.validate_python(text)
    except ValidationError as error:
        return f"{name}: {error.errors()[0]['msg']}"
    return None


def _instant(review_id: str) -> datetime:
    digest = hashlib.sha256(review_id.encode()).digest()
    seconds = int.from_bytes(digest[:8]) % int(_YEAR.total_seconds())
    return COLLECTED_AT - timedelta(seconds=seconds + 1)


def _preferences(departments: Counter[str]) -> str:
    """The departments reviewed most, as the storefront's sign-up names them."""
    ranked = sorted(departments.items(), key=lambda each: (-each[1], each[0]))
    names = [name for name, _ in ranked][:MAX_PREFERENCES]
    while len(category.SEPARATOR.join(names)) > MAX_LINE_LENGTH:
        names.pop()
    return category.SEPARATOR.join(names)
