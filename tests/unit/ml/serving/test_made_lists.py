from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ml.merchandising import MerchandisingRule
from ml.registry.shoppers import Met
from ml.serving.active_rules import ActiveRule
from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain.context import Context
from ml.serving.made_lists import MadeLists
from support.interactions import interaction
from support.planted_catalogue import CATEGORIES, NOW, planted_model

RequestOf = Callable[..., Context]
MODEL = planted_model()
CATALOGUE = Catalogue(Categories(CATEGORIES), trending=("i01",))
HOME = ("", "home")
VIEW = interaction("u", "i25", "view", NOW)


@pytest.fixture
def same(request_of: RequestOf) -> RequestOf:
    """Requests of one shopper that differ in what is named alone."""

    def make(*history: Any, **changes: Any) -> Context:
        values = {"model": MODEL, "catalogue": CATALOGUE, "listed": ("i30",), **changes}
        return request_of(*(history or (VIEW,)), **values)

    return make


def test_the_same_state_has_the_same_list(same: RequestOf) -> None:
    lists: MadeLists[str] = MadeLists()
    assert lists.find(same(), HOME) is None
    lists.keep(same(), HOME, "made")
    assert lists.find(same(), HOME) == "made"
    assert lists.find(same(now=NOW + timedelta(seconds=20)), HOME) == "made"
    assert lists.find(same(), ("", "recommendations")) is None
    assert lists.find(same(limit=11), HOME) is None


def test_whatever_changes_makes_another_list(same: RequestOf) -> None:
    rule = MerchandisingRule.model_validate(
        {"name": "r", "action": "boost", "amount": 2, "target": {"items": ("i01",)},
         "starts_at": NOW, "ends_at": NOW + timedelta(days=1)}
    )  # fmt: skip
    other = planted_model().towers
    assert MODEL.towers is not None
    assert other is not None
    other_model = replace(MODEL, towers=replace(MODEL.towers, items=other.items))
    later = VIEW.model_copy(update={"timestamp": NOW + timedelta(seconds=1)})
    changed = [
        same(VIEW, interaction("u", "i26", "view", NOW)),
        same(interaction("u", "i25", "cart", NOW)),
        same(later),
        same(preferences=("Kitchen",)),
        same(listed=("i31",)),
        same(listed=None),
        same(acted_since=True),
        same(met={"i01": Met(NOW, 0)}),
        same(met=None),
        same(features_answered=False),
        same(rules=[ActiveRule(rule, {"i01": None})]),
        same(now=NOW + timedelta(minutes=2)),
        same(model=None),
        same(model=replace(MODEL, version="v2")),
        same(model=replace(MODEL, towers=None)),
        same(model=other_model),
        same(catalogue=replace(CATALOGUE, unavailable=frozenset({"i30"}))),
        same(catalogue=replace(CATALOGUE, trending=("i02",))),
        same(catalogue=replace(CATALOGUE, newest=("i02",))),
        same(catalogue=replace(CATALOGUE, categories=Categories({}))),
        same(catalogue=replace(CATALOGUE, brands={"i01": "acme"})),
    ]
    for context in changed:
        lists: MadeLists[str] = MadeLists()
        lists.keep(same(), HOME, "made")
        assert lists.find(same(), HOME) == "made"
        assert lists.find(context, HOME) is None
