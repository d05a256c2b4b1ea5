"""When a merchandising rule works within its period."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from ml.merchandising import MerchandisingRule
from ml.occasion import ALWAYS, Occasion
from ml.serving.shopper import Shopper
from support.interactions import interaction

FRIDAY = datetime(2026, 12, 4, 16, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def occasion(**changes: Any) -> Occasion:
    return Occasion.model_validate(changes)


def test_a_rule_works_always_if_it_does_not_say_when() -> None:
    assert ALWAYS.holds(FRIDAY, ())
    assert str(ALWAYS) == ""


def test_a_rule_works_on_its_weekdays() -> None:
    weekend = occasion(weekdays=["friday", "sunday"])
    days = [FRIDAY + number * 24 * HOUR for number in range(7)]
    assert [weekend.holds(day, ()) for day in days] == [True, False, True, *[False] * 4]


def test_a_rule_works_from_its_first_hour_until_its_last_one_begins() -> None:
    evening = occasion(hours=[17, 20])
    held = [hour for hour in range(24) if evening.holds(FRIDAY.replace(hour=hour, minute=59), ())]
    assert held == [17, 18, 19]
    assert occasion(hours=[23, 24]).holds(FRIDAY.replace(hour=23), ())


def test_weekdays_and_hours_are_those_of_the_time_zone() -> None:
    berlin = occasion(hours=[17, 18], time_zone="Europe/Berlin")
    assert berlin.holds(FRIDAY, ()), "it is 17:30 there in winter"
    assert not berlin.holds(FRIDAY.replace(month=6), ()), "and 18:30 in summer"
    late = datetime(2026, 12, 4, 23, 30, tzinfo=UTC)
    assert occasion(weekdays=["saturday"], time_zone="Europe/Berlin").holds(late, ())
    assert not occasion(weekdays=["saturday"]).holds(late, ())


def test_a_rule_works_beside_a_cart_with_a_product_of_its_category() -> None:
    coffee = occasion(in_cart="Kitchen|Coffee")
    assert not coffee.holds(FRIDAY, ())
    assert coffee.holds(FRIDAY, {"Toys", "Kitchen|Coffee"})
    assert coffee.holds(FRIDAY, {"Kitchen|Coffee|Mills"})
    assert not coffee.holds(FRIDAY, {"Kitchen", "Kitchen|Coffees", ""})


def test_what_was_bought_or_put_there_long_ago_is_not_in_the_cart() -> None:
    def did(item: str, kind: str, hours: float) -> Any:
        return interaction("u", item, kind, FRIDAY - hours * HOUR)

    history = [
        did("old", "cart", 30),
        did("bought", "cart", 5),
        did("again", "cart", 4),
        did("viewed", "view", 3),
        did("bought", "purchase", 2),
        did("again", "purchase", 2),
        did("again", "cart", 1),
        did("there", "cart", 1),
    ]
    assert Shopper("u", (), history).in_cart(FRIDAY - 24 * HOUR) == {"again", "there"}


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"weekdays": ["someday"]}, "weekdays"),
        ({"hours": [20, 17]}, "the hours end before they begin; a night takes two rules"),
        ({"hours": [5, 5]}, "the hours end before they begin"),
        ({"hours": [24, 25]}, "less than or equal to 23"),
        ({"hours": [5]}, "hours"),
        ({"time_zone": "Europe/Atlantis"}, "there is no time zone Europe/Atlantis"),
        ({"time_zone": "../passwd"}, "there is no time zone"),
        ({"moon": "full"}, "Extra inputs"),
    ],
)
def test_what_is_no_occasion_is_refused_with_a_sentence(
    changes: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValidationError, match=sentence):
        occasion(**changes)


def test_an_occasion_is_the_same_after_it_was_written_as_json() -> None:
    rule = MerchandisingRule.model_validate(
        {
            "name": "r",
            "action": "pin",
            "amount": 1,
            "target": {"items": ["i"]},
            "starts_at": FRIDAY,
            "ends_at": FRIDAY + HOUR,
            "occasion": {
                "weekdays": ["friday"],
                "hours": [17, 20],
                "time_zone": "Europe/Berlin",
                "in_cart": "Kitchen",
            },
        }
    )
    assert (
        MerchandisingRule.model_validate_json(rule.model_dump_json(exclude_defaults=True)) == rule
    )
    said = "friday, 17-20 o'clock, Europe/Berlin, Kitchen in the cart"
    assert str(rule.occasion) == said
    assert hash(rule)
