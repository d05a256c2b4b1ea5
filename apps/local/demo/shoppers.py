"""Scripted shoppers: they sign up, browse, buy and rate over HTTP, and come back later."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psycopg

from apps.load.visitor import Visitor
from apps.local.demo.report import ListChange
from apps.storefront.accounts.repository import credentials
from apps.storefront.catalog.repository import named
from streams.contracts import new_id
from streams.contracts.category import ancestors
from streams.errors import UnavailableError

_SHOPPERS = 4
_VIEWED = 6
_ADDED = 3
_PASSWORD_LENGTH = 20


@dataclass(slots=True)
class _Shopper:
    visitor: Visitor
    email: str
    liked: str
    before: list[str]


class ScriptedShoppers:
    """A few shoppers, each of whom likes one department."""

    def __init__(self, shop_url: str, database_url: str, on_step: Callable[[str], None]) -> None:
        self._shop_url = shop_url
        self._database_url = database_url
        self._on_step = on_step
        self._shoppers: list[_Shopper] = []
        self._actions = 0

    @property
    def events(self) -> int:
        """Number of events that their clicks must have caused."""
        return self._actions + sum(shopper.visitor.product_views for shopper in self._shoppers)

    def visit(self) -> None:
        """Each signs up, then views, buys and rates products of the department that they like."""
        with closing(Visitor(self._shop_url)) as visitor:
            visitor.go("/sign-up")
            departments = visitor.choices("preferences")
        if not departments:
            raise UnavailableError("the shop offers no departments to choose from")
        for number in range(_SHOPPERS):
            liked = departments[number * len(departments) // _SHOPPERS]
            self._on_step(f"a shopper signs up who likes {liked.replace('|', ' / ')}")
            self._shoppers.append(self._first_visit(number, liked))

    def return_later(self) -> list[ListChange]:
        """Each comes back; says how their lists have changed since they signed up."""
        changes = []
        with psycopg.connect(self._database_url) as connection:
            for shopper in self._shoppers:
                shopper.visitor.go("/recommendations")
                after = _items(shopper.visitor.products())
                account = credentials(connection, shopper.email)
                if account is None:
                    raise UnavailableError(f"the shop has no account of {shopper.email}")
                changes.append(
                    ListChange(
                        user_id=account[0],
                        wanted=shopper.liked,
                        before=shopper.before,
                        after=after,
                        matching_before=_share(connection, shopper.before, shopper.liked),
                        matching_after=_share(connection, after, shopper.liked),
                    )
                )
        return changes

    def _first_visit(self, number: int, liked: str) -> _Shopper:
        visitor = Visitor(self._shop_url)
        email = f"shopper-{new_id().hex}@example.org"
        visitor.go("/sign-up")
        visitor.submit(
            "/sign-up",
            {
                "user_name": f"Scripted shopper {number + 1}",
                "email": email,
                "password": new_id().hex[-_PASSWORD_LENGTH:],
                "preferences": [liked],
            },
        )
        visitor.go("/recommendations")
        before = _items(visitor.products())
        visitor.go("/products", category=liked)
        viewed = visitor.products()[:_VIEWED]
        for position, product in enumerate(viewed):
            visitor.go(product)
            if position < _ADDED:
                self._act(visitor, "/cart", item_id=_item(product), quantity="1")
        visitor.go("/cart")
        visitor.submit("/orders", {})
        self._actions += min(_ADDED, len(viewed))
        visitor.go(viewed[0])
        self._act(visitor, "/reviews", rating="4.5", title="Just right", content="As described.")
        return _Shopper(visitor, email, liked, before)

    def _act(self, visitor: Visitor, action: str, **values: str) -> None:
        visitor.submit(action, values)
        self._actions += 1


def _items(links: Sequence[str]) -> list[str]:
    return [_item(link) for link in links]


def _item(link: str) -> str:
    return unquote(urlsplit(link).path.rsplit("/", 1)[1])


def _share(connection: psycopg.Connection, item_ids: Sequence[str], category: str) -> float:
    """Share of the items that are in the category or below it."""
    products = named(connection, item_ids)
    matching = sum(category in ancestors(product.category) for product in products)
    return matching / len(item_ids) if item_ids else 0.0
