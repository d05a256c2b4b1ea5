"""Merchandising rules: what a shop decides about the order of its lists.

A rule is data: it names an action, the products, perhaps an audience, and a period.
"""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from ml.occasion import ALWAYS, Occasion
from streams.contracts.category import names
from streams.contracts.instant import Instant
from streams.contracts.text import Key, Line, Storable

MAX_PLACE = 100
"""Pins and numbers of promotions are for lists that people read."""
MAX_FACTOR = 100.0
MAX_ITEMS = 200

Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), Storable
]


Age = Annotated[int, Field(ge=1, le=120)]
"""Years."""

TargetKind = Literal["items", "category", "brand", "new_days", "discounted", "min_margin"]


class Action(StrEnum):
    """What a rule does with its products."""

    PIN = "pin"
    """The best one stands at a place of the list."""
    BOOST = "boost"
    """They move up."""
    BURY = "bury"
    """They move down."""
    PROMOTE = "promote"
    """Some of them join the list and say that they are promoted."""
    HIDE = "hide"
    """They are in no list."""


class Surface(StrEnum):
    """Where the shop shows a list that rules can name."""

    HOME = "home"
    RECOMMENDATIONS = "recommendations"


class Target(BaseModel):
    """The products of a rule: exactly one of the six."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    items: Annotated[tuple[Key, ...], Field(max_length=MAX_ITEMS)] = ()
    """Item ids, the preferred one first."""
    category: Line = ""
    """A category's path, with all categories below it."""
    brand: Line = ""
    """The first word of the names, as the search reads it; upper and lower case are the same."""
    new_days: Annotated[int, Field(ge=1, le=365)] | None = None
    """Products that arrived in so many days."""
    discounted: bool = False
    """Products that cost less than their list price."""
    min_margin: Annotated[float, Field(gt=0, lt=1)] | None = None
    """Products of whose price the shop keeps at least this share, as far as their cost is known."""

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if len(self._kinds) != 1:
            raise _refused(
                "name exactly one of items, category, brand, new_days, discounted and min_margin"
            )
        return self

    @property
    def kind(self) -> TargetKind:
        """Which of the six it is."""
        return self._kinds[0]

    @property
    def _kinds(self) -> list[TargetKind]:
        given: dict[TargetKind, object] = {
            "items": self.items,
            "category": names(self.category),
            "brand": self.brand.strip(),
            "new_days": self.new_days,
            "discounted": self.discounted,
            "min_margin": self.min_margin,
        }
        return [kind for kind, value in given.items() if value]

    def __str__(self) -> str:
        if self.items:
            return ", ".join(self.items)
        if self.new_days:
            return f"arrived in {self.new_days} days"
        if self.min_margin:
            return f"margin of {self.min_margin:.0%} or more"
        return self.category or self.brand or "discounted"


class Audience(BaseModel):
    """Whom a rule is for; what is None does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    department: Annotated[Line, StringConstraints(min_length=1)] | None = None
    """Shoppers who have stated that they like this department."""
    surface: Surface | None = None
    """Lists of this page."""
    min_age: Age | None = None
    """Shoppers who have certainly reached this age, by the year of birth that they have stated."""
    max_age: Age | None = None
    """Shoppers who have not certainly reached the next age: also those who have stated no year, and
    visitors."""

    @model_validator(mode="after")
    def _is_somebody(self) -> Self:
        if self.min_age is not None and self.max_age is not None and self.min_age > self.max_age:
            raise _refused("the lowest age is above the highest one")
        return self

    @property
    def names_age(self) -> bool:
        """Whether the shopper's age matters."""
        return not (self.min_age is None and self.max_age is None)

    def has(
        self, preferences: Collection[str], surface: Surface | None, age: int | None = None
    ) -> bool:
        """Whether a shopper is of it.

        Args:
            preferences: what the shopper has stated.
            surface: the page that asks.
            age: in years, which the shopper has certainly reached; None: not known.
        """
        return (
            self.department in (None, *preferences)
            and self.surface in (None, surface)
            and (self.min_age is None or (age is not None and age >= self.min_age))
            and (self.max_age is None or age is None or age <= self.max_age)
        )

    def __str__(self) -> str:
        ages = [
            None if self.min_age is None else f"from {self.min_age}",
            None if self.max_age is None else f"up to {self.max_age}",
        ]
        return ", ".join(filter(None, (self.department, self.surface, *ages))) or "everybody"


class MerchandisingRule(BaseModel):
    """One decision of a merchandiser, with its period."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Name
    action: Action
    target: Target
    amount: Annotated[float, Field(ge=0)] = 0
    """The place of a pin, from 1; the factor of a boost (above 1) or of what is buried (below 1);
    how many products are promoted at most; 0 of a rule that hides."""
    audience: Audience = Audience()
    occasion: Occasion = ALWAYS
    starts_at: Instant
    ends_at: Instant
    """The first instant at which it no longer works."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.ends_at <= self.starts_at:
            raise _refused("the period ends before it begins")
        match self.action:
            case Action.HIDE if self.amount:
                raise _refused("a rule that hides has no amount")
            case Action.PIN | Action.PROMOTE if not (
                self.amount.is_integer() and 1 <= self.amount <= MAX_PLACE
            ):
                raise _refused(f"the amount of a {self.action} is a number from 1 to {MAX_PLACE}")
            case Action.BOOST if not 1 < self.amount <= MAX_FACTOR:
                raise _refused(f"the factor of a boost is above 1 and at most {MAX_FACTOR:g}")
            case Action.BURY if not 1 / MAX_FACTOR <= self.amount < 1:
                raise _refused(
                    f"the factor of what is buried is below 1 and at least {1 / MAX_FACTOR:g}"
                )
        return self

    @property
    def effect(self) -> str:
        """The action with its amount, for people."""
        return f"{self.action} {self.amount:g}" if self.amount else str(self.action)

    def is_active(self, now: datetime) -> bool:
        """Whether `now` is in its period."""
        return self.starts_at <= now < self.ends_at

    def excludes(self, other: "MerchandisingRule") -> bool:
        """Whether both pin one place of one list at one time."""
        pages = {self.audience.surface, other.audience.surface}
        return (
            self.action is other.action is Action.PIN
            and self.amount == other.amount
            and self.starts_at < other.ends_at
            and other.starts_at < self.ends_at
            and (len(pages) == 1 or None in pages)
        )


def _refused(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("merchandising_rule", "{sentence}", {"sentence": sentence})
