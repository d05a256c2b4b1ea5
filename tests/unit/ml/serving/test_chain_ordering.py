from collections.abc import Callable
from datetime import timedelta
from math import ceil

from hypothesis import given
from hypothesis import strategies as st

from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.context import Context
from ml.serving.chain.fusion import fuse
from ml.serving.chain.ordering import JustBought, SeenBefore, Spread, at_most
from support.interactions import interaction
from support.planted_catalogue import ITEMS, NOW

RequestOf = Callable[..., Context]
LISTED = Reason(ReasonKind.LISTED)
DAY = timedelta(days=1)
JUST_BOUGHT = JustBought(largest_category=1)
"""Each of the four kinds is a quarter of the planted catalogue."""


def _candidates(*item_ids: str, source: str = "live") -> list[Candidate]:
    return [Candidate(item_id, source, LISTED) for item_id in item_ids]


def _ids(candidates: object) -> list[str]:
    return [each.item_id for each in candidates]  # type: ignore[attr-defined]


@given(
    st.lists(st.booleans(), max_size=30),
    st.floats(min_value=0.01, max_value=1, allow_nan=False),
)
def test_no_beginning_has_more_than_the_share_while_others_are_left(
    limited: list[bool], share: float
) -> None:
    candidates = _candidates(*(f"{place}-{flag}" for place, flag in enumerate(limited)))
    limited_ids = {each for each in _ids(candidates) if each.endswith("True")}
    found = at_most(share, candidates, limited_ids)
    assert sorted(_ids(found)) == sorted(_ids(candidates))
    for kind in (True, False):
        order = [each for each in _ids(found) if each.endswith(str(kind))]
        assert order == [each for each in _ids(candidates) if each.endswith(str(kind))]
    others = len(limited) - sum(limited)
    for end in range(1, len(found) + 1):
        taken = sum(each.endswith("True") for each in _ids(found[:end]))
        if end - taken < others:
            assert taken <= ceil(share * end)
    places = {each: place for place, each in enumerate(_ids(candidates))}
    for end, each in enumerate(_ids(found)):
        taken = sum(item in limited_ids for item in _ids(found[:end]))
        if any(places[item] < places[each] for item in _ids(found[end:])):
            assert taken + 1 > ceil(share * (end + 1)), "only those wait whose share is full"


def test_a_share_of_zero_takes_them_away() -> None:
    found = at_most(0, _candidates("a", "b", "c"), {"a", "c"})
    assert _ids(found) == ["b"]


def test_what_was_seen_before_has_a_fifth_of_the_list_and_says_so(request_of: RequestOf) -> None:
    context = request_of(*(interaction("u", f"i0{n}", "view", NOW) for n in range(6)))
    found = SeenBefore().ordered(_candidates(*ITEMS[:20]), context)
    assert _ids(found)[:7] == ["i05", "i06", "i07", "i08", "i09", "i04", "i10"]
    assert {each.item_id for each in found} == set(ITEMS[:20])
    kinds = {each.item_id: each.reason.kind for each in found}
    assert kinds["i05"] is ReasonKind.SEEN_BEFORE
    assert kinds["i06"] is ReasonKind.LISTED
    whole = _ids(SeenBefore(share=1).ordered(_candidates(*ITEMS[:20]), context))
    assert whole == [*reversed(ITEMS[:6]), *ITEMS[6:20]]


def test_other_products_of_a_kind_just_bought_step_back(request_of: RequestOf) -> None:
    context = request_of(interaction("u", "i09", "purchase", NOW - DAY))
    found = _ids(JUST_BOUGHT.ordered(_candidates(*ITEMS), context))
    assert found[:4] == ["i00", "i10", "i11", "i12"], "one mug, then kettles"
    assert [each for each in found[:20] if each < "i10"] == ["i00", "i01"]
    assert sorted(found) == ITEMS


def test_a_kind_that_is_bought_again_and_again_keeps_its_place(request_of: RequestOf) -> None:
    candidates = _candidates(*ITEMS)
    once = interaction("u", "i09", "purchase", NOW - DAY)
    twice = (once, interaction("u", "i08", "purchase", NOW - DAY))
    long_ago = interaction("u", "i09", "purchase", NOW - 90 * DAY)
    assert JUST_BOUGHT.ordered(candidates, request_of(*twice)) == candidates
    assert JUST_BOUGHT.ordered(candidates, request_of(long_ago)) == candidates
    assert JustBought().ordered(candidates, request_of(once)) == candidates, "a quarter of the shop"
    again = JustBought(again_after_days={"Kitchen": 14}, largest_category=1)
    assert again.ordered(candidates, request_of(once)) == candidates


def test_a_personal_list_is_spread_and_one_for_everybody_is_not(request_of: RequestOf) -> None:
    context = request_of()
    context.source = "live"
    found = _ids(Spread().ordered(_candidates(*ITEMS), context))
    assert len(found) == context.limit
    assert len({each[1] for each in found}) > 2
    assert _ids(Spread(strength=0).ordered(_candidates(*ITEMS), context)) == ITEMS[:10]
    context.source = "popular"
    assert _ids(Spread().ordered(_candidates(*ITEMS), context)) == ITEMS


def test_no_brand_has_more_than_half_of_a_page_but_that_of_who_buys_no_other(
    request_of: RequestOf,
) -> None:
    brands = dict.fromkeys(ITEMS[:30], "acme")
    catalogue = Catalogue(Categories(dict.fromkeys(ITEMS, "")), brands=brands)
    shown = {}
    for met in ("i00", "i39"):
        event = interaction("u", met, "view", NOW)
        context = request_of(event, limit=20, catalogue=catalogue)
        context.source = "live"
        shown[met] = _ids(Spread(strength=0).ordered(_candidates(*ITEMS), context))
    assert shown == {"i00": ITEMS[:20], "i39": ITEMS[:10] + ITEMS[30:40]}


def test_fused_lists_follow_reciprocal_ranks() -> None:
    reason = Reason(ReasonKind.NEW)
    main = _candidates("a", "b", "c")
    added = [Candidate("d", "new", reason), Candidate("c", "new", reason)]
    found = fuse([(1.0, main), (1.0, added)])
    # c: 1/63 + 1/62, a and d: 1/61, b: 1/62
    assert _ids(found) == ["c", "a", "d", "b"]
    assert (found[0].source, found[0].reason) == ("live", reason)
    assert _ids(fuse([(1.0, main), (0.01, added)])) == ["a", "b", "c", "d"]
