import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest

from ml.dataset import Dataset
from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.gate import twin
from ml.gate.decision import Decision
from ml.gate.live import LiveVersion
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry import bought_together, item_vectors, publication_lock, repository
from ml.registry.repository import ModelVersion
from ml.registry.shoppers import met_items
from ml.serving.batch import index_items
from ml.serving.co_purchases import co_purchases
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams import erasures
from streams.contracts import new_id
from streams.errors import ModelError

pytestmark = pytest.mark.integration

CONFIG = TowersConfig(epochs=2, dim=8, text_encoder=None)


def _quiet(_what: str, _done: int, _total: int) -> None:
    pass


def _dataset(settings: MlSettings, taste_shop: Any) -> Dataset:
    taste_shop.write(settings.database_url)
    return load_dataset(settings, datetime.now(UTC))


def _publish(
    settings: MlSettings,
    dataset: Dataset,
    bundle: Bundle,
    progress: Any = _quiet,
    until: datetime | None = None,
) -> None:
    publish(
        Ranker(bundle, {}, {"two_tower": 1.0}),
        dataset,
        settings,
        until=until or datetime.now(UTC),
        parameters={},
        metrics={"recall_at_20": 0.5},
        progress=progress,
    )


def _count(settings: MlSettings, table: str) -> int:
    with psycopg.connect(settings.database_url) as connection:
        (count,) = connection.execute(f"select count(*) from {table}").fetchone() or (0,)
    return count


def _live(settings: MlSettings) -> repository.Live | None:
    with psycopg.connect(settings.database_url) as connection:
        return repository.live(connection)


