"""Users, items and feedback as Gorse has them, by its names."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

Texts = Annotated[tuple[str, ...], BeforeValidator(lambda value: value or ())]
"""Go writes an empty list as null."""


class Record(BaseModel):
    """One row; fields that this version does not know are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class User(Record):
    """A user."""

    UserId: str
    Comment: str = ""


class Item(Record):
    """An item."""

    ItemId: str
    IsHidden: bool = False
    Categories: Texts = ()
    Timestamp: datetime
    Labels: Any = None
    """Any JSON."""
    Comment: str = ""


class Feedback(Record):
    """What a user did with an item; the type is a name that the shop has chosen."""

    FeedbackType: str
    UserId: str
    ItemId: str
    Timestamp: datetime
