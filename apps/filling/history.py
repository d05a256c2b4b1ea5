"""What a data set's shoppers wrote and bought, as the shop's pages show it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from apps.filling.source import Source
from streams.contracts import Interaction, InteractionType, NewUser, Product, derived_id

MAX_QUANTITY = 99
"""Of an order's line; more pieces of a data set are cut to it."""


@dataclass(frozen=True, slots=True)
class PastReview:
    """What a shopper wrote about a product."""

    user_id: str
    item_id: str
    rating: float
    title: str
    content: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PastOrder:
    """What a shopper bought at once: pieces and price of each product."""

    order_id: UUID
    user_id: str
    placed_at: datetime
    lines: Mapping[str, tuple[int, Decimal | None]]


@dataclass(frozen=True, slots=True)
class History:
    """The reviews and orders of a data set, and who made them."""

    shoppers: Sequence[NewUser]
    reviews: Sequence[PastReview]
    orders: Sequence[PastOrder]

    @classmethod
    def of(cls, source: Source) -> "History":
        """The history of a data set.

        A review needs words, and the newest one of a shopper and a product counts. The purchases of
        one session are one order, at today's prices, as a data set has no others.
        """
        products = {product.item_id: product for product in source.products}
        users = {user.user_id: user for user in source.users}
        known = [
            event
            for event in sorted(source.interactions, key=lambda event: event.timestamp)
            if event.item_id in products and event.user_id in users
        ]
        reviews = list(_reviews(known))
        orders = list(_orders(known, products))
        seen = dict.fromkeys(
            [*(review.user_id for review in reviews), *(order.user_id for order in orders)]
        )
        return cls([users[user_id] for user_id in seen], reviews, orders)


def _reviews(events: Sequence[Interaction]) -> Iterator[PastReview]:
    written = {
        (event.user_id, event.item_id): event
        for event in events
        if event.rating is not None and (event.review_title or event.review_content)
    }
    for (user_id, item_id), event in written.items():
        yield PastReview(
            user_id,
            item_id,
            event.rating or 0,
            event.review_title or "",
            event.review_content or "",
            event.timestamp,
        )


def _orders(events: Sequence[Interaction], products: Mapping[str, Product]) -> Iterator[PastOrder]:
    bought: dict[tuple[str, str], list[Interaction]] = {}
    for event in events:
        if event.interaction_type is InteractionType.PURCHASE:
            session = event.session_id or str(event.interaction_id)
            bought.setdefault((event.user_id, session), []).append(event)
    for (user_id, session), purchases in bought.items():
        placed_at = purchases[-1].timestamp
        pieces: dict[str, int] = {}
        for event in purchases:
            pieces[event.item_id] = pieces.get(event.item_id, 0) + (event.quantity or 1)
        yield PastOrder(
            derived_id(placed_at, "past order", user_id, session),
            user_id,
            placed_at,
            {
                item_id: (min(quantity, MAX_QUANTITY), _price(products[item_id]))
                for item_id, quantity in pieces.items()
            },
        )


def _price(product: Product) -> Decimal | None:
    return product.actual_price if product.discounted_price is None else product.discounted_price
