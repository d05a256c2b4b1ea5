"""Publications of a version, and what belongs to it."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from ml.dataset import Dataset
from ml.features.online import OnlineFeatures
from ml.gate import twin
from ml.gate.decision import Decision
from ml.gate.live import LiveVersion
from ml.ranking.ranker import Ranker
from ml.registry import bought_together, item_vectors, publication_lock, repository
from ml.registry.shoppers import met_items
from ml.serving.batch import index_items
from ml.serving.co_purchases import co_purchases
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from streams import erasures
from streams.contracts import new_id
from streams.errors import ModelError
from support.publishing_shop import Shop

pytestmark = pytest.mark.integration


@pytest.fixture
def shop(settings: MlSettings, taste_shop: Any) -> Shop:
    return Shop(settings, taste_shop)


def test_a_publication_that_breaks_off_leaves_the_old_version_live_and_can_be_repeated(
    settings: MlSettings, shop: Shop, features: OnlineFeatures
) -> None:
    first = shop.train(1)
    second = shop.train(2)
    shop.publish(first)
    users = shop.dataset.known_users()["user_id"].tolist()

    def break_off(what: str, done: int, total: int) -> None:
        if what == "users' lists" and done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.publish(second, break_off)
    assert shop.live_version() == first.version
    assert len(features.top_k_of(first.version, users)) == len(users)
    assert sorted(features.listed_versions()) == sorted([first.version, second.version])

    shop.publish(second)
    shop.publish(second)

    live = shop.live()
    assert live is not None
    assert (live.version, live.previous) == (second.version, first.version)
    assert shop.count("ml.model_versions") == 2
    assert shop.count("ml.item_vectors") == 2 * 80
    assert features.top_k(second.version, "u00")


def test_a_rollback_is_the_same_switch(settings: MlSettings, shop: Shop) -> None:
    first, second = (shop.train(seed) for seed in (1, 2))
    shop.publish(first)
    shop.publish(second)

    live = shop.live()
    assert live is not None
    assert live.previous is not None
    with psycopg.connect(settings.database_url) as connection:
        repository.switch_live(connection, live.previous, by="a test", reason="test", to_older=True)

    live = shop.live()
    assert live is not None
    assert (live.version, live.previous) == (first.version, second.version)


def test_what_a_killed_publication_left_is_removed_by_the_next(
    settings: MlSettings, shop: Shop, features: OnlineFeatures
) -> None:
    killed, following = (shop.train(seed) for seed in (1, 2))

    def kill(what: str, _done: int, _total: int) -> None:
        if what == "users' lists":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        shop.publish(killed, kill)
    assert features.listed_versions() == [killed.version]

    shop.publish(following)

    assert features.listed_versions() == [following.version]
    assert shop.count("ml.model_versions") == 1
    assert shop.count("ml.item_vectors") == 80
    assert [folder.name for folder in settings.models_dir.iterdir()] == [following.version]


def test_one_publication_at_a_time_and_the_other_is_named(settings: MlSettings, shop: Shop) -> None:
    bundle = shop.train(1)
    owner = re.escape(publication_lock.owner())
    with (
        publication_lock.one_at_a_time(settings.database_url),
        pytest.raises(ModelError, match=f"in progress by {owner} since 20"),
    ):
        shop.publish(bundle)
    assert shop.live() is None

    shop.publish(bundle)

    assert shop.live_version() == bundle.version


def test_a_version_of_older_data_does_not_replace_the_live_one(
    settings: MlSettings, shop: Shop, features: OnlineFeatures
) -> None:
    newer, older = (shop.train(seed) for seed in (1, 2))
    now = datetime.now(UTC)
    shop.publish(newer, until=now)
    with pytest.raises(ModelError, match="it would be a step back"):
        shop.publish(older, until=now - timedelta(minutes=1))
    assert shop.live_version() == newer.version
    assert features.top_k(newer.version, "u00")


def test_an_empty_catalogue_is_not_published(settings: MlSettings, shop: Shop) -> None:
    bundle = shop.train(1)
    emptied = Dataset(shop.dataset.interactions, shop.dataset.users, shop.dataset.items.iloc[:0])

    with pytest.raises(ModelError, match="catalogue is empty"):
        shop.publish(bundle, dataset=emptied)

    assert shop.live() is None


def test_item_vectors_and_popular_items_are_those_of_the_bundle(
    settings: MlSettings, shop: Shop
) -> None:
    bundle = shop.train(1)
    shop.publish(bundle)

    index = index_items(bundle, shop.dataset)
    with psycopg.connect(settings.database_url) as connection:
        found = dict(item_vectors.every_item_vector(connection, bundle.version))
        popular = repository.popular_items(connection, bundle.version)
        met = met_items(connection, "u00")
    assert list(found) == sorted(index.item_ids)
    np.testing.assert_array_equal([found[item_id] for item_id in index.item_ids], index.vectors)
    mine = shop.dataset.interactions.query("user_id == 'u00'")
    assert set(met) == set(mine["item_id"])
    bought = mine.query("interaction_type == 'purchase'").groupby("item_id")["timestamp"].max()
    assert {item: each.bought_at for item, each in met.items() if each.bought_at} == dict(bought)
    buyers = shop.dataset.interactions.groupby("item_id")["user_id"].nunique()
    assert [buyers[item] for item in popular] == sorted(buyers, reverse=True)


def test_what_is_bought_together_belongs_to_the_version(settings: MlSettings, shop: Shop) -> None:
    first, second = (shop.train(seed) for seed in (1, 2))
    first.version, second.version = f"1-{first.version}", f"2-{second.version}"
    shop.publish(first)
    expected = list(co_purchases(shop.dataset.interactions, shop.dataset.items["item_id"].tolist()))
    with psycopg.connect(settings.database_url) as connection:
        found = list(bought_together.read(connection, first.version))
    assert found
    assert [each[:3] for each in found] == [each[:3] for each in expected]
    for each, made in zip(found, expected, strict=True):
        np.testing.assert_allclose(each.lifts, made.lifts, rtol=1e-6)

    shop.publish(second)
    assert shop.count("ml.bought_together") == 2 * len(expected)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update ml.live_version set previous_version = null")
        repository.delete_old(connection, keep=1)
    assert shop.count("ml.bought_together") == len(expected)


@pytest.mark.parametrize("promoted", [True, False])
def test_a_rejected_version_is_complete_and_waits(
    settings: MlSettings, shop: Shop, features: OnlineFeatures, *, promoted: bool
) -> None:
    live, bundle = (shop.train(seed) for seed in (1, 2))
    shop.publish(live)
    decision = Decision(
        promoted=promoted,
        reason="It was judged.",
        checks=[],
        evaluated_users=60,
        compared_with=live.version,
        notes=[],
    )
    twin.save(Ranker(live, {}, {"two_tower": 1.0}), settings.models_dir.parent / "twin")

    for _ in range(2):
        shop.publish(bundle, twin=settings.models_dir.parent / "twin", decision=decision)

    assert shop.live_version() == (bundle.version if promoted else live.version)
    assert features.top_k(bundle.version, "u00")
    assert features.top_k(live.version, "u00")
    with psycopg.connect(settings.database_url) as connection:
        kept = {model.version: model for model in repository.versions(connection)}
        reasons = [each.reason for each in repository.switches(connection, 1, bundle.version)]
        repository.switch_live(connection, bundle.version, by="a test", reason="by hand")
    assert Decision.model_validate(kept[bundle.version].decision) == decision
    assert kept[live.version].decision is None
    assert reasons == (["It was judged."] if promoted else [])
    assert shop.live_version() == bundle.version
    found = LiveVersion.read(settings)
    assert found is not None
    assert found.twin is not None
    assert found.twin.bundle.version == live.version
    assert found.item_ids == set(shop.dataset.items["item_id"])


def test_bundles_of_deleted_versions_go_with_them(
    settings: MlSettings, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository.delete_old, "__defaults__", (1, 1))
    versions = []
    for seed in range(4):
        bundle = shop.train(seed)
        # Versions made within one second would sort by their weights.
        bundle.version = f"2026010{seed + 1}T000000Z-{seed}"
        shop.publish(bundle)
        versions.append(bundle.version)

    folders = {folder.name for folder in Path(settings.models_dir).iterdir()}
    assert folders == set(versions[-2:])
    assert Bundle.load(settings.models_dir / versions[-1]).version == versions[-1]


def test_a_user_who_is_erased_during_the_training_gets_no_list(
    settings: MlSettings, shop: Shop, features: OnlineFeatures
) -> None:
    bundle = shop.train(1)
    with psycopg.connect(settings.database_url) as connection:
        erasures.note(connection, new_id(), "u01", {})
    shop.publish(bundle)
    assert features.top_k_of(bundle.version, ["u00", "u01", "u02"]).keys() == {"u00", "u02"}
    assert features.forget(["u01"]) == {"u01": {}}
    assert features.forget(["u02"]) == {"u02": {"feast.user_top_k_items": 1}}
    assert features.top_k(bundle.version, "u02") is None
