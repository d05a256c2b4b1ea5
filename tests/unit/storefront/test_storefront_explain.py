import base64
from collections.abc import Callable
from itertools import takewhile

import pytest
from flask import Flask
from pydantic import SecretStr, ValidationError

from apps.storefront.accounts.repository import KnownUser
from apps.storefront.explain.explanation import Explanation, explanation, items_of
from apps.storefront.settings import StorefrontSettings
from ml.merchandising import Surface
from ml.serving.chain.chain import Chain
from support.planted_catalogue import CATEGORIES
from support.planted_recommender import Planted

KEY = "a-key-that-has-at-least-32-characters"
NAMES = {item: f"{path} {item}" for item, path in CATEGORIES.items() if item != "i27"}


def _explained(planted: Planted, *, length: int = 10, shown: int = 20) -> Explanation:
    context, made = planted.explain("u", ["Garden"], 20)
    assert {each.item_id for each in made.candidates} <= items_of(context, made)
    who = KnownUser("u", "Ada", ["Garden"])
    return explanation(context, made, who, NAMES, surface=Surface.HOME, length=length, shown=shown)


def test_it_says_what_was_known_of_the_shopper() -> None:
    found = _explained(Planted())
    assert [(event.kind.value, event.product.item_id) for event in found.history] == [
        ("view", "i26"), ("view", "i25"), ("purchase", "i12"), ("cart", "i11"), ("view", "i11"),
    ]  # fmt: skip
    assert [each.item_id for each in found.bought] == ["i12", "i14"], "the newest first"
    assert {each.item_id for each in found.seen} == {"i11", "i25", "i26", "i39"}
    assert (found.listed, found.acted_since, found.model_version) == (10, True, "v1")
    assert not found.notes


def test_the_stages_lead_from_the_candidates_to_the_list() -> None:
    planted = Planted()
    found = _explained(planted)
    _, made = planted.explain("u", ["Garden"], 20)
    stages = [(each.kind, each.name) for each in found.stages]
    filters = [("filter", each.stage) for each in planted.chain.filters]
    orders = [("order", each.stage) for each in planted.chain.order]
    assert stages == [
        ("source", "live"), *filters, ("source", "new"), *filters, ("fusion", "fused"), *orders,
    ]  # fmt: skip
    for before, after in zip(found.stages, found.stages[1:], strict=False):
        if after.kind != "source":
            fits = before.after == after.before
            assert fits or after.kind == "fusion", (before, after)
    assert [each.product.item_id for each in found.places] == [
        each.item_id for each in made.candidates[:10]
    ]


def test_what_a_filter_took_is_named() -> None:
    found = _explained(Planted())
    (source,) = [place for place, each in enumerate(found.stages) if each.name == "new"]
    by_new = takewhile(lambda stage: stage.kind == "filter", found.stages[source + 1 :])
    took = {stage.name: [each.item_id for each in stage.taken] for stage in by_new if stage.taken}
    assert took == {"available": ["i13"], "rejected": ["i39"]}
    assert found.left_out == {"bought": 2, "in_cart": 1, "rejected": 1, "hidden_by_rule": 0}


def test_fused_candidates_have_the_scores_of_the_fusion() -> None:
    (fused,) = [stage for stage in _explained(Planted()).stages if stage.kind == "fusion"]
    scores = [each.score for each in fused.first if each.score is not None]
    assert len(scores) == len(fused.first)
    assert scores == sorted(scores, reverse=True)
    assert max(scores) <= 2 / 61, "rank 1 of both"


def test_what_an_order_moved_is_counted() -> None:
    chain = Chain(order=({"stage": "seen_before", "share": 0.05},))
    (order,) = [stage for stage in _explained(Planted(chain)).stages if stage.kind == "order"]
    seen = [each.product.item_id in ("i25", "i26") for each in order.first]
    assert sum(seen) == 1, "of the first 20"
    moved = [each for place, each in enumerate(order.first, start=1) if each.was != place]
    assert order.moved == len(moved) > 0


def test_a_product_that_the_shop_no_longer_has_is_named_by_its_id_alone() -> None:
    found = _explained(Planted(), length=20)
    products = {each.product.item_id: each.product.name for each in found.places}
    assert products.pop("i27", "") == ""
    assert all(products.values())


@pytest.mark.parametrize(
    ("planted", "source", "words"),
    [
        (Planted(met=None), "precomputed", "PostgreSQL did not answer"),
        (Planted(features_answered=False), "live", "Feast's online store did not answer"),
    ],
)
def test_what_did_not_answer_is_said(planted: Planted, source: str, words: str) -> None:
    found = _explained(planted)
    assert found.source == source
    assert any(words in note for note in found.notes)
    named = {stage.name: stage for stage in found.stages if stage.kind == "source"}
    assert bool(named["live"].note) == (source != "live")


def test_the_reasons_are_those_of_the_page() -> None:
    found = _explained(Planted(), length=20)
    reasons = {each.product.item_id: each.reason for each in found.places}
    assert reasons["i25"] == "You looked at this before"
    assert reasons["i38"] == "New in the shop"
    assert any(text.startswith("Because you looked at Home|Lamps i2") for text in reasons.values())


def _with(key: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'staff:{key}'.encode()).decode()}"}


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("headers", [{}, _with(""), _with(KEY)])
def test_without_a_key_in_the_settings_there_is_no_page(
    lonely_shop: Flask, method: str, headers: dict[str, str]
) -> None:
    lonely_shop.config["WTF_CSRF_ENABLED"] = False
    ask = getattr(lonely_shop.test_client(), method)
    assert ask("/explain?user=u1", headers=headers).status_code == 404


@pytest.mark.parametrize(
    "headers",
    [{}, _with(""), _with("wrong"), _with(KEY + "x"), {"Authorization": f"Bearer {KEY}"},
     {"Authorization": "Basic ?"}],
)  # fmt: skip
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_lacks_the_key_sees_nothing(
    make_shop: Callable[..., Flask], method: str, headers: dict[str, str]
) -> None:
    shop = make_shop(explain_key=SecretStr(KEY))
    shop.config["WTF_CSRF_ENABLED"] = False
    answer = getattr(shop.test_client(), method)("/explain?user=u1", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic")
    assert "u1" not in answer.text


def test_who_has_the_key_sees_the_form(make_shop: Callable[..., Flask]) -> None:
    client = make_shop(explain_key=SecretStr(KEY)).test_client()
    answer = client.get("/explain", headers=_with(KEY))
    assert answer.status_code == 200
    assert "Why this list?" in answer.text
    assert client.post("/explain", data={"who": "u"}, headers=_with(KEY)).status_code == 400


def test_a_short_key_stops_the_start(settings: StorefrontSettings) -> None:
    with pytest.raises(ValidationError, match="explain_key"):
        StorefrontSettings(**{**settings.model_dump(), "explain_key": "short"})
