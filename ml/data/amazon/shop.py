"""The products, users and interactions that follow from an Amazon-style table.

The table has no timestamps and no stars of single reviews, so these are derived: a review happened
in the year before `COLLECTED_AT`, at a second taken from a hash of its id, and has the product's
average of stars, rounded to halves. A product arrived a day before its first review, or a year
before `COLLECTED_AT` if it has none, and a user signed up an hour before their first review.
"""

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from ml.data.amazon.table import AmazonTable, MergedRow, ProductRow, RepairedField, read_table
from ml.data.fields import RejectedRow
from streams.contracts import (
    Interaction,
    InteractionType,
    NewUser,
    Product,
    category,
    derived_id,
)
from streams.contracts.new_user import MAX_PREFERENCES
from streams.contracts.text import MAX_LINE_LENGTH

COLLECTED_AT = datetime(2026, 1, 1, tzinfo=UTC)
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class AmazonShop:
    """The content of a table, and every row and field that was not used as it is."""

    products: list[Product]
    users: list[NewUser]
    interactions: list[Interaction]
    """Reviews as ratings, in the order of time."""
    rejected: list[RejectedRow]
    repaired: list[RepairedField]
    merged: list[MergedRow]


def read_amazon(path: Path) -> AmazonShop:
    """Read a table of products and reviews; `read_table` documents its columns.

    Raises:
        ContractError: the file cannot be read or lacks a required column.
    """
    table = read_table(path)
    return AmazonShop(
        products=[_product(row) for row in table.products.values()],
        users=_users(table),
        interactions=_interactions(table),
        rejected=table.rejected,
        repaired=table.repaired,
        merged=table.merged,
    )


def _product(row: ProductRow) -> Product:
    first_review = min(map(_instant, row.reviews), default=COLLECTED_AT - _YEAR)
    return Product(**row.values, arrival_date=first_review - timedelta(days=1))


def _users(table: AmazonTable) -> list[NewUser]:
    names: dict[str, str] = {}
    first_review: dict[str, datetime] = {}
    departments: dict[str, Counter[str]] = {}
    for row in table.products.values():
        department = category.ancestors(row.values["category"])[:1]
        for review_id, review in row.reviews.items():
            user_id = review.user_id
            names[user_id] = names.get(user_id) or review.user_name
            at = _instant(review_id)
            first_review[user_id] = min(first_review.get(user_id, at), at)
            departments.setdefault(user_id, Counter()).update(department)
    return [
        NewUser(
            user_id=user_id,
            user_name=name or f"Shopper {user_id[-6:]}",
            preferences=_preferences(departments[user_id]),
            signup_date=first_review[user_id] - timedelta(hours=1),
        )
        for user_id, name in names.items()
    ]


def _interactions(table: AmazonTable) -> list[Interaction]:
    interactions: list[Interaction] = []
    for item_id, row in table.products.items():
        average = row.values["rating"]
        if row.reviews and average is None:
            reason = f"{len(row.reviews)} reviews ignored: the product has no rating"
            table.note(row.line, "rating", reason)
            continue
        for review_id, review in row.reviews.items():
            at = _instant(review_id)
            interactions.append(
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
    return sorted(interactions, key=lambda event: (event.timestamp, event.interaction_id))


def _instant(review_id: str) -> datetime:
    digest = hashlib.sha256(review_id.encode()).digest()
    seconds = int.from_bytes(digest[:8]) % int(_YEAR.total_seconds())
    return COLLECTED_AT - timedelta(seconds=seconds + 1)


def _preferences(departments: Counter[str]) -> str:
    """The departments with the most reviews, in the format of `NewUser.preferences`."""
    ranked = sorted(departments.items(), key=lambda each: (-each[1], each[0]))
    names = [name for name, _ in ranked][:MAX_PREFERENCES]
    while len(category.SEPARATOR.join(names)) > MAX_LINE_LENGTH:
        names.pop()
    return category.SEPARATOR.join(names)
