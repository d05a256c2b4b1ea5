"""When in the week, and beside which cart, a merchandising rule works."""

from collections.abc import Collection
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from streams.contracts.category import SEPARATOR, ancestors, names
from streams.contracts.text import Line


class Weekday(StrEnum):
    """Days in the order of `datetime.weekday`."""

    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_DAYS = tuple(Weekday)


def _known(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise _refused(f"there is no time zone {name}") from None
    return name


class Occasion(BaseModel):
    """What must hold besides the period; what is absent does not matter."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weekdays: tuple[Weekday, ...] = ()
    hours: tuple[Annotated[int, Field(ge=0, le=23)], Annotated[int, Field(ge=1, le=24)]] | None = (
        None
    )
    """From the first hour of a day until the second one begins."""
    time_zone: Annotated[str, AfterValidator(_known)] = "UTC"
    """Of weekdays and hours, such as `Europe/Berlin`."""
    in_cart: Line = ""
    """A category's path: the shopper has put a product of it, or of one below it, into the cart."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.hours and self.hours[1] <= self.hours[0]:
            raise _refused("the hours end before they begin; a night takes two rules")
        return self

    def holds(self, now: datetime, carted: Collection[str]) -> bool:
        """Whether it is so now.

        Args:
            now: with its offset.
            carted: the categories of what the shopper has in the cart, as whole paths.
        """
        wanted = SEPARATOR.join(names(self.in_cart))
        local = now.astimezone(ZoneInfo(self.time_zone))
        return (
            (not self.weekdays or _DAYS[local.weekday()] in self.weekdays)
            and (self.hours is None or self.hours[0] <= local.hour < self.hours[1])
            and (not wanted or any(wanted in ancestors(path) for path in carted))
        )

    def __str__(self) -> str:
        hours = f"{self.hours[0]}-{self.hours[1]} o'clock" if self.hours else ""
        zone = self.time_zone if self.weekdays or self.hours else ""
        cart = f"{self.in_cart} in the cart" if self.in_cart else ""
        return ", ".join(filter(None, (*self.weekdays, hours, zone, cart)))


ALWAYS = Occasion()


def _refused(sentence: str) -> PydanticCustomError:
    return PydanticCustomError("occasion", "{sentence}", {"sentence": sentence})
