"""Products that arrive or change after a training get vectors of the live version."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import psycopg
import pytest

from ml.features.online import OnlineFeatures
from ml.features.training_data import load_dataset
from ml.item_vectors import ItemVectors
from ml.publication import publish
from ml.ranking.ranker import Ranker
from ml.registry.item_vectors import changed_item_vectors
from ml.serving.recommender import Recommender
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from support.encoder_process import running_encoder, status
from support.interactions import interaction
from support.products import add_product

pytestmark = pytest.mark.integration

Eventually = Callable[[Callable[[], bool], float], None]


def publish_version(settings: MlSettings, config: TowersConfig) -> Bundle:
    until = datetime.now(UTC)
    dataset = load_dataset(settings, until)
    bundle = train(dataset, config, seed=0)
    publish(
        Ranker(bundle, {}, {"two_tower": 1.0}),
        dataset,
        settings,
        until=until,
        parameters={},
        metrics={},
        progress=lambda *_: None,
    )
    return bundle


@pytest.fixture
def bundle(settings: MlSettings, taste_shop: Any) -> Bundle:
    taste_shop.write(settings.database_url)
    return publish_version(settings, TowersConfig(epochs=15, dim=16, text_encoder=None))


@pytest.fixture
def item_vectors(settings: MlSettings) -> Iterator[ItemVectors]:
    vectors = ItemVectors(settings)
    yield vectors
    vectors.close()


def stored(settings: MlSettings, version: str, item_id: str) -> np.ndarray | None:
    with psycopg.connect(settings.database_url) as connection:
        return changed_item_vectors(connection, version, since=0).get(item_id)


def test_before_the_first_training_there_is_nothing_to_do(
    settings: MlSettings, taste_shop: Any, item_vectors: ItemVectors
) -> None:
    taste_shop.write(settings.database_url)
    assert item_vectors.update() == 0


def test_a_training_leaves_nothing_to_do(bundle: Bundle, item_vectors: ItemVectors) -> None:
    assert item_vectors.update() == 0


def test_a_product_that_arrives_is_recommended_to_those_who_shop_in_its_category(
    settings: MlSettings,
    bundle: Bundle,
    item_vectors: ItemVectors,
    features: OnlineFeatures,
    eventually: Eventually,
) -> None:
    add_product(settings.database_url, "new-tool", "Tools")
    assert item_vectors.update() == 1
    assert item_vectors.update() == 0

    recommender = Recommender(settings)
    try:
        eventually(lambda: recommender.recommend("probe", ["Tools"], 5).source == "live", 30)
        features.extend_live_histories(
            interaction("newcomer", f"i{place * 4 + 3:02}", "purchase", datetime.now(UTC))
            for place in range(4)
        )
        served = recommender.recommend("newcomer", [], 20)
        assert "new-tool" in served.item_ids
    finally:
        recommender.close()


def test_a_product_that_changes_is_encoded_again(
    settings: MlSettings, bundle: Bundle, item_vectors: ItemVectors
) -> None:
    add_product(settings.database_url, "moved", "Tools")
    item_vectors.update()
    as_tool = stored(settings, bundle.version, "moved")
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update shop.products set category = 'Books' where item_id = 'moved'")

    assert item_vectors.update() == 1

    as_book = stored(settings, bundle.version, "moved")
    items = load_dataset(settings, datetime.now(UTC)).items
    (expected,) = bundle.encode_items(items[items["item_id"] == "moved"])
    assert as_tool is not None
    assert as_book is not None
    assert not np.allclose(as_tool, as_book)
    assert np.allclose(as_book, expected, atol=1e-6)


def test_what_the_shop_itself_changes_of_a_product_encodes_nothing(
    settings: MlSettings, bundle: Bundle, item_vectors: ItemVectors
) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "update shop.products set review_count = review_count + 1,"
            " review_total = review_total + 4, img_link = 'other'"
        )
    assert item_vectors.update() == 0


def test_a_product_that_arrives_later_waits_for_its_day(
    settings: MlSettings, bundle: Bundle, item_vectors: ItemVectors
) -> None:
    add_product(
        settings.database_url, "announced", "Tools", arrival=datetime.now(UTC) + timedelta(days=1)
    )
    assert item_vectors.update() == 0
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            "update shop.products set arrival_date = now() where item_id = 'announced'"
        )
    assert item_vectors.update() == 1


def test_a_version_that_takes_over_gets_what_arrived_after_its_data_were_read(
    settings: MlSettings, bundle: Bundle, item_vectors: ItemVectors, taste_shop: Any
) -> None:
    dataset = load_dataset(settings, datetime.now(UTC))
    second = train(dataset, bundle.config, seed=1)
    add_product(settings.database_url, "meanwhile", "Tools")
    assert item_vectors.update() == 1
    publish(
        Ranker(second, {}, {"two_tower": 1.0}),
        dataset,
        settings,
        until=datetime.now(UTC),
        parameters={},
        metrics={},
        progress=lambda *_: None,
    )
    assert stored(settings, second.version, "meanwhile") is None
    assert item_vectors.update() == 1
    assert stored(settings, second.version, "meanwhile") is not None


def test_a_text_is_embedded_for_the_vector_and_kept_for_the_next_training(
    settings: MlSettings, taste_shop: Any, item_vectors: ItemVectors, features: OnlineFeatures
) -> None:
    taste_shop.write(settings.database_url)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update shop.products set about_product = 'Something of ' || category")
    bundle = publish_version(settings, TowersConfig(epochs=1, dim=8))
    add_product(settings.database_url, "saw", "Tools", about="Cuts wood quickly and quietly")
    add_product(settings.database_url, "oar", "Tools", about="Moves a boat through still water")

    assert item_vectors.update() == 2

    saw, oar = (stored(settings, bundle.version, each) for each in ("saw", "oar"))
    assert saw is not None
    assert oar is not None
    assert not np.allclose(saw, oar), "they differ in their texts alone"
    with psycopg.connect(settings.database_url) as connection:
        (digests,) = connection.execute(
            "select count(distinct value) from feast.feast_edb_rec_sys_item_textual_features_embed"
            " where feature_name = 'digest'"
        ).fetchone() or (0,)
    assert digests >= 2


def test_the_process_encodes_within_a_minute_and_survives_a_kill(
    settings: MlSettings, bundle: Bundle, tmp_path: Path, eventually: Eventually
) -> None:
    with running_encoder(settings, tmp_path) as (address, process):
        eventually(lambda: status(f"{address}/health/ready") == 200, 30)
        for number in range(500):
            add_product(settings.database_url, f"crowd-{number}", "Tools")
        eventually(lambda: stored(settings, bundle.version, "crowd-499") is not None, 60)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    with running_encoder(settings, tmp_path) as (address, process):
        for number in range(500):
            item = f"crowd-{number}"
            eventually(lambda: stored(settings, bundle.version, item) is not None, 60)  # noqa: B023
        eventually(lambda: status(f"{address}/health/ready") == 200, 10)
        assert status(f"{address}/health/live") == 200
        assert 'recsys_items_encoded_total{kind="items"}' in httpx.get(f"{address}/metrics").text
