import json
import re
import shutil
import threading
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from typer.testing import CliRunner

from apps.cli import explain, model, versions
from apps.cli.main import cli
from ml.card.make import TrainingRun, make_card, write_card
from ml.evaluation.findings import BlendChoice
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry import publication_lock, repository
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.errors import ConfigurationError, UnavailableError
from support.interactions import interaction
from support.laptop import free_ports

pytestmark = pytest.mark.integration

CONFIG = TowersConfig(epochs=2, dim=8, text_encoder=None)


@pytest.fixture
def recsys(settings: MlSettings, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The command on this test's database, as if the rest of the stack ran too."""
    stack = SimpleNamespace(
        database_url=settings.database_url,
        settings=SimpleNamespace(state_dir=settings.models_dir.parent),
        explain_url="http://staff:key@shop/explain",
    )
    for module in (explain, model, versions):
        monkeypatch.setattr(module, "running_stack", lambda: stack)
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> str:
        result = CliRunner().invoke(cli, arguments)
        if result.exception:
            raise result.exception
        return result.output

    return run


@pytest.fixture
def bundles(settings: MlSettings, taste_shop: Any, tmp_path: Path) -> list[Bundle]:
    """Two versions, the second one live; the first has a card, the second has none."""
    taste_shop.write(settings.database_url)
    now = datetime.now(UTC)
    dataset = load_dataset(settings, now)
    published = []
    for seed in (1, 2):
        bundle = train(dataset, CONFIG, seed=seed)
        training = TrainingRun(bundle.version, seed, CONFIG, 1.0, [2.0, 1.5])
        card = make_card(
            dataset,
            training,
            validation=None,
            cold_start=False,
            ranking=BlendChoice(weights={"two_tower": 1.0}, reason="By default."),
            progress=lambda *_: None,
        )
        write_card(card, tmp_path / "card")
        publish(
            Ranker(bundle, {}, {"two_tower": 1.0}),
            dataset,
            settings,
            until=now,
            parameters={},
            metrics={"recall_at_20": seed / 8},
            card=tmp_path / "card" if seed == 1 else None,
            progress=lambda *_: None,
        )
        published.append(bundle)
    return published


def test_the_card_of_a_named_and_of_the_live_version(
    recsys: Any, settings: MlSettings, bundles: list[Bundle]
) -> None:
    first, second = (bundle.version for bundle in bundles)

    printed = recsys("card", first)

    assert f"Model card {first}" in printed
    assert "Nothing was measured for this version" in printed
    assert "Mean loss 2.0000 in the first epoch" in printed
    shutil.rmtree(settings.models_dir)
    assert recsys("card", first) == printed, "it is fetched from the registry"
    folder = settings.models_dir.resolve() / first / "card"
    assert recsys("card", first, "--path") == f"{folder}\n"
    with pytest.raises(ConfigurationError, match=f"version {second} has no card"):
        recsys("card")
    with psycopg.connect(settings.database_url) as connection:
        repository.switch_live(connection, first, by="a test", reason="rollback", to_older=True)
    assert recsys("card") == printed


def test_the_versions_with_the_live_one_marked(recsys: Any, bundles: list[Bundle]) -> None:
    lines = recsys("model", "list").splitlines()

    (first,) = [line for line in lines if bundles[0].version in line]
    (second,) = [line for line in lines if bundles[1].version in line]
    assert "0.1250" in first
    assert "previous" in first
    assert "0.2500" in second
    assert "champion" in second


def test_a_rollback_and_a_promotion_tell_who_and_why(
    recsys: Any, settings: MlSettings, bundles: list[Bundle]
) -> None:
    first, second = (each.version for each in bundles)
    assert recsys("model", "rollback", "--reason", "odd lists") == f"version {first} is live\n"
    shown = recsys("model", "show", first)
    assert "champion" in shown
    assert "0.1250" in shown
    assert f"{second} -> {first}, odd lists, by {publication_lock.owner()}" in shown.replace(
        "\n", " "
    )
    assert recsys("model", "promote", second) == f"version {second} is live\n"
    with psycopg.connect(settings.database_url) as connection:
        live = repository.live(connection)
    assert live is not None
    assert (live.version, live.previous) == (second, first)


def test_two_versions_are_compared(recsys: Any, bundles: list[Bundle]) -> None:
    first, second = (each.version for each in bundles)
    compared = recsys("model", "compare", first, second)
    assert "0.1250" in compared
    assert "+0.125" in compared
    assert re.search(r"their lists share \d+%, over 60 users", compared)


def test_there_is_nothing_to_go_back_to(recsys: Any) -> None:
    with pytest.raises(ConfigurationError, match="no version to go back to"):
        recsys("model", "rollback")


def test_a_version_that_is_not_there(recsys: Any, bundles: list[Bundle]) -> None:
    for name in ("19990101T000000Z-00000000", "../models", f"{bundles[0].version}/card"):
        with pytest.raises(ConfigurationError, match="there is no version"):
            recsys("card", name)
        with pytest.raises(ConfigurationError, match="there is no version"):
            recsys("model", "promote", name)


def test_top_k_of_a_user_by_id_address_or_name(
    recsys: Any, settings: MlSettings, bundles: list[Bundle]
) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "insert into shop.users (user_id, user_name, email, password_hash) values"
            " ('u07', 'Ada Lovelace', 'ada@example.org', 'x'),"
            " ('u08', 'Grace Hopper', 'grace@example.org', 'x'),"
            " ('u09', 'Grace Hopper', 'hopper@example.org', 'x')"
        )
    listed = json.loads(recsys("top-k", "u07", "--json"))
    assert listed["model_version"] == bundles[1].version
    assert len(listed["item_ids"]) == 10
    for text in ("ada@example.org", "Ada@Example.org", "Ada Lovelace", "ada lovelace", "Shopper 7"):
        assert json.loads(recsys("top-k", text, "--json")) == listed, text
    table = recsys("top-k", "Ada Lovelace")
    assert all(item_id in table for item_id in listed["item_ids"])
    assert "user u07" in table

    with pytest.raises(ConfigurationError, match="2 users have the name Grace Hopper: u08, u09"):
        recsys("top-k", "Grace Hopper")
    with pytest.raises(ConfigurationError, match="no user has the id, e-mail address or name xy"):
        recsys("top-k", "xy")


