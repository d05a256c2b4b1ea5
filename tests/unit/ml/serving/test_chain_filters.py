from collections.abc import Callable
from datetime import timedelta

import pytest
from pydantic import ValidationError

from ml.registry.shoppers import Met
from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain.chain import Chain
from ml.serving.chain.context import Context
from ml.serving.chain.filters import Available, Bought, InCart, Rejected, Viewed
from support.interactions import interaction
from support.planted_catalogue import CATEGORIES, NOW

RequestOf = Callable[..., Context]
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def test_what_the_shop_cannot_sell_is_left_out(request_of: RequestOf) -> None:
    context = request_of(
        catalogue=Catalogue(Categories(CATEGORIES), unavailable=frozenset({"i38", "i00"}))
    )
    made = Chain(first_of=("popular",), fused={}, filters=(Available(),), order=()).make(context)
    assert [each.item_id for each in made.steps[-1].after][:2] == ["i39", "i37"]
    assert len(made.steps[-1].after) == 38


def test_what_was_bought_stays_away_for_ever_unless_its_category_is_bought_again(
    request_of: RequestOf,
) -> None:
    context = request_of(
        interaction("u", "i00", "purchase", NOW - 40 * DAY),
        interaction("u", "i01", "purchase", NOW - HOUR),
        interaction("u", "i20", "purchase", NOW - 40 * DAY),
        interaction("u", "i02", "view", NOW - HOUR),
        met={"i03": Met(NOW - 400 * DAY, 0), "i30": Met(NOW - 400 * DAY, 0), "i31": Met(None, 9)},
    )
    assert Bought().excluded(context) == {"i00", "i01", "i20", "i03", "i30"}
    again = Bought(again_after_days={"Kitchen": 500, "Kitchen|Mugs": 30, "Garden": 500})
    assert again.excluded(context) == {"i01", "i20", "i30"}
    assert Bought(again_after_days={"": 0}).excluded(context) == set()


def test_the_newest_purchase_of_an_item_counts(request_of: RequestOf) -> None:
    context = request_of(
        interaction("u", "i00", "purchase", NOW - 40 * DAY), met={"i00": Met(NOW - DAY, 0)}
    )
    assert Bought(again_after_days={"": 30}).excluded(context) == {"i00"}


def test_what_is_in_the_cart_is_left_out_for_a_day(request_of: RequestOf) -> None:
    context = request_of(
        interaction("u", "i00", "cart", NOW - 25 * HOUR),
        interaction("u", "i01", "cart", NOW - 23 * HOUR),
        interaction("u", "i02", "view", NOW),
    )
    assert InCart().excluded(context) == {"i01"}
    assert InCart(hours=48).excluded(context) == {"i00", "i01"}


def test_what_was_passed_over_twice_is_left_out(request_of: RequestOf) -> None:
    context = request_of(met={"i00": Met(None, 1), "i01": Met(None, 2), "i02": Met(None, 5)})
    assert Rejected().excluded(context) == {"i01", "i02"}
    assert Rejected(times=3).excluded(context) == {"i02"}
    assert Rejected().excluded(request_of(met=None)) == set()


def test_what_was_viewed_is_not_left_out_but_by_the_filter_for_it(request_of: RequestOf) -> None:
    context = request_of(interaction("u", "i05", "view", NOW))
    assert not any(each.excluded(context) for each in (Bought(), InCart(), Rejected()))
    assert Viewed().excluded(context) == {"i05"}


@pytest.mark.parametrize("days", [-1, float("nan"), 1e9])
def test_a_time_of_repurchase_is_a_number_of_days(days: float) -> None:
    with pytest.raises(ValidationError, match="again_after_days"):
        Bought(again_after_days={"": days})


AGAIN = Bought(again_after_days={"Kitchen": 30})


def test_what_was_paid_for_and_is_due_is_bought_again_the_newest_purchase_first(
    request_of: RequestOf,
) -> None:
    context = request_of(
        interaction("u", "i00", "purchase", NOW - 40 * DAY),
        interaction("u", "i01", "purchase", NOW - 3 * DAY),
        interaction("u", "i04", "cart", NOW - HOUR),
        met={
            "i02": Met(NOW - 35 * DAY, 0, NOW - 35 * DAY),
            "i03": Met(NOW - 50 * DAY, 0),  # rated, and bought elsewhere
            "i04": Met(NOW - 60 * DAY, 0, NOW - 60 * DAY),
            "i05": Met(NOW - 70 * DAY, 0, NOW - 70 * DAY),
            "i06": Met(NOW - 80 * DAY, 2, NOW - 80 * DAY),
            "i07": Met(NOW - 2 * DAY, 0, NOW - 90 * DAY),  # rated since
            "i20": Met(NOW - 400 * DAY, 0, NOW - 400 * DAY),
        },
    )
    chain = Chain(filters=(Available(), AGAIN, InCart(), Rejected()))
    assert context.category("i20").partition("|")[0] != "Kitchen"
    assert chain.to_buy_again(context) == ("i02", "i00", "i05")
    chain.make(context)
    assert chain.to_buy_again(context) == ("i02", "i00", "i05"), "after a list was made of it"


def test_nothing_is_bought_again_without_a_time_for_it(request_of: RequestOf) -> None:
    bought = {"i00": Met(NOW - 400 * DAY, 0, NOW - 400 * DAY)}
    for filters in ((), (InCart(),), (Bought(),)):
        chain = Chain(filters=filters)
        assert not chain.lets_buy_again
        assert chain.to_buy_again(request_of(met=bought)) == ()


@pytest.mark.parametrize("unknown", [{"met": None}, {"met": {}, "features_answered": False}])
def test_what_is_bought_again_is_not_known_while_the_purchases_are_not(
    request_of: RequestOf, unknown: dict[str, object]
) -> None:
    assert Chain(filters=(AGAIN,)).to_buy_again(request_of(**unknown)) is None
