"""The products, users and interactions that follow from what Gorse has.

Gorse knows no prices, no names and no sign-ups. An item's or a user's comment is taken for its
name, the first category for its category, and the texts in an item's labels for its description. A
user signed up with their first feedback.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ml.data.fields import RejectedRow, quoted
from ml.data.gorse.dump import is_dump, read_dump
from ml.data.gorse.lines import read_lines
from ml.data.gorse.records import Feedback, Item, Record, User
from streams.contracts import Interaction, InteractionType, NewUser, Product, derived_id, describe
from streams.contracts.text import MAX_LINE_LENGTH, MAX_PROSE_LENGTH
from streams.errors import ContractError

FEEDBACK_TYPES: Mapping[str, InteractionType] = {
    "view": InteractionType.VIEW,
    "read": InteractionType.VIEW,
    "click": InteractionType.VIEW,
    "cart": InteractionType.CART,
    "add_to_cart": InteractionType.CART,
    "purchase": InteractionType.PURCHASE,
    "buy": InteractionType.PURCHASE,
}
"""Interaction types by names that are common; each shop chooses the names of its feedback."""


@dataclass(slots=True)
class GorseShop:
    """What is used, and every row that is not."""

    products: list[Product] = field(default_factory=list)
    users: list[NewUser] = field(default_factory=list)
    interactions: list[Interaction] = field(default_factory=list)
    """In the order of time."""
    rejected: list[RejectedRow] = field(default_factory=list)


def read_gorse(path: Path, types: Mapping[str, InteractionType] = FEEDBACK_TYPES) -> GorseShop:
    """Read a dump, or the folder of the three exported files.

    Args:
        path: the file or the folder.
        types: interaction types by the names of feedback.

    Raises:
        ContractError: the file is no dump, or the folder lacks a file.
    """
    shop = GorseShop()
    names: dict[str, str] = {}
    for row in _rows(path):
        if isinstance(row, RejectedRow):
            shop.rejected.append(row)
            continue
        source, line, record = row
        try:
            match record:
                case User():
                    names[record.UserId] = record.Comment
                case Item():
                    shop.products.append(_product(record))
                case Feedback():
                    shop.interactions.append(_interaction(record, types))
        except ValidationError as error:
            shop.rejected.append(RejectedRow(source, line, describe(error)))
        except ContractError as error:
            shop.rejected.append(RejectedRow(source, line, str(error)))
    shop.interactions.sort(key=lambda event: (event.timestamp, event.interaction_id))
    shop.users = _users(shop.interactions, names)
    return shop


def _rows(path: Path) -> Iterator[tuple[str, int, Record] | RejectedRow]:
    if path.is_dir():
        yield from read_lines(path)
    elif is_dump(path):
        for number, record in enumerate(read_dump(path), start=1):
            yield path.name, number, record
    else:
        raise ContractError(f"{path.name} is neither a dump of Gorse nor a folder of its files")


def _product(item: Item) -> Product:
    if item.IsHidden:
        raise ContractError("the item is hidden")
    return Product(
        item_id=item.ItemId,
        product_name=(item.Comment or item.ItemId)[:MAX_LINE_LENGTH],
        category=item.Categories[0] if item.Categories else "",
        about_product=", ".join(_texts(item.Labels))[:MAX_PROSE_LENGTH],
        arrival_date=item.Timestamp,
    )


def _interaction(feedback: Feedback, types: Mapping[str, InteractionType]) -> Interaction:
    kind = types.get(feedback.FeedbackType)
    if kind is None:
        raise ContractError(
            f"nothing says what feedback {quoted(feedback.FeedbackType)} is; known are"
            f" {', '.join(types)}"
        )
    parts = (feedback.FeedbackType, feedback.UserId, feedback.ItemId)
    return Interaction(
        # Gorse has one row for each type, user and item.
        interaction_id=derived_id(feedback.Timestamp, "gorse", *parts),
        user_id=feedback.UserId,
        item_id=feedback.ItemId,
        timestamp=feedback.Timestamp,
        interaction_type=kind,
    )


def _users(interactions: list[Interaction], names: Mapping[str, str]) -> list[NewUser]:
    """Those who did something; of the others nothing is known."""
    first: dict[str, datetime] = {}
    for event in interactions:
        first.setdefault(event.user_id, event.timestamp)
    return [
        NewUser(
            user_id=user_id,
            user_name=(names.get(user_id) or f"Shopper {user_id}")[:MAX_LINE_LENGTH],
            preferences="",
            signup_date=instant,
        )
        for user_id, instant in first.items()
    ]


def _texts(labels: Any) -> Iterator[str]:
    """The texts in a value of JSON, whatever its form."""
    if isinstance(labels, str):
        yield labels
    elif isinstance(labels, dict):
        for each in labels.values():
            yield from _texts(each)
    elif isinstance(labels, list):
        for each in labels:
            yield from _texts(each)
