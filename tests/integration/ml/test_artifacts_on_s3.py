"""The files of the versions in a real S3 object storage; `make test-object-storage` runs it."""

import multiprocessing
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from ml.registry import repository
from ml.registry.artifacts import ArtifactStore
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from streams.errors import ModelError, UnavailableError
from support.object_storage import ObjectStorage
from support.publishing_shop import Shop, publish_and_stay

pytestmark = pytest.mark.integration

Eventually = Callable[[Callable[[], bool], float], None]


@pytest.fixture
def storage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectStorage]:
    server = ObjectStorage(tmp_path_factory.mktemp("s3"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def on_s3(settings: MlSettings, storage: ObjectStorage) -> MlSettings:
    return storage.settings(settings)


@pytest.fixture
def shop(on_s3: MlSettings, taste_shop: Any) -> Shop:
    return Shop(on_s3, taste_shop)


def test_a_large_file_comes_back_as_it_was_and_a_removed_version_leaves_nothing(
    on_s3: MlSettings, storage: ObjectStorage, tmp_path: Path
) -> None:
    folder, content = tmp_path / "published", bytes(range(256)) * (50 << 12)
    (folder / "card").mkdir(parents=True)
    (folder / "weights").write_bytes(content)
    (folder / "card" / "empty").touch()
    store = ArtifactStore.of(on_s3)
    assert store.versions() == []
    manifest = store.write("v1", folder)
    assert store.versions() == ["v1"]

    store.read("v1", manifest, tmp_path / "read")

    assert (tmp_path / "read" / "weights").read_bytes() == content
    assert (tmp_path / "read" / "card" / "empty").read_bytes() == b""
    store.remove("v1")
    assert store.versions() == []
    assert not [path for path in storage.objects.rglob("*") if path.is_file()]


def test_a_version_is_published_and_fetched(shop: Shop, tmp_path: Path) -> None:
    version = shop.publish(shop.train(1))
    fetched = shop.fetch(version, tmp_path / "cache")
    assert {path.name for path in fetched.iterdir()} == {"bundle.json", "weights.safetensors"}
    assert Bundle.load(fetched).version == version


def test_a_damaged_object_is_named(shop: Shop, storage: ObjectStorage, tmp_path: Path) -> None:
    version = shop.publish(shop.train(1))
    weights = storage.objects / "models" / version / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match=f"s3://shop/models/{version}/weights.* is damaged"):
        shop.fetch(version, tmp_path / "cache")
    weights.unlink()
    with pytest.raises(ModelError, match=f"s3://shop/models/{version}/weights.* is missing"):
        shop.fetch(version, tmp_path / "cache")


def test_a_storage_that_goes_away_leaves_the_live_version_and_no_half_one(
    shop: Shop, storage: ObjectStorage
) -> None:
    first, second = shop.publish(shop.train(1)), shop.train(2)

    def stop(what: str, _done: int, _total: int) -> None:
        if what == "item vectors":
            storage.stop()

    with pytest.raises(UnavailableError, match="s3://shop/models does not answer"):
        shop.publish(second, stop)
    assert shop.live_version() == first

    storage.start()
    third = shop.publish(shop.train(3))

    assert shop.live_version() == third
    assert ArtifactStore.of(shop.settings).versions() == sorted([first, third])
    with psycopg.connect(shop.settings.database_url) as connection:
        assert {each.version for each in repository.versions(connection)} == {first, third}


def test_what_a_killed_run_left_in_the_storage_is_removed_by_the_next(shop: Shop) -> None:
    first, killed = shop.publish(shop.train(1)), shop.train(2)
    spawn = multiprocessing.get_context("spawn")
    written = spawn.Event()
    process = spawn.Process(target=publish_and_stay, args=(shop, killed, written), daemon=True)
    process.start()
    assert written.wait(120)
    process.kill()
    process.join()
    store = ArtifactStore.of(shop.settings)
    assert set(store.versions()) == {first, killed.version}
    assert shop.live_version() == first

    third = shop.publish(shop.train(3))

    assert set(store.versions()) == {first, third}


def test_a_shop_without_the_storage_serves_its_lists_and_encodes_once_it_is_back(
    shop: Shop, storage: ObjectStorage, tmp_path: Path, eventually: Eventually
) -> None:
    version = shop.publish(shop.train(1))
    storage.stop()
    reader = Recommender(shop.settings.model_copy(update={"models_dir": tmp_path / "cache"}))
    try:
        eventually(lambda: reader.recommend("u00", [], 5).source == "precomputed", 30)
        served = reader.recommend("u00", [], 5)
        assert (served.model_version, len(served.item_ids)) == (version, 5)
        storage.start()
        eventually(lambda: reader.recommend("new", ["Books"], 5).source == "live", 60)
    finally:
        reader.close()


def test_a_shop_that_has_the_bundle_does_not_need_the_storage(
    shop: Shop, storage: ObjectStorage, tmp_path: Path, eventually: Eventually
) -> None:
    version = shop.publish(shop.train(1))
    shop.fetch(version, tmp_path / "cache")
    storage.stop()
    reader = Recommender(shop.settings.model_copy(update={"models_dir": tmp_path / "cache"}))
    try:
        eventually(lambda: reader.recommend("new", ["Books"], 5).source == "live", 30)
    finally:
        reader.close()


def test_a_wrong_key_is_told_and_a_missing_one_may_come_later(
    on_s3: MlSettings, storage: ObjectStorage, tmp_path: Path
) -> None:
    key = tmp_path / "secret-key"
    changed = storage.settings(on_s3, artifacts_secret_key_file=key)
    with pytest.raises(UnavailableError, match="the key of the artifact store is missing"):
        ArtifactStore.of(changed)
    key.write_text("wrong")
    with pytest.raises(UnavailableError, match="s3://shop/models does not answer"):
        ArtifactStore.of(changed).versions()
    assert on_s3.artifacts_secret_key_file
    key.write_bytes(on_s3.artifacts_secret_key_file.read_bytes())
    assert ArtifactStore.of(changed).versions() == []