def test_top_k_leaves_no_connection_open(recsys: Any, bundles: list[Bundle]) -> None:
    before = set(threading.enumerate())
    recsys("top-k", "u07")
    assert set(threading.enumerate()) <= before, "the pool's threads end with a traceback"


def test_top_k_of_a_user_without_a_list(recsys: Any, settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("insert into shop.users (user_id, user_name) values ('u1', 'Ada')")
    with pytest.raises(ConfigurationError, match="user u1 has no list yet"):
        recsys("top-k", "Ada")


def test_a_list_is_explained_within_80_columns(
    recsys: Any,
    settings: MlSettings,
    bundles: list[Bundle],
    features: OnlineFeatures,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    now = datetime.now(UTC)
    long_id, long_name = "i" * 128, "a name that goes on and on " * 18
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "insert into shop.products (item_id, product_name, category, arrival_date)"
            " values (%s, %s, 'Books', now())",
            (long_id, long_name),
        )
    features.extend_live_histories(
        [interaction("u07", "i05", "view", now), interaction("u07", long_id, "cart", now)]
    )

    found = json.loads(recsys("explain", "Shopper 7", "--json", "--limit", "50"))
    assert (found["user_id"], found["source"], found["acted_since"]) == ("u07", "live", True)
    assert found["model_version"] == bundles[1].version
    assert len(found["places"]) == 40
    assert [event["kind"] for event in found["history"]] == ["cart", "view"]
    assert found["bought_items"] > 0

    shown = recsys("explain", "u07", "--surface", "home", "--limit", "5")
    assert max(map(len, shown.splitlines())) <= 80
    for text in ("preferences", "Tools", "live", "spread", "the list: live", "i05 Garden 5"):
        assert text in shown, text


def test_the_page_that_explains_a_list_is_opened_with_its_key(
    recsys: Any, bundles: list[Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr("typer.launch", opened.append)
    recsys("explain", "Shopper 7", "--open", "--surface", "home")
    assert opened == ["http://staff:key@shop/explain?user=u07&surface=home&limit=20"]


def test_explaining_leaves_no_connection_open(recsys: Any, bundles: list[Bundle]) -> None:
    before = set(threading.enumerate())
    recsys("explain", "u07")
    assert set(threading.enumerate()) <= before


def test_a_list_is_explained_before_the_first_training(recsys: Any, settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("insert into shop.users (user_id, user_name) values ('u1', 'Ada')")
    shown = recsys("explain", "Ada")
    assert "No model is live" in shown
    assert "the shop shows its newest products" in shown


def test_before_the_first_training_there_is_no_card(recsys: Any) -> None:
    with pytest.raises(ConfigurationError, match="no model is live"):
        recsys("card")


def test_a_switch_holds_without_the_model_registry_and_the_list_says_what_it_lacks(
    recsys: Any, bundles: list[Bundle], settings: MlSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigurationError, match="set RECSYS_MODEL_REGISTRY_URL"):
        recsys("model", "sync")
    assert "model registry" not in recsys("model", "list")

    closed = f"http://127.0.0.1:{free_ports(1)[0]}"
    monkeypatch.setenv("RECSYS_MODEL_REGISTRY_URL", closed)
    first = bundles[0].version
    told = recsys("model", "promote", first)
    assert told.startswith(f"version {first} is live\nthe model registry lacks the newest changes")
    with psycopg.connect(settings.database_url) as connection:
        assert repository.live_version(connection) == first
    with pytest.raises(UnavailableError, match="does not answer"):
        recsys("model", "sync")
    listed = recsys("model", "list")
    assert re.search(rf"model registry lacks changes since .*: {closed} does not answer", listed)
    assert "copy them with: recsys model sync" in listed
