import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, get_args
from unittest.mock import ANY

import pytest

from ml.registry.bought_together import Together
from ml.registry.shoppers import Met
from ml.serving.bought_together import BoughtTogether
from ml.serving.catalogue import Catalogue, Categories
from ml.serving.chain import sources
from ml.serving.chain.candidates import Reason, ReasonKind
from ml.serving.chain.chain import Chain
from ml.serving.chain.context import Context
from ml.serving.chain.filters import AnyFilter
from ml.serving.chain.ordering import AnyOrder
from ml.serving.live_items import LiveItems
from ml.serving.shopper import Shopper
from streams.errors import ConfigurationError
from support.checkout import REPOSITORY
from support.interactions import interaction
from support.planted_catalogue import CATEGORIES, ITEMS, NOW, planted_model

RequestOf = Callable[..., Context]
DAY = timedelta(days=1)
PLAIN = Chain(fused={}, order=())


def _ids(made: Any) -> list[str]:
    return [each.item_id for each in made.candidates]


def test_a_shopper_without_a_list_gets_a_live_one(request_of: RequestOf) -> None:
    context = request_of(interaction("u", "i25", "view", NOW))
    made = PLAIN.make(context)
    assert (made.source, _ids(made)) == ("live", ITEMS[20:30])


def test_a_list_that_is_up_to_date_is_served_as_it_is(request_of: RequestOf) -> None:
    listed = ["i30", "i02", "i11"]
    up_to_date = request_of(interaction("u", "i25", "view", NOW), listed=listed)
    assert (PLAIN.make(up_to_date).source, _ids(PLAIN.make(up_to_date))) == ("precomputed", listed)
    outdated = request_of(interaction("u", "i25", "view", NOW), listed=listed, acted_since=True)
    assert PLAIN.make(outdated).source == "live"


def test_without_what_was_bought_there_is_no_live_list(request_of: RequestOf) -> None:
    event = interaction("u", "i25", "view", NOW)
    context = request_of(event, listed=["i30"], acted_since=True, met=None)
    assert PLAIN.make(context).source == "precomputed"
    visitor = request_of(shopper=Shopper(None, (), (event,)), met=None)
    assert PLAIN.make(visitor).source == "live"


def test_one_of_whom_nothing_is_known_gets_what_is_for_everybody(request_of: RequestOf) -> None:
    trend = ITEMS[5:15]
    assert PLAIN.make(request_of()).source == "popular"
    trending = PLAIN.make(request_of(catalogue=Catalogue(Categories(CATEGORIES), trending=trend)))
    assert (trending.source, _ids(trending)) == ("trending", trend)
    few = PLAIN.make(request_of(catalogue=Catalogue(Categories(CATEGORIES), trending=trend[:9])))
    assert few.source == "popular"
    nothing = PLAIN.make(request_of(model=None))
    assert (nothing.source, nothing.candidates) == ("none", ())


def test_a_source_of_which_the_filters_leave_nothing_gives_way(request_of: RequestOf) -> None:
    bought = {item: Met(NOW - DAY, 0) for item in ("i30", "i02")}
    context = request_of(listed=["i30", "i02"], met=bought)
    made = PLAIN.make(context)
    assert made.source == "popular"
    assert not {"i30", "i02"} & set(_ids(made))
    took = {
        (step.stage, len(step.before) - len(step.after))
        for step in made.steps
        if step.kind == "filter"
    }
    assert ("bought", 2) in took


def test_what_was_bought_is_gone_and_what_was_viewed_is_not(request_of: RequestOf) -> None:
    made = Chain().make(
        request_of(
            interaction("u", "i01", "purchase", NOW - DAY),
            interaction("u", "i02", "purchase", NOW - DAY),
            interaction("u", "i03", "view", NOW - DAY),
            met={"i04": Met(NOW - 99 * DAY, 0)},
        )
    )
    assert made.source == "live"
    assert not {"i01", "i02", "i04"} & set(_ids(made))
    assert "i03" in _ids(made)


@pytest.mark.parametrize("left", [1, 5, 40])
def test_no_row_that_exists_is_missing_under_any_filter(request_of: RequestOf, left: int) -> None:
    bought = {item: Met(NOW, 0) for item in ITEMS[left:]}
    made = PLAIN.make(request_of(preferences=["Kitchen"], met=bought, limit=40))
    assert set(_ids(made)) == set(ITEMS[:left])


