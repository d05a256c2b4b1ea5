"""Scripted shoppers: they sign up, browse, add, buy and rate over HTTP, and come back later."""

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

import psycopg

from apps.local import repository
from apps.local.demo.report import ListChange
from apps.local.demo.visitor import Visitor
from streams.contracts import new_id
from streams.errors import UnavailableError

_SHOPPERS = 4
_LOOKED_AT = 6
_ADDED = 3
_PASSWORD_LENGTH = 20


@dataclass(slots=True)
class _Shopper:
    visitor: Visitor
    email: str
    wanted: str
    before: list[str]


class ScriptedShoppers:
    """A few shoppers, each with a department that they like."""

    def __init__(self, shop_url: str, database_url: str, say: Callable[[str], None]) -> None:
        self._shop_url = shop_url
        self._database_url = database_url
        self._say = say
        self._shoppers: list[_Shopper] = []
        self._actions = 0

    @property
    def events(self) -> int:
        """Events that their clicks must have caused."""
        return self._actions + sum(shopper.visitor.product_views for shopper in self._shoppers)

    def visit(self) -> None:
        """Each signs up, looks around, buys and rates in the department that they like."""
        with closing(Visitor(self._shop_url)) as passer_by:
            passer_by.go("/sign-up")
            departments = passer_by.choices("preferences")
        if not departments:
            raise UnavailableError("the shop has no departments to choose from")
        for number in range(_SHOPPERS):
            wanted = departments[number * len(departments) // _SHOPPERS]
            self._say(f"a shopper signs up who likes {wanted.replace('|', ' / ')}")
            self._shoppers.append(self._first_visit(number, wanted))

    def return_later(self) -> list[ListChange]:
        """Each comes back; how their lists have changed since they signed up."""
        changes = []
        with psycopg.connect(self._database_url) as connection:
            for shopper in self._shoppers:
                shopper.visitor.go("/recommendations")
                after = _items(shopper.visitor.products())
                liked = repository.items_in(connection, shopper.wanted)
                changes.append(
                    ListChange(
                        user_id=repository.user_of(connection, shopper.email),
                        wanted=shopper.wanted,
                        before=shopper.before,
                        after=after,
                        matching_before=_share(shopper.before, liked),
                        matching_after=_share(after, liked),
                    )
                )
        return changes

    def _first_visit(self, number: int, wanted: str) -> _Shopper:
        visitor = Visitor(self._shop_url)
        email = f"shopper-{new_id().hex}@example.org"
        visitor.go("/sign-up")
        visitor.submit(
            "/sign-up",
            {
                "user_name": f"Scripted shopper {number + 1}",
                "email": email,
                "password": new_id().hex[-_PASSWORD_LENGTH:],
                "preferences": [wanted],
            },
        )
        visitor.go("/recommendations")
        before = _items(visitor.products())
        visitor.go("/products", category=wanted)
        looked_at = visitor.products()[:_LOOKED_AT]
        for place, product in enumerate(looked_at):
            visitor.go(product)
            if place < _ADDED:
                self._act(visitor, "/cart", item_id=_item(product), quantity="1")
        visitor.go("/cart")
        visitor.submit("/orders", {})
        self._actions += min(_ADDED, len(looked_at))
        visitor.go(looked_at[0])
        self._act(visitor, "/reviews", rating="4.5", title="Just right", content="As described.")
        return _Shopper(visitor, email, wanted, before)

    def _act(self, visitor: Visitor, action: str, **values: str) -> None:
        visitor.submit(action, values)
        self._actions += 1


def _items(links: Sequence[str]) -> list[str]:
    return [_item(link) for link in links]


def _item(link: str) -> str:
    return unquote(urlsplit(link).path.rsplit("/", 1)[1])


def _share(items: Sequence[str], liked: set[str]) -> float:
    return sum(item in liked for item in items) / len(items) if items else 0.0
