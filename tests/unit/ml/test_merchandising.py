import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from ml.merchandising import Audience, MerchandisingRule, Surface, Target
from ml.occasion import Occasion
from support.checkout import REPOSITORY

START = datetime(2026, 12, 1, tzinfo=UTC)
END = datetime(2026, 12, 27, tzinfo=UTC)
DAY = timedelta(days=1)


def rule(**changes: Any) -> MerchandisingRule:
    values: dict[str, Any] = {
        "name": "Lamps first",
        "action": "pin",
        "target": {"items": ["i1"]},
        "amount": 1,
        "starts_at": START,
        "ends_at": END,
    }
    return MerchandisingRule.model_validate({**values, **changes})


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"ends_at": START}, "the period ends before it begins"),
        ({"ends_at": START - DAY}, "the period ends before it begins"),
        ({"target": {}}, "items, category, brand, new_days, discounted and min_margin"),
        ({"target": {"items": ["a"], "discounted": True}}, "name exactly one of"),
        ({"target": {"category": " | "}}, "name exactly one of"),
        ({"target": {"brand": " "}}, "name exactly one of"),
        ({"target": {"margin": 0.2}}, "Extra inputs"),
        ({"target": {"min_margin": 1}}, "less than 1"),
        ({"target": {"min_margin": 0}}, "greater than 0"),
        ({"amount": 0}, "the amount of a pin is a number from 1 to 100"),
        ({"amount": -1}, "greater than or equal to 0"),
        ({"amount": 1.5}, "the amount of a pin is a number from 1 to 100"),
        ({"action": "promote", "amount": 101}, "the amount of a promote is a number from 1 to 100"),
        ({"action": "boost", "amount": 1}, "the factor of a boost is above 1 and at most 100"),
        ({"action": "boost", "amount": float("nan")}, "greater than or equal to 0"),
        ({"action": "bury", "amount": 1}, "the factor of what is buried is below 1"),
        ({"action": "hide"}, "a rule that hides has no amount"),
        ({"action": "drop"}, "'pin', 'boost', 'bury', 'promote' or 'hide'"),
        ({"name": "  "}, "at least 1 character"),
        ({"name": "a\x00"}, "NUL"),
        ({"audience": {"surface": "cart"}}, "'home' or 'recommendations'"),
        ({"audience": {"min_age": 0}}, "greater than or equal to 1"),
        ({"audience": {"min_age": 18, "max_age": 17}}, "the lowest age is above the highest one"),
        ({"starts_at": "2026-12-01T00:00:00"}, "starts_at"),
    ],
)
def test_what_is_no_rule_is_refused_with_a_sentence(changes: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError, match=sentence):
        rule(**changes)


def test_a_rule_is_the_same_after_it_was_written_as_json() -> None:
    given = rule(
        action="promote",
        amount=3,
        target={"category": "Home|Lamps"},
        audience={"department": "Home", "surface": "home"},
    )
    written = given.model_dump_json(exclude_defaults=True)
    assert MerchandisingRule.model_validate_json(written) == given
    assert json.loads(written)["target"] == {"category": "Home|Lamps"}


def test_who_is_of_an_audience() -> None:
    gardeners = Audience(department="Garden")
    at_home = Audience(department="Garden", surface=Surface.HOME)
    assert Audience().has((), None)
    assert gardeners.has(("Home", "Garden"), None)
    assert not gardeners.has(("Home",), Surface.HOME)
    assert at_home.has(["Garden"], Surface.HOME)
    assert not at_home.has(["Garden"], Surface.RECOMMENDATIONS)
    assert not at_home.has(["Garden"], None)


@pytest.mark.parametrize(
    ("ages", "has"),
    [
        ({"min_age": 18}, {17: False, 18: True, None: False}),
        ({"max_age": 17}, {17: True, 18: False, None: True}),
        ({"min_age": 18, "max_age": 30}, {17: False, 18: True, 30: True, 31: False, None: False}),
    ],
)
def test_an_age_that_is_not_known_is_a_young_one(
    ages: dict[str, int], has: dict[int | None, bool]
) -> None:
    audience = Audience.model_validate(ages)
    assert {age: audience.has((), None, age) for age in has} == has


def test_a_rule_works_from_its_first_instant_until_its_end() -> None:
    assert [rule().is_active(at) for at in (START - DAY, START, END - DAY, END)] == [
        False, True, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "excludes"),
    [
        ({}, True),
        ({"target": {"discounted": True}}, True),
        ({"audience": {"department": "Home"}}, True),
        ({"audience": {"surface": "home"}}, True),
        ({"amount": 2}, False),
        ({"action": "promote"}, False),
        ({"starts_at": END, "ends_at": END + DAY}, False),
        ({"starts_at": END - DAY, "ends_at": END + DAY}, True),
    ],
)
def test_two_pins_for_one_place_at_one_time_exclude_each_other(
    changes: dict[str, Any],
    excludes: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    assert rule().excludes(rule(**changes)) is excludes
    assert rule(**changes).excludes(rule()) is excludes


def test_pins_of_different_pages_do_not_exclude_each_other() -> None:
    home, other = (rule(audience={"surface": surface}) for surface in ("home", "recommendations"))
    assert not home.excludes(other)
    assert home.excludes(home)


def test_what_a_target_names_is_said_in_words() -> None:
    targets: list[dict[str, Any]] = [
        {"items": ["a", "b"]}, {"category": "Home"}, {"new_days": 7}, {"discounted": True},
        {"min_margin": 0.4},
    ]  # fmt: skip
    assert [str(Target.model_validate(each)) for each in targets] == [
        "a, b", "Home", "arrived in 7 days", "discounted", "margin of 40% or more",
    ]  # fmt: skip


def test_the_page_on_merchandising_shows_a_rule_and_names_every_field() -> None:
    page = (REPOSITORY / "docs/merchandising.md").read_text()
    (example,) = re.findall(r"```json\n(.+?)```", page, re.DOTALL)
    assert MerchandisingRule.model_validate_json(example).name == "Lamps in December"
    models: dict[str, type[BaseModel]] = {
        "": MerchandisingRule,
        "target": Target,
        "audience": Audience,
        "occasion": Occasion,
    }
    fields = {
        f"{field}` in `{part}" if part else field
        for part, model in models.items()
        for field in model.model_fields
    }
    named = set(re.findall(r"^\| `--.+?\| `([\w` ]+)` \|", page, re.MULTILINE))
    assert named == fields - {"target", "audience", "occasion"}
