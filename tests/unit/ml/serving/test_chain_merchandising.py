from collections.abc import Callable, Sequence
from datetime import timedelta
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml.merchandising import MerchandisingRule
from ml.registry.shoppers import Met
from ml.serving.active_rules import ActiveRule
from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.chain import Chain
from ml.serving.chain.context import Context
from ml.serving.chain.merchandising import Boosts, Placements
from ml.serving.shopper import Shopper
from support.interactions import interaction
from support.planted_catalogue import CATEGORIES, ITEMS, NOW

RequestOf = Callable[..., Context]
DAY = timedelta(days=1)
LISTED = Reason(ReasonKind.LISTED)
_NUMBERS = count(1)


def active(action: str, amount: float, *items: str, **changes: Any) -> ActiveRule:
    """A rule for these products; its target does not matter, as it is found already."""
    values = {
        "name": f"rule {next(_NUMBERS):03}",
        "action": action,
        "amount": amount,
        "target": {"items": items or ("none",)},
        "starts_at": NOW - DAY,
        "ends_at": NOW + DAY,
    }
    rule = MerchandisingRule.model_validate({**values, **changes})
    return ActiveRule(rule, dict.fromkeys(items))


def _candidates(*item_ids: str) -> list[Candidate]:
    return [Candidate(item_id, "live", LISTED) for item_id in item_ids]


def _ids(candidates: Sequence[Candidate]) -> list[str]:
    return [each.item_id for each in candidates]


def test_a_boosted_product_stands_as_if_its_rank_were_divided_by_the_factor(
    request_of: RequestOf,
) -> None:
    rule = active("boost", 4, "i19", "elsewhere")
    found = Boosts().ordered(_candidates(*ITEMS), request_of(rules=[rule]))
    assert _ids(found)[:7] == ["i00", "i01", "i02", "i03", "i04", "i19", "i05"], "20 / 4 is 5"
    assert {each.item_id: each.rule for each in found if each.rule} == {"i19": rule.rule.name}
    assert sorted(_ids(found)) == ITEMS


def test_a_buried_product_steps_back_and_factors_multiply(request_of: RequestOf) -> None:
    bury, boost = active("bury", 0.1, "i00", "i01"), active("boost", 10, "i01")
    found = Boosts().ordered(_candidates(*ITEMS), request_of(rules=[bury, boost]))
    assert _ids(found)[:2] == ["i01", "i02"]
    assert _ids(found)[7:10] == ["i08", "i00", "i09"], "beside the tenth"
    assert found[0].rule == f"{bury.rule.name}, {boost.rule.name}"


def test_a_pinned_product_stands_at_its_place_and_none_stands_twice(request_of: RequestOf) -> None:
    rules = [active("pin", 3, "i30"), active("pin", 1, "i05")]
    found = Placements().ordered(_candidates(*ITEMS[:10]), request_of(rules=rules))
    assert _ids(found) == ["i05", "i00", "i30", "i01", "i02", "i03", "i04", "i06", "i07", "i08"]
    assert (found[0].source, found[0].reason) == ("live", LISTED), "it was in the list"
    assert (found[2].source, found[2].reason.kind) == ("rules", ReasonKind.PROMOTED)
    assert found[2].rule == rules[0].rule.name


def test_promoted_products_stand_at_every_fifth_place_and_rules_take_turns(
    request_of: RequestOf,
) -> None:
    rules = [active("promote", 2, "i30", "i31", "i32"), active("promote", 1, "i20", "i21")]
    context = request_of(rules=rules, limit=20)
    found = Placements().ordered(_candidates(*ITEMS[:20]), context)
    places = {place: each.item_id for place, each in enumerate(found, start=1) if each.rule}
    assert places == {5: "i30", 10: "i20", 15: "i31"}
    assert all(each.reason.kind is ReasonKind.PROMOTED for each in found if each.rule)
    assert len(found) == 20
    assert _ids(Placements(every=2).ordered(_candidates(*ITEMS[:20]), context))[1] == "i30"


def test_what_stands_above_by_itself_is_not_promoted_and_what_stands_below_moves_up(
    request_of: RequestOf,
) -> None:
    rules = [active("promote", 2, "i01", "i09")]
    found = Placements().ordered(_candidates(*ITEMS[:10]), request_of(rules=rules))
    assert _ids(found) == ["i00", "i01", "i02", "i03", "i09", "i04", "i05", "i06", "i07", "i08"]
    assert found[1].reason is LISTED


def test_of_a_category_the_one_that_the_shopper_likes_best_is_placed(
    request_of: RequestOf,
) -> None:
    kitchen = active("pin", 1, *ITEMS[19:0:-1], target={"category": "Kitchen"})
    kettles = request_of(interaction("u", "i25", "view", NOW), rules=[kitchen])
    assert _ids(Placements().ordered(_candidates("i33", "i34"), kettles))[0] == "i01", "the bias"
    in_list = Placements().ordered(_candidates("i33", "i12"), kettles)
    assert _ids(in_list) == ["i12", "i33"]
    unknown = request_of(rules=[kitchen], model=None)
    assert _ids(Placements().ordered(_candidates("i33"), unknown))[0] == "i19", "the newest"


