"""Two rankings in one list: which products are whose, and that neither has an advantage."""

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ml.merchandising import MerchandisingRule, Surface
from ml.registry.shoppers import Met
from ml.serving.active_rules import ActiveRule
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.chain import Chain, MadeList
from ml.serving.chain.context import Context
from ml.serving.chain.interleaving import Interleaving
from ml.serving.chain.ranking import Ranking
from ml.serving.shopper import Shopper
from support.interactions import interaction
from support.planted_catalogue import ITEMS, NOW

RequestOf = Callable[..., Context]
NIGHTLY = Interleaving(experiment="nightly", other=Ranking(first_of=("precomputed",), fused={}))
LISTED = ITEMS[30:40]
LISTS = st.lists(st.sampled_from(ITEMS), unique=True, min_size=1)


def _ranked(item_ids: Sequence[str]) -> list[Candidate]:
    return [Candidate(item, "live", Reason(ReasonKind.LISTED)) for item in item_ids]


def _teams(candidates: Sequence[Candidate]) -> str:
    return "".join(each.experiment.removeprefix("nightly:") or "-" for each in candidates)


@given(LISTS, LISTS, st.text())
def test_each_team_names_the_best_of_its_own_in_its_turn(
    one: list[str], other: list[str], seed: str
) -> None:
    found = NIGHTLY.drafted(_ranked(one), _ranked(other), seed)
    ids = [each.item_id for each in found]
    assert sorted(ids) == sorted({*one, *other})
    taken: set[str] = set()
    for each in found:
        team = _teams([each])
        if team != "-":
            ranking = one if team == "a" else other
            assert each.item_id == next(item for item in ranking if item not in taken)
        taken.add(each.item_id)
    teams = _teams(found)
    drafted = teams.rstrip("-")
    assert "-" not in drafted
    for start in range(0, len(drafted) - 1, 2):
        assert set(drafted[start : start + 2]) == {"a", "b"}
    assert NIGHTLY.drafted(_ranked(one), _ranked(other), seed) == found


def test_neither_team_is_first_more_often() -> None:
    lists = [NIGHTLY.drafted(_ranked(ITEMS), _ranked(ITEMS), f"{n}") for n in range(2000)]
    for place in range(0, len(ITEMS), 2):
        first = Counter(_teams(found)[place] for found in lists)
        assert 890 < first["a"] < 1110, "five standard deviations of 2,000 fair coins"


def test_equal_rankings_stay_as_they_are() -> None:
    found = NIGHTLY.drafted(_ranked(ITEMS), _ranked(ITEMS), "seed")
    assert [each.item_id for each in found] == ITEMS


def _made(request_of: RequestOf, **changes: Any) -> MadeList:
    view = interaction("u", "i25", "view", NOW)
    values = {"listed": LISTED, "acted_since": True, **changes}
    chain = Chain(fused={}, order=(), interleaved=NIGHTLY)
    return chain.make(request_of(view, **values))


def test_a_list_has_products_of_both_rankings(request_of: RequestOf) -> None:
    made = _made(request_of)
    assert made.source == "live"
    sources = {_teams([each]): each.source for each in made.candidates}
    assert sources == {"a": "live", "b": "precomputed"}
    assert {each.experiment for each in made.candidates} == {"nightly:a", "nightly:b"}
    assert len(made.candidates) == 10
    stages = [(each.kind, each.stage) for each in made.steps]
    assert ("source", "b: precomputed") in stages
    assert stages[-1] == ("order", "interleaved")


def test_a_list_is_drafted_by_the_shopper_and_the_page(request_of: RequestOf) -> None:
    def drafted(user: str, surface: Surface | None) -> str:
        shopper = Shopper(user, (), [interaction(user, "i25", "view", NOW)])
        return _teams(_made(request_of, shopper=shopper, surface=surface).candidates)

    assert drafted("u", Surface.HOME) == drafted("u", Surface.HOME)
    assert len({drafted(f"u{number}", Surface.HOME) for number in range(20)}) > 10
    users = [f"u{number}" for number in range(9)]
    assert any(drafted(user, None) != drafted(user, Surface.HOME) for user in users)


def test_the_filters_hold_for_both(request_of: RequestOf) -> None:
    bought = {item: Met(NOW, 0) for item in (LISTED[0], "i20")}
    found = [each.item_id for each in _made(request_of, met=bought).candidates]
    assert not set(found) & set(bought)
    assert LISTED[1] in found


@pytest.mark.parametrize(
    "changes",
    [
        {"shopper": Shopper(None, (), [interaction("-", "i25", "view", NOW)])},
        {"shopper": Shopper("u", ()), "listed": None},
        {"listed": None},
    ],
    ids=["a visitor", "nothing is known", "b has no list"],
)
def test_there_is_no_team_where_there_is_nothing_to_compare(
    request_of: RequestOf, changes: dict[str, Any]
) -> None:
    made = _made(request_of, **changes)
    assert made.candidates
    assert set(_teams(made.candidates)) == {"-"}


def test_what_a_rule_places_is_of_no_team(request_of: RequestOf) -> None:
    rule = MerchandisingRule.model_validate(
        {
            "name": "pinned",
            "action": "pin",
            "amount": 3,
            "target": {"items": ["i22"]},
            "starts_at": NOW,
            "ends_at": NOW.replace(year=2027),
        }
    )
    view = interaction("u", "i25", "view", NOW)
    context = request_of(
        view, listed=LISTED, acted_since=True, rules=[ActiveRule(rule, {"i22": None})]
    )
    found = Chain(fused={}, interleaved=NIGHTLY).make(context).candidates
    assert (found[2].item_id, found[2].experiment) == ("i22", "")
    others = _teams([*found[:2], *found[3:]])
    assert "-" not in others


def test_the_setting_describes_an_experiment() -> None:
    text = '{"interleaved": {"experiment": "nightly", "other": {"first_of": ["precomputed"]}}}'
    read = Chain.read(text).interleaved
    assert read is not None
    assert read.other.first_of == ("precomputed",)
    assert read.other.order == Ranking().order
    changes: list[dict[str, Any]] = [
        {"experiment": "a b"},
        {"experiment": ""},
        {"other": {"filters": []}},
    ]
    for wrong in changes:
        with pytest.raises(ValidationError):
            Interleaving.model_validate({"experiment": "e", "other": {}, **wrong})


def test_without_an_experiment_nothing_has_a_team(request_of: RequestOf) -> None:
    made = Chain(fused={}).make(request_of(interaction("u", "i25", "view", NOW)))
    assert {each.experiment for each in made.candidates} == {""}
    assert all(a.stage != "interleaved" for a, _ in pairwise(made.steps))