def test_a_publication_that_breaks_off_leaves_the_old_version_live_and_can_be_repeated(
    settings: MlSettings, features: OnlineFeatures, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    first = train(dataset, CONFIG, seed=1)
    second = train(dataset, CONFIG, seed=2)
    _publish(settings, dataset, first)
    users = dataset.known_users()["user_id"].tolist()

    def break_off(what: str, done: int, total: int) -> None:
        if what == "users' lists" and done == total:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _publish(settings, dataset, second, break_off)
    assert _live(settings).version == first.version
    assert len(features.top_k_of(first.version, users)) == len(users)
    assert sorted(features.listed_versions()) == sorted([first.version, second.version])

    _publish(settings, dataset, second)
    _publish(settings, dataset, second)

    live = _live(settings)
    assert (live.version, live.previous) == (second.version, first.version)
    assert _count(settings, "ml.model_versions") == 2
    assert _count(settings, "ml.item_vectors") == 2 * 80
    assert features.top_k(second.version, "u00")


def test_a_rollback_is_the_same_switch(settings: MlSettings, taste_shop: Any) -> None:
    dataset = _dataset(settings, taste_shop)
    first, second = (train(dataset, CONFIG, seed=seed) for seed in (1, 2))
    _publish(settings, dataset, first)
    _publish(settings, dataset, second)

    with psycopg.connect(settings.database_url) as connection:
        _switch(connection, _live(settings).previous)

    live = _live(settings)
    assert (live.version, live.previous) == (first.version, second.version)


def test_what_a_killed_publication_left_is_removed_by_the_next(
    settings: MlSettings, features: OnlineFeatures, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    killed, following = (train(dataset, CONFIG, seed=seed) for seed in (1, 2))

    def kill(what: str, _done: int, _total: int) -> None:
        if what == "users' lists":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        _publish(settings, dataset, killed, kill)
    assert features.listed_versions() == [killed.version]

    _publish(settings, dataset, following)

    assert features.listed_versions() == [following.version]
    assert _count(settings, "ml.model_versions") == 1
    assert _count(settings, "ml.item_vectors") == 80
    assert [folder.name for folder in settings.models_dir.iterdir()] == [following.version]


def test_one_publication_at_a_time_and_the_other_is_named(
    settings: MlSettings, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    bundle = train(dataset, CONFIG, seed=1)
    owner = re.escape(publication_lock.owner())
    with (
        publication_lock.one_at_a_time(settings.database_url),
        pytest.raises(ModelError, match=f"in progress by {owner} since 20"),
    ):
        _publish(settings, dataset, bundle)
    assert _live(settings) is None

    _publish(settings, dataset, bundle)

    assert _live(settings).version == bundle.version


def test_a_version_of_older_data_does_not_replace_the_live_one(
    settings: MlSettings, features: OnlineFeatures, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    newer, older = (train(dataset, CONFIG, seed=seed) for seed in (1, 2))
    now = datetime.now(UTC)
    _publish(settings, dataset, newer, until=now)
    with pytest.raises(ModelError, match="it would be a step back"):
        _publish(settings, dataset, older, until=now - timedelta(minutes=1))
    assert _live(settings).version == newer.version
    assert features.top_k(newer.version, "u00")


def test_a_switch_keeps_who_when_and_why(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        for name in ("a", "b"):
            _bare_version(connection, name)
            repository.switch_live(connection, name, by=f"who made {name}", reason="published")
        repository.switch_live(connection, "b", by="nobody", reason="nothing changes")
        repository.switch_live(connection, "a", by="an analyst", reason="rollback")
        found = repository.switches(connection, 2, "b")
    assert [(each.version, each.previous, each.switched_by, each.reason) for each in found] == [
        ("a", "b", "an analyst", "rollback"),
        ("b", "a", "who made b", "published"),
    ]


def test_an_empty_catalogue_is_not_published(settings: MlSettings, taste_shop: Any) -> None:
    dataset = _dataset(settings, taste_shop)
    bundle = train(dataset, CONFIG, seed=1)
    emptied = Dataset(dataset.interactions, dataset.users, dataset.items.iloc[:0])

    with pytest.raises(ModelError, match="catalogue is empty"):
        _publish(settings, emptied, bundle)

    assert _live(settings) is None


def test_item_vectors_and_popular_items_are_those_of_the_bundle(
    settings: MlSettings, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    bundle = train(dataset, CONFIG, seed=1)
    _publish(settings, dataset, bundle)

    index = index_items(bundle, dataset)
    with psycopg.connect(settings.database_url) as connection:
        found = dict(item_vectors.every_item_vector(connection, bundle.version))
        popular = repository.popular_items(connection, bundle.version)
        met = met_items(connection, "u00")
    assert list(found) == sorted(index.item_ids)
    np.testing.assert_array_equal([found[item_id] for item_id in index.item_ids], index.vectors)
    mine = dataset.interactions.query("user_id == 'u00'")
    assert set(met) == set(mine["item_id"])
    bought = mine.query("interaction_type == 'purchase'").groupby("item_id")["timestamp"].max()
    assert {item: each.bought_at for item, each in met.items() if each.bought_at} == dict(bought)
    buyers = dataset.interactions.groupby("item_id")["user_id"].nunique()
    assert [buyers[item] for item in popular] == sorted(buyers, reverse=True)


def test_what_is_bought_together_belongs_to_the_version(
    settings: MlSettings, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    first, second = (train(dataset, CONFIG, seed=seed) for seed in (1, 2))
    first.version, second.version = f"1-{first.version}", f"2-{second.version}"
    _publish(settings, dataset, first)
    expected = list(co_purchases(dataset.interactions, dataset.items["item_id"].tolist()))
    with psycopg.connect(settings.database_url) as connection:
        found = list(bought_together.read(connection, first.version))
    assert found
    assert [each[:3] for each in found] == [each[:3] for each in expected]
    for each, made in zip(found, expected, strict=True):
        np.testing.assert_allclose(each.lifts, made.lifts, rtol=1e-6)

    _publish(settings, dataset, second)
    assert _count(settings, "ml.bought_together") == 2 * len(expected)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update ml.live_version set previous_version = null")
        repository.delete_old(connection, keep=1)
    assert _count(settings, "ml.bought_together") == len(expected)


def test_vectors_that_were_written_since_a_snapshot_are_found(settings: MlSettings) -> None:
    one, two = np.eye(4, dtype=np.float32)[:2]
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion("v"))
        item_vectors.write_item_vectors(
            connection, "v", ["a", "b"], np.stack([one, one]), [None, None]
        )
    insert = "insert into ml.item_vectors (version, item_id, embedding) values ('v', %s, %s)"
    change = " on conflict (version, item_id) do update set embedding = excluded.embedding"

    with (
        psycopg.connect(settings.database_url) as reader,
        psycopg.connect(settings.database_url) as slow,
    ):
        reader.autocommit = True
        slow.execute(insert, ("late", "[0,1,0,0]"))  # begins before the snapshot, commits after it
        before = item_vectors.snapshot(reader)
        with psycopg.connect(settings.database_url) as connection:
            connection.execute(insert + change, ("b", "[0,1,0,0]"))
        assert set(item_vectors.changed_item_vectors(reader, "v", before)) == {"b"}
        slow.commit()
        found = item_vectors.changed_item_vectors(reader, "v", before)
        assert {item_id: vector.tolist() for item_id, vector in found.items()} == {
            "b": two.tolist(),
            "late": two.tolist(),
        }
        after = item_vectors.snapshot(reader)
        assert item_vectors.changed_item_vectors(reader, "v", after) == {}
        assert set(item_vectors.departed_items(reader, "v")) == {"a", "b", "late"}


def _bare_version(
    connection: repository.Connection, version: str, decision: dict[str, Any] | None = None
) -> None:
    repository.register(connection, ModelVersion(version, decision=decision))
    item_vectors.write_item_vectors(
        connection, version, ["i"], np.zeros((1, 4), dtype=np.float32), [None]
    )
    repository.mark_published(connection, version)


def _switch(connection: repository.Connection, version: str) -> None:
    repository.switch_live(connection, version, by="a test", reason="test", to_older=True)


@pytest.mark.parametrize("promoted", [True, False])
def test_a_rejected_version_is_complete_and_waits(
    settings: MlSettings, features: OnlineFeatures, taste_shop: Any, *, promoted: bool
) -> None:
    dataset = _dataset(settings, taste_shop)
    live, bundle = (train(dataset, CONFIG, seed=seed) for seed in (1, 2))
    _publish(settings, dataset, live)
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
        publish(
            Ranker(bundle, {}, {"two_tower": 1.0}),
            dataset,
            settings,
            until=datetime.now(UTC),
            parameters={},
            metrics={},
            twin=settings.models_dir.parent / "twin",
            decision=decision,
            progress=_quiet,
        )

    assert _live(settings).version == (bundle.version if promoted else live.version)
    assert features.top_k(bundle.version, "u00")
    assert features.top_k(live.version, "u00")
    with psycopg.connect(settings.database_url) as connection:
        kept = {model.version: model for model in repository.versions(connection)}
        reasons = [each.reason for each in repository.switches(connection, 1, bundle.version)]
        repository.switch_live(connection, bundle.version, by="a test", reason="by hand")
    assert Decision.model_validate(kept[bundle.version].decision) == decision
    assert kept[live.version].decision is None
    assert reasons == (["It was judged."] if promoted else [])
    assert _live(settings).version == bundle.version
    found = LiveVersion.read(settings)
    assert found.twin.bundle.version == live.version
    assert found.item_ids == set(dataset.items["item_id"])


def test_only_a_complete_version_can_go_live(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion("empty"))
        for version in ("empty", "unknown"):
            with pytest.raises(ModelError, match=version):
                _switch(connection, version)


def test_old_versions_go_but_never_the_live_one_or_its_predecessor(settings: MlSettings) -> None:
    names = [f"2026010{day}T000000Z-000000" for day in range(1, 9)]
    with psycopg.connect(settings.database_url) as connection:
        for name in names:
            _bare_version(connection, name)
        _switch(connection, names[0])
        _switch(connection, names[1])

        deleted = repository.delete_old(connection, keep=3)

        assert deleted == names[2:5]
        kept = [model.version for model in repository.versions(connection)]
    assert kept == [*names[:4:-1], names[1], names[0]]
    assert _count(settings, "ml.item_vectors") == 5


def test_rejected_versions_do_not_push_out_promoted_ones(settings: MlSettings) -> None:
    rejected = {"promoted": False}
    with psycopg.connect(settings.database_url) as connection:
        for name in ("1", "2", "3"):
            _bare_version(connection, name, {"promoted": True})
            _switch(connection, name)
        for name in ("4", "5", "6", "7", "8"):
            _bare_version(connection, name, rejected)
        assert repository.rejected_in_a_row(connection) == repository.KEPT_REJECTED_VERSIONS
        # By hand, so it counts among those that served.
        _switch(connection, "5")
        _switch(connection, "3")
        assert repository.rejected_in_a_row(connection) == 3
        deleted = repository.delete_old(connection, keep=3, keep_rejected=2)
        kept = [model.version for model in repository.versions(connection)]
        assert repository.rejected_in_a_row(connection) == 2
        _switch(connection, "7")
        assert repository.rejected_in_a_row(connection) == 1
    assert deleted == ["1", "4", "6"]
    assert kept == ["8", "7", "5", "3", "2"]


def test_bundles_of_deleted_versions_go_with_them(
    settings: MlSettings, taste_shop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(repository.delete_old, "__defaults__", (1, 1))
    dataset = _dataset(settings, taste_shop)
    versions = []
    for seed in range(4):
        bundle = train(dataset, CONFIG, seed=seed)
        # Versions made within one second would sort by their weights.
        bundle.version = f"2026010{seed + 1}T000000Z-{seed}"
        _publish(settings, dataset, bundle)
        versions.append(bundle.version)

    folders = {folder.name for folder in Path(settings.models_dir).iterdir()}
    assert folders == set(versions[-2:])
    assert Bundle.load(settings.models_dir / versions[-1]).version == versions[-1]


def test_switching_to_the_live_version_keeps_its_predecessor(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        for name in ("a", "b"):
            _bare_version(connection, name)
            _switch(connection, name)
        _switch(connection, "b")
        live = repository.live(connection)
    assert (live.version, live.previous) == ("b", "a")


def test_a_user_who_is_erased_during_the_training_gets_no_list(
    settings: MlSettings, features: OnlineFeatures, taste_shop: Any
) -> None:
    dataset = _dataset(settings, taste_shop)
    bundle = train(dataset, CONFIG, seed=1)
    with psycopg.connect(settings.database_url) as connection:
        erasures.note(connection, new_id(), "u01", {})
    _publish(settings, dataset, bundle)
    assert features.top_k_of(bundle.version, ["u00", "u01", "u02"]).keys() == {"u00", "u02"}
    assert features.forget(["u01"]) == {"u01": {}}
    assert features.forget(["u02"]) == {"u02": {"feast.user_top_k_items": 1}}
    assert features.top_k(bundle.version, "u02") is None