@pytest.mark.parametrize("action", ["pin", "promote"])
@pytest.mark.parametrize(
    "why", ["bought", "bought long ago", "in the cart", "rejected", "gone", "hidden"]
)
def test_nothing_that_a_filter_leaves_out_is_placed(
    request_of: RequestOf, action: str, why: str
) -> None:
    kind = {"bought": "purchase", "in the cart": "cart"}.get(why, "view")
    item = "i11" if kind == "view" else "i30"
    met = {
        "bought long ago": {"i30": Met(NOW - 300 * DAY, 0)},
        "rejected": {"i30": Met(None, 2)},
    }.get(why, {})
    gone = frozenset({"i30"}) if why == "gone" else frozenset()
    hiding = [active("hide", 0, "i30")] if why == "hidden" else []
    context = request_of(
        interaction("u", item, kind, NOW - timedelta(hours=1)),
        rules=[active(action, 1, "i30", *ITEMS[::-1]), *hiding],
        met=met,
        catalogue=Catalogue(Categories(CATEGORIES), unavailable=gone),
    )
    found = {each.item_id: each.rule for each in Chain().make(context).candidates}
    assert "i30" not in found
    assert any(found.values()), "another of the rule's products is placed"


def test_a_list_of_a_category_takes_its_products_alone(request_of: RequestOf) -> None:
    rules = [active("pin", 1, "i30", "i12"), active("promote", 5, *ITEMS[20:])]
    context = request_of(rules=rules, only=frozenset(ITEMS[10:20]))
    found = _ids(Chain().make(context).candidates)
    assert found[0] == "i12"
    assert sorted(found) == ITEMS[10:20]


def test_a_hidden_product_is_in_no_list_and_moves_no_other(request_of: RequestOf) -> None:
    event = interaction("u", "i25", "view", NOW)
    chain = Chain(order=())
    first, *others = _ids(chain.make(request_of(event)).candidates)
    made = chain.make(request_of(event, rules=[active("hide", 0, first, "elsewhere")]))
    assert _ids(made.candidates)[: len(others)] == others
    assert made.left_out["hidden_by_rule"] == {first, "elsewhere"}


def test_nothing_is_placed_while_it_is_not_known_what_was_bought(request_of: RequestOf) -> None:
    rules = [active("pin", 1, "i30")]
    event = interaction("u", "i25", "view", NOW)
    unknown = request_of(event, listed=["i11", "i12"], met=None, rules=rules)
    assert _ids(Chain().make(unknown).candidates) == ["i11", "i12"]
    visitor = request_of(shopper=Shopper(None, (), (event,)), met=None, rules=rules)
    assert Chain().make(visitor).candidates[0].item_id == "i30"


@pytest.mark.parametrize("source", ["trending", "popular"])
def test_rules_work_in_lists_for_everybody(request_of: RequestOf, source: str) -> None:
    trend = ITEMS[:20] if source == "trending" else ()
    catalogue = Catalogue(Categories(CATEGORIES), trending=trend)
    rules = [active("pin", 1, "i33"), active("boost", 50, "i15"), active("bury", 0.01, *ITEMS[:9])]
    made = Chain().make(request_of(catalogue=catalogue, rules=rules))
    assert made.source == source
    assert len(made.candidates) == 10
    assert _ids(made.candidates)[:2] == ["i33", "i15"]
    assert not set(ITEMS[:9]) & set(_ids(made.candidates))
    by_itself = ReasonKind.POPULAR if source == "popular" else ReasonKind.PROMOTED
    assert made.candidates[0].reason.kind is by_itself


def test_a_boost_reaches_a_personal_list_from_below_its_end(request_of: RequestOf) -> None:
    event = interaction("u", "i25", "view", NOW)
    plain = _ids(Chain().make(request_of(event)).candidates)
    assert "i29" not in plain
    boosted = Chain().make(request_of(event, rules=[active("boost", 10, "i29")])).candidates
    (found,) = [each for each in boosted if each.item_id == "i29"]
    assert found.rule
    assert found.reason == Reason(ReasonKind.VIEWED, "i25")


_SOME = st.lists(st.sampled_from(ITEMS), max_size=12, unique=True)
_PINS = st.dictionaries(st.integers(1, 14), _SOME, max_size=4)
_PROMOTIONS = st.lists(st.tuples(st.integers(1, 4), _SOME), max_size=3)


@given(_SOME, _PINS, _PROMOTIONS, _SOME, st.integers(1, 14), st.integers(2, 6))
def test_whatever_the_rules_are_the_list_is_a_list(  # noqa: PLR0917 - hypothesis gives them by place
    listed: list[str],
    pins: dict[int, list[str]],
    promotions: list[tuple[int, list[str]]],
    out: list[str],
    limit: int,
    every: int,
) -> None:
    rules = [active("pin", place, *items) for place, items in pins.items()]
    rules += [active("promote", number, *items) for number, items in promotions]
    context = Context(
        shopper=Shopper(None),
        limit=limit,
        now=NOW,
        model=None,
        catalogue=Catalogue(Categories(CATEGORIES)),
        rules=rules,
    )
    context.excluded = set(out)
    before = _candidates(*(item for item in listed if item not in out))
    found = Placements(every=every).ordered(before, context)
    again = Placements(every=every).ordered(before, context)

    assert list(found) == list(again), "deterministic"
    ids = _ids(found)
    assert len(set(ids)) == len(ids)
    assert not set(out) & set(ids)
    assert len(before) <= len(ids) <= max(len(before), limit)
    others = [item for item in ids if not {each.item_id: each for each in found}[item].rule]
    assert others == [item for item in _ids(before) if item in others], "in their order"
    taken: set[str] = set()
    for place, items in pins.items():
        wanted = next((item for item in items if item not in out and item not in taken), None)
        if wanted is not None and place <= limit:
            taken.add(wanted)
            assert wanted in ids
            if place <= len(others) + 1:  # enough for the places before it
                assert ids[place - 1] == wanted
    promoted = [
        place
        for place, each in enumerate(found, start=1)
        if each.reason.kind is ReasonKind.PROMOTED and each.item_id not in taken
    ]
    assert len(promoted) <= sum(number for number, _ in promotions)
    assert all(place % every == 0 for place in promoted if place <= len(others))
