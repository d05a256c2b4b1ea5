from datetime import UTC, datetime, timedelta
from decimal import Decimal

from apps.filling.history import History
from apps.filling.source import Source
from ml.data.synthetic import SyntheticConfig, generate
from streams.contracts import Interaction, InteractionType, NewUser, Product, new_id

START = datetime(2026, 1, 1, tzinfo=UTC)


def event(
    minute: int, kind: InteractionType, item_id: str = "i1", **details: object
) -> Interaction:
    return Interaction.model_validate(
        {
            "interaction_id": new_id(),
            "user_id": "u1",
            "item_id": item_id,
            "timestamp": START + timedelta(minutes=minute),
            "interaction_type": kind,
            **details,
        }
    )


def history(*events: Interaction) -> History:
    return History.of(
        Source(
            "test",
            products=[
                Product(item_id="i1", product_name="Lamp", arrival_date=START, actual_price="9.50"),
                Product(item_id="i2", product_name="Mug", arrival_date=START),
            ],
            users=[
                NewUser(user_id=user_id, user_name="Ada", preferences="", signup_date=START)
                for user_id in ("u1", "u2")
            ],
            interactions=events,
        )
    )


def test_a_rating_with_words_is_a_review_and_the_newest_counts() -> None:
    rate = InteractionType.RATE
    found = history(
        event(9, rate, rating=4, review_title="Better", review_content="than it was"),
        event(1, rate, rating=2, review_title="Poor"),
        event(2, rate, "i2", rating=5),
        event(3, rate, "gone", rating=5, review_title="Fine"),
    )
    assert [(each.item_id, each.rating, each.title, each.content) for each in found.reviews] == [
        ("i1", 4, "Better", "than it was")
    ]
    assert [user.user_id for user in found.shoppers] == ["u1"]


def test_what_a_session_buys_is_one_order_at_todays_prices() -> None:
    buy = InteractionType.PURCHASE
    events = [
        event(1, buy, session_id="s1", quantity=98),
        event(2, buy, session_id="s1", quantity=3),
        event(3, buy, "i2", session_id="s1"),
        event(4, buy, "i2"),
        event(5, InteractionType.CART, session_id="s1"),
    ]
    found = history(*events)
    assert [dict(order.lines) for order in found.orders] == [
        {"i1": (99, Decimal("9.50")), "i2": (1, None)},
        {"i2": (1, None)},
    ]
    assert [order.placed_at for order in found.orders] == [
        START + timedelta(minutes=3),
        START + timedelta(minutes=4),
    ]
    assert history(*reversed(events)).orders == found.orders


def test_the_synthetic_shop_has_hundreds_of_reviews_and_thousands_of_orders() -> None:
    shop = generate(SyntheticConfig())
    found = History.of(Source("shop", shop.products, shop.users, shop.interactions))
    words = [event for event in shop.interactions if event.review_title]
    assert len(found.reviews) > 0.95 * len(words) > 900
    bought = [each for each in shop.interactions if each.interaction_type == "purchase"]
    assert sum(len(order.lines) for order in found.orders) > 0.99 * len(bought) > 1000
    reviewers, buyers = ({each.user_id for each in part} for part in (found.reviews, found.orders))
    assert reviewers | buyers == {user.user_id for user in found.shoppers}
