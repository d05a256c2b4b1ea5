"""Rules of the shop in the lists of a recommender that runs, and the commands for them."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg
import pytest
from typer.testing import CliRunner

from apps.cli.main import cli
from apps.storefront.catalog.cost_repository import set_costs
from apps.storefront.merchandising.adding import add_rule
from apps.storefront.merchandising.repository import remove
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.merchandising import MerchandisingRule, Surface
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry.catalogue import item_brands
from ml.serving.chain.candidates import ReasonKind
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.errors import ConfigurationError, ContractError
from streams.features.online import TRENDING_SOURCE, WHOLE_SHOP
from support.interactions import interaction

pytestmark = pytest.mark.integration

TREND = [f"i{number:02}" for number in range(40, 60)]
DAY = timedelta(days=1)
WITHIN = 3.0
"""Seconds until a change of the rules is in the lists."""
Eventually = Callable[[Callable[[], bool], float], None]


def rule(name: str = "a pin", **changes: Any) -> MerchandisingRule:
    now = datetime.now(UTC)
    values = {
        "name": name,
        "action": "pin",
        "target": {"items": ["i01"]},
        "amount": 1,
        "starts_at": now - DAY,
        "ends_at": now + DAY,
    }
    return MerchandisingRule.model_validate({**values, **changes})


def store(settings: MlSettings, *rules: MerchandisingRule) -> None:
    with psycopg.connect(settings.database_url) as connection:
        for each in rules:
            add_rule(connection, each, "a test")


def forget(settings: MlSettings, name: str) -> None:
    with psycopg.connect(settings.database_url) as connection:
        assert remove(connection, name)


def listed(recommender: Recommender, surface: Surface | None = None) -> list[str]:
    return list(recommender.recommend(None, [], 12, surface=surface).item_ids)


@pytest.fixture
def products(settings: MlSettings, taste_shop: Any) -> Any:
    """Products of four categories: i02 is discounted, i03 is new, of i07 the shop keeps 40 %."""
    taste_shop.write(settings.database_url)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "update shop.products set actual_price = 10,"
            " discounted_price = case when item_id = 'i02' then 8 else 10 end"
        )
        connection.execute(
            "update shop.products set arrival_date = now() - interval '1 day' where item_id = 'i03'"
        )
        connection.execute(
            "update shop.products set product_name = 'Oakson ' || product_name"
            " where item_id in ('i06', 'i10')"
        )
        connection.execute(
            "update shop.products set category = 'Books|Novels' where item_id in ('i04', 'i08')"
        )
        costs = {
            "i07": Decimal(6),
            "i02": Decimal("4.81"),
            "i05": Decimal("6.01"),
            "i06": Decimal(11),
        }
        set_costs(connection, costs)
    return taste_shop


@pytest.fixture
def recommender(
    settings: MlSettings, products: Any, features: OnlineFeatures, eventually: Eventually
) -> Iterator[Recommender]:
    """It serves what is trending, and has loaded all that it needs for it."""
    row = {"category": [WHOLE_SHOP], "item_ids": [TREND], "event_timestamp": [datetime.now(UTC)]}
    features.push(TRENDING_SOURCE, pd.DataFrame(row))
    recommender = Recommender(settings)
    eventually(lambda: listed(recommender) == TREND[:12], 30)
    yield recommender
    recommender.close()


def test_a_rule_is_in_the_next_page_and_is_gone_when_it_is_removed(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    store(settings, rule())
    eventually(lambda: listed(recommender) == ["i01", *TREND[:11]], WITHIN)
    (first, *_) = recommender.recommend(None, [], 12).candidates
    assert (first.rule, first.reason.kind) == ("a pin", ReasonKind.PROMOTED)
    forget(settings, "a pin")
    eventually(lambda: listed(recommender) == TREND[:12], WITHIN)


def test_a_rule_works_in_its_period_alone(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    now = datetime.now(UTC)
    ended = rule("ended", amount=1, starts_at=now - 2 * DAY, ends_at=now - DAY)
    to_come = rule("to come", amount=2, starts_at=now + DAY, ends_at=now + 2 * DAY)
    soon = timedelta(seconds=6)
    short = rule("short", amount=3, target={"items": ["i05"]}, ends_at=now + soon)
    store(settings, ended, to_come, short)
    eventually(lambda: listed(recommender)[2] == "i05", WITHIN)
    assert "i01" not in listed(recommender)
    eventually(lambda: listed(recommender) == TREND[:12], 6)
    assert now + soon <= datetime.now(UTC)


@pytest.mark.parametrize(
    ("target", "placed"),
    [
        ({"items": ["i09", "i01"]}, ["i09", "i01"]),
        ({"category": "Books|Novels"}, ["i04", "i08"]),
        ({"brand": "OAKSON"}, ["i06", "i10"]),
        ({"new_days": 7}, ["i03"]),
        ({"discounted": True}, ["i02"]),
        ({"min_margin": 0.4}, ["i07"]),
    ],
)
def test_every_target_finds_its_products(
    settings: MlSettings,
    recommender: Recommender,
    eventually: Eventually,
    target: dict[str, Any],
    placed: list[str],
) -> None:
    store(settings, rule(action="promote", amount=2, target=target))
    eventually(lambda: "a pin" in {each.rule for each in _candidates(recommender)}, WITHIN)
    found = {
        place: each.item_id
        for place, each in enumerate(_candidates(recommender), start=1)
        if each.reason.kind is ReasonKind.PROMOTED
    }
    assert found == dict(zip((5, 10), placed, strict=False))


def _candidates(recommender: Recommender) -> Any:
    return recommender.recommend(None, [], 12).candidates


def test_a_brand_is_read_off_the_name(settings: MlSettings, products: Any) -> None:
    with psycopg.connect(settings.database_url) as connection:
        brands = item_brands(connection)
        named: dict[str, str] = dict(
            connection.execute("select item_id, lower(product_name) from shop.products").fetchall()
        )
    assert (brands["i06"], brands["i10"]) == ("oakson", "oakson")
    assert all(named[item].startswith(f"{brand} ") for item, brand in brands.items())


def test_a_rule_works_on_its_occasion_alone(
    settings: MlSettings,
    recommender: Recommender,
    features: OnlineFeatures,
    eventually: Eventually,
) -> None:
    now = datetime.now(UTC)
    days = [f"{now + number * DAY:%A}".lower() for number in (0, 1, 2)]
    store(
        settings,
        rule("today", amount=1, occasion={"weekdays": [days[0], days[1]]}),
        rule("later", amount=2, target={"items": ["i02"]}, occasion={"weekdays": [days[2]]}),
        rule("cart", amount=3, target={"items": ["i05"]}, occasion={"in_cart": "Tools"}),
    )
    eventually(lambda: listed(recommender) == ["i01", *TREND[:11]], WITHIN)

    def shown_to(user: str) -> list[str]:
        return list(recommender.recommend(user, [], 12).item_ids)

    features.extend_live_histories(
        [interaction("tools", "i07", "cart", now), interaction("books", "i08", "cart", now)]
    )
    assert (shown_to("tools")[0], shown_to("tools")[2]) == ("i01", "i05")
    assert shown_to("books")[0] == "i01"
    assert "i05" not in shown_to("books")
    bought = interaction("tools", "i07", "purchase", now + timedelta(seconds=1))
    features.extend_live_histories([bought])
    assert "i05" not in shown_to("tools")


def test_a_category_is_boosted_with_all_below_it_and_only_there(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    boost = rule(
        action="boost", amount=100, target={"category": "Tools"}, audience={"surface": "home"}
    )
    store(settings, boost)
    tools = [item for item in TREND if int(item[1:]) % 4 == 3]
    eventually(lambda: listed(recommender, Surface.HOME)[:5] == tools, WITHIN)
    assert listed(recommender, Surface.RECOMMENDATIONS) == TREND[:12]
    assert listed(recommender) == TREND[:12]


def test_what_a_rule_hides_is_in_no_list_and_no_pin_brings_it_back(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    hide = rule("no tools", action="hide", amount=0, target={"category": "Tools"})
    tools = {item for item in TREND if int(item[1:]) % 4 == 3}
    store(settings, hide, rule(target={"items": ["i47", "i01"]}))
    left = [item for item in TREND if item not in tools]
    eventually(lambda: listed(recommender) == ["i01", *left[:11]], WITHIN)
    forget(settings, "no tools")
    eventually(lambda: listed(recommender) == ["i47", *TREND[:7], *TREND[8:12]], WITHIN)


def test_a_rule_for_an_age_follows_the_year_of_birth(
    settings: MlSettings, recommender: Recommender, eventually: Eventually
) -> None:
    this_year = datetime.now(UTC).year
    with psycopg.connect(settings.database_url) as connection:
        connection.cursor().executemany(
            "insert into shop.users (user_id, user_name, birth_year) values (%s, 'Ada', %s)",
            [("grown", this_year - 19), ("perhaps", this_year - 18), ("silent", None)],
        )
    adults_only = rule(
        action="hide", amount=0, target={"items": TREND[:3]}, audience={"max_age": 17}
    )
    store(settings, adults_only, rule("old", audience={"min_age": 18}))
    eventually(lambda: listed(recommender) == TREND[3:15], WITHIN)
    shown = {
        user: list(recommender.recommend(user, [], 12).item_ids)
        for user in ("grown", "perhaps", "silent", "without an account")
    }
    assert shown.pop("grown") == ["i01", *TREND[:11]]
    assert all(each == TREND[3:15] for each in shown.values())


def test_a_pin_is_for_who_likes_the_department_and_never_what_was_bought(
    settings: MlSettings, products: Any, eventually: Eventually
) -> None:
    dataset = load_dataset(settings, datetime.now(UTC))
    publish(
        Ranker(
            train(dataset, TowersConfig(epochs=1, dim=8, text_encoder=None), seed=1),
            {},
            {"two_tower": 1.0},
        ),
        dataset,
        settings,
        until=datetime.now(UTC),
        parameters={},
        metrics={},
        progress=lambda *_: None,
    )
    bought = dataset.interactions.query("user_id == 'u00' and interaction_type == 'purchase'")
    items = [*bought["item_id"], "i79"]
    store(settings, rule(target={"items": items}, audience={"department": "Garden"}))
    recommender = Recommender(settings)
    try:

        def first(user: str, *preferences: str) -> str:
            return recommender.recommend(user, preferences, 10).item_ids[0]

        eventually(lambda: recommender.recommend("u00", [], 10).source == "precomputed", 30)
        eventually(lambda: first("u00", "Garden") == "i79", 10)
        assert first("u00", "Books") != "i79"
        assert first("u01", "Garden") == items[0], "they have not bought it"
    finally:
        recommender.close()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"target": {"items": ["i01", "x1", "x2"]}}, "no product with the id x1, x2"),
        ({"target": {"category": "Book"}}, "no products in the category Book$"),
        ({"target": {"brand": "Oak"}}, "no products of the brand Oak$"),
        ({"audience": {"department": "Toys"}}, "no products in the category Toys"),
        ({"occasion": {"in_cart": "Toys"}}, "no products in the category Toys"),
        ({"name": "stored"}, "there is a rule stored already"),
        ({}, "the rule stored pins place 1 in a period that overlaps"),
    ],
)
def test_a_rule_that_cannot_work_is_refused(
    settings: MlSettings, products: Any, changes: dict[str, Any], sentence: str
) -> None:
    store(settings, rule("stored"))
    with pytest.raises(ContractError, match=sentence):
        store(settings, rule(**{"name": "new", **changes}))
    if "name" not in changes:
        store(settings, rule("elsewhere", amount=2))


@pytest.fixture
def recsys(settings: MlSettings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    monkeypatch.setenv("RECSYS_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("RECSYS_MODELS_DIR", str(settings.models_dir))

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, ["rules", *arguments], env={"COLUMNS": "80"})
        if result.exception:
            raise result.exception
        return result.output

    return run


def test_rules_are_added_listed_shown_and_removed_by_the_command(
    recsys: Callable[..., str], products: Any, tmp_path: Path
) -> None:
    options = ("--action", "boost", "--amount", "3", "--category", "Tools", "--surface", "home",
               "--min-age", "18", "--max-age", "30", "--weekday", "friday", "--weekday", "monday",
               "--hours", "17", "20", "--time-zone", "Europe/Berlin", "--in-cart",
               "Books")  # fmt: skip
    assert "the rule Tools first works from" in recsys(
        "add", "--name", "Tools first", *options, "--until", "14d"
    )
    shown = recsys("show", "Tools first")
    written, _, added = shown.rpartition("added ")
    assert json.loads(written)["audience"] == {"surface": "home", "min_age": 18, "max_age": 30}
    assert json.loads(written)["occasion"] == {
        "weekdays": ["friday", "monday"],
        "hours": [17, 20],
        "time_zone": "Europe/Berlin",
        "in_cart": "Books",
    }
    assert "@" in added
    recsys("add", "--name", "none", "--action", "hide", "--item", "i01", "--until", "1d")
    assert json.loads(recsys("show", "none").rpartition("added ")[0])["action"] == "hide"
    table = recsys("list")
    assert "boost 3" in table
    assert "hide" in table
    assert max(map(len, table.splitlines())) <= 80
    recsys("remove", "Tools first")
    file = tmp_path / "rule.json"
    file.write_text(written)
    recsys("add", "--file", str(file))
    assert recsys("show", "Tools first").startswith(written)
    for command in ("show", "remove"):
        with pytest.raises(ConfigurationError, match="there is no rule other"):
            recsys(command, "other")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--name", "n", "--action", "pin", "--amount", "1"), "ends_at: Field required"),
        (
            ("--name", "n", "--action", "pin", "--amount", "1", "--item", "i01", "--until",
             "2020-01-01"),
            "rule: the period ends before it begins",
        ),
        (("--name", "n", "--file", "rule.json"), "the file says all of the rule; leave out name"),
        (("--file", "rule.json"), "ends_at: Field required"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_by_the_command(
    recsys: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    sentence: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("rule.json").write_text('{"name": "n", "action": "pin", "target": {"items": ["i01"]}}')
    with pytest.raises(ContractError, match=sentence):
        recsys("add", *arguments)


def test_a_preview_shows_both_lists_and_stores_nothing(
    recsys: Callable[..., str], recommender: Recommender
) -> None:
    pin = ("--name", "a pin", "--action", "pin", "--amount", "2", "--item", "i01", "--until", "1d",
           "--in-cart", "Books")  # fmt: skip
    shown = recsys("preview", "--length", "12", *pin)
    assert max(map(len, shown.splitlines())) <= 80
    rows = {words[1]: words for line in shown.splitlines() if (words := line.split())[1:2]}
    assert (rows["1"][3], rows["1"].count("i40")) == ("i40", 2)
    assert "i41" in rows["2"]
    assert "i01" in rows["2"]
    assert "pin" in rows["2"]
    assert "i41" in rows["3"]
    assert "a pin" not in recsys("list")
    assert listed(recommender) == TREND[:12]

    gardener = ("u01", "--name", "b", "--action", "pin", "--amount", "1", "--item", "i01")
    other = recsys("preview", *gardener, "--department", "Books", "--until", "1d")
    assert "the rule is not for this shopper" in other
    again = recsys("preview", *pin[:4], "--amount", "1", "--item", "i40", "--until", "1d")
    assert "i40" in again