def test_each_product_has_the_reason_that_is_true_of_it(request_of: RequestOf) -> None:
    context = request_of(
        interaction("u", "i25", "view", NOW - DAY),
        interaction("u", "i11", "view", NOW - DAY),
        interaction("u", "i11", "cart", NOW - DAY),
        interaction("u", "i26", "negative_view", NOW - DAY),
        preferences=["Garden"],
        limit=40,
    )
    reasons = {each.item_id: each.reason for each in PLAIN.make(context).candidates}
    assert reasons["i20"] == Reason(ReasonKind.VIEWED, "i25")
    assert reasons["i12"] == Reason(ReasonKind.CARTED, "i11")
    assert reasons["i33"] == Reason(ReasonKind.PREFERENCE, "Garden")
    assert reasons["i00"] == Reason(ReasonKind.CARTED, "i11"), "a mug is a little like a kettle"


def test_new_arrivals_join_a_personal_list_by_their_weight(request_of: RequestOf) -> None:
    catalogue = Catalogue(Categories(CATEGORIES), newest=("i39", "i07", "i38"))
    context = request_of(interaction("u", "i25", "view", NOW), catalogue=catalogue, limit=5)
    made = Chain(fused={"new": 2.0}, order=()).make(context)
    assert _ids(made)[:2] == ["i07", "i38"], "by the shopper's taste, the bias decides"
    assert made.candidates[0].reason.kind is ReasonKind.NEW
    assert "i20" in _ids(made)
    assert "fused" in {step.stage for step in made.steps}


def test_accessories_of_what_was_bought_join_the_list_with_a_true_reason(
    request_of: RequestOf,
) -> None:
    bought = interaction("u", "i25", "purchase", NOW - DAY)
    made = Chain(fused={"bought_together": 1.0}, order=()).make(request_of(bought, limit=6))
    together = Reason(ReasonKind.BOUGHT_TOGETHER, "i25")
    assert {each.item_id for each in made.candidates if each.reason == together} == {
        "i30",
        "i31",
        "i11",
    }
    assert _ids(made)[:3] == ["i11", "i20", "i30"], "what both lists name comes first"
    viewed = interaction("u", "i25", "view", NOW - DAY)
    only_viewed = Chain(fused={"bought_together": 1.0}, order=()).make(request_of(viewed, limit=6))
    assert "i30" not in _ids(only_viewed)


def test_what_is_like_the_last_items_joins_the_list_in_turn(request_of: RequestOf) -> None:
    events = [interaction("u", item, "view", NOW) for item in ("i00", "i25", "i35")]
    named = sources.similar(request_of(*events))
    assert [each.item_id for each in named[:3]] == ["i30", "i20", "i01"]
    assert [each.reason.about for each in named[:3]] == ["i35", "i25", "i00"]
    assert {"i25", "i35"} <= {each.item_id for each in named}, "the filters decide about these"


def test_what_is_bought_with_the_cart_can_join_a_list(request_of: RequestOf) -> None:
    rows = [Together("i01", ["i11", "i30"], [9, 4], [3.0, 2.0]), Together("i02", ["i01"], [2], [2])]
    model = replace(planted_model(), bought_together=BoughtTogether.of(rows))
    chain = Chain(first_of=("bought_together",), order=())
    context = request_of(
        interaction("u", "i02", "purchase", NOW - DAY),
        interaction("u", "i01", "cart", NOW),
        interaction("u", "i20", "view", NOW),
        model=model,
    )
    made = chain.make(context)
    assert [(each.item_id, each.reason) for each in made.candidates] == [
        ("i11", Reason(ReasonKind.BOUGHT_TOGETHER, "i01")),
        ("i30", Reason(ReasonKind.BOUGHT_TOGETHER, "i01")),
    ]
    assert chain.make(request_of(model=model)).source == "none"


def test_a_stage_that_fails_is_passed_over(
    request_of: RequestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_context: Context) -> Any:
        raise ZeroDivisionError

    monkeypatch.setattr(sources, "SOURCES", {**sources.SOURCES, "live": broken})
    monkeypatch.setattr("ml.serving.chain.chain.SOURCES", sources.SOURCES)
    made = Chain().make(request_of(interaction("u", "i25", "view", NOW)))
    assert made.source == "popular"
    assert _ids(made)


