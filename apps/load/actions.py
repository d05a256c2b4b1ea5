"""The words of a load: who visits a shop, and what they ask it for."""

from dataclasses import dataclass
from enum import StrEnum


class Page(StrEnum):
    """What a visitor asks the shop for."""

    HOME = "home"
    CATALOG = "catalog"
    SEARCH = "search"
    RECOMMENDATIONS = "recommendations"
    PRODUCT = "product"
    CART = "cart"
    ORDER = "order"
    RATING = "rating"
    SIGN_UP = "sign-up"


LISTS = (Page.HOME, Page.CATALOG, Page.SEARCH, Page.RECOMMENDATIONS)


class Role(StrEnum):
    """Who a visitor is."""

    MEMBER = "member"
    GUEST = "guest"
    """Somebody who never logs in."""
    CRAWLER = "crawler"
    """A robot that says so."""
    SCRAPER = "scraper"
    """A robot that logs in and passes for a shopper."""


@dataclass(frozen=True, slots=True)
class Person:
    """One visitor; the number tells them apart."""

    number: int
    role: Role

    @property
    def has_account(self) -> bool:
        """Whether what they do becomes events."""
        return self.role in (Role.MEMBER, Role.SCRAPER)


@dataclass(frozen=True, slots=True)
class Action:
    """One request of one visitor."""

    at: float
    """Intended instant, in seconds."""
    person: Person
    session: int
    page: Page
    item: int = 0
    """The product's place by popularity, from 0."""
    surface: str | None = None
    """The list that led to the product."""
    position: int | None = None
    """Place in that list."""

    @property
    def is_event(self) -> bool:
        """Whether it becomes an event on a topic."""
        return self.person.has_account and self.page not in LISTS