def test_the_order_of_the_stages_is_the_settings(request_of: RequestOf) -> None:
    stages = {
        "first_of": ["popular", "live"],
        "filters": [{"stage": "viewed"}, {"stage": "bought", "again_after_days": {"Kitchen": 7}}],
        "order": [{"stage": "spread", "strength": 0}, {"stage": "seen_before", "share": 1}],
    }
    made = Chain.read(json.dumps(stages)).make(request_of(interaction("u", "i25", "view", NOW)))
    assert made.source == "popular"
    assert [step.stage for step in made.steps] == [
        "popular", "viewed", "bought", "spread", "seen_before",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "JSON"),
        ('{"first_of": []}', "first_of"),
        ('{"first_of": ["crystal ball"]}', "first_of"),
        ('{"filters": [{"stage": "mood"}]}', "filters"),
        ('{"order": [{"stage": "spread", "strength": 9}]}', "strength"),
        ('{"order": [{"stage": "seen_before", "shares": 1}]}', "shares"),
        ('{"fused": {"new": 0}}', "fused"),
    ],
)
def test_a_setting_that_no_stage_understands_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigurationError, match=f"RECSYS_CHAIN.*{words}"):
        Chain.read(text)


def test_the_page_on_serving_shows_chains_that_can_be_read() -> None:
    page = (REPOSITORY / "docs/serving.md").read_text()
    examples = re.findall(r"```json\n(.+?)```", page, re.DOTALL)
    assert len(examples) == 2
    for example in examples:
        assert Chain.model_validate_json(example) != Chain()
    stages = [*get_args(get_args(AnyFilter)[0]), *get_args(get_args(AnyOrder)[0])]
    for stage in stages:
        assert f"| `{stage.model_fields['stage'].default}` |" in page


def test_a_list_of_one_category_has_all_of_it_and_nothing_else(request_of: RequestOf) -> None:
    categories = Categories(CATEGORIES)
    only = categories.within("Kitchen")
    assert only == set(ITEMS[:20])
    assert categories.within("Kitch") == set()
    event = interaction("u", "i25", "view", NOW)
    made = PLAIN.make(request_of(event, limit=40, only=only))
    assert (made.source, set(_ids(made))) == ("live", set(ITEMS[:20]))
    popular = Chain().make(request_of(only=categories.within("Home|Lamps")))
    assert (popular.source, _ids(popular)) == ("popular", ITEMS[29:19:-1])


def test_the_newest_events_count_more_than_a_long_history(request_of: RequestOf) -> None:
    long_ago = [interaction("u", f"i{20 + n % 10}", "view", NOW - DAY) for n in range(40)]
    now = [interaction("u", item, "view", NOW) for item in ("i33", "i34")]
    context = request_of(*long_ago, *now, listed=["i30"], acted_since=True)
    assert not any(each.startswith("i3") for each in _ids(PLAIN.make(context)))
    followed = _ids(Chain(order=()).make(context))
    assert sum(each.startswith("i3") for each in followed) >= 5


def test_a_list_that_is_up_to_date_is_not_changed_by_old_events(request_of: RequestOf) -> None:
    listed = ["i30", "i02", "i11"]
    made = Chain(order=()).make(request_of(interaction("u", "i25", "view", NOW), listed=listed))
    assert (made.source, _ids(made)) == ("precomputed", listed)


def test_what_follows_the_newest_events_is_the_same_in_one_search_or_two(
    request_of: RequestOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    history = [interaction("u", item, "view", NOW) for item in ("i05", "i25", "i36")]
    together = Chain(fused={"recent": 2.0}, order=()).make(request_of(*history))
    search = LiveItems.search_each
    rows = []

    def counted(items: LiveItems, vectors: Any, *asked: Any, **named: Any) -> Any:
        rows.append(len(vectors))
        return search(items, vectors, *asked, **named)

    monkeypatch.setattr(LiveItems, "search_each", counted)
    assert Chain(fused={"recent": 2.0}, order=()).make(request_of(*history)) == replace(
        together, steps=ANY
    )
    assert rows == [2]
    alone = request_of(*history)
    alone.source, alone.excluded = "live", frozenset()
    (added,) = [each.after for each in together.steps if each.stage == "recent"]
    assert sources.recent(alone) == added
    assert rows == [2, 1]
