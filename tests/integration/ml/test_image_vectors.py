"""Products' pictures get vectors, which follow the pictures that the shop shows."""

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import numpy.typing as npt
import psycopg
import pytest
from pgvector.psycopg import register_vector

from apps.storefront.pictures import picture
from apps.storefront.pictures.drawings.draw import VERSION
from ml.image_vectors import ImageVectors, ShopPictures
from ml.settings import MlSettings
from streams.features.store import feature_store
from support.pictures import file_of
from support.products import add_product
from support.shop import served_shop

pytestmark = pytest.mark.integration

ENCODER = "of bytes"


def encode(files: Sequence[bytes]) -> npt.NDArray[np.float32]:
    """Unit vectors that differ where the files do."""
    drawn = [np.random.default_rng(crc32(each)).standard_normal(512) for each in files]
    return np.stack([each / np.linalg.norm(each) for each in drawn]).astype(np.float32)


@pytest.fixture
def image_vectors(settings: MlSettings) -> Iterator[ImageVectors]:
    with served_shop(settings.database_url) as url:
        vectors = ImageVectors(settings, ENCODER, encode, ShopPictures(url))
        yield vectors
        vectors.close()


def keys(settings: MlSettings) -> dict[str, str]:
    """By item the picture of which there is a vector."""
    with psycopg.connect(settings.database_url) as connection:
        return dict(
            connection.execute("select item_id, picture_digest from ml.image_embeddings").fetchall()
        )


def give_picture(settings: MlSettings, item: str) -> str:
    """Give a product a picture of its own; returns its key."""
    from PIL import Image

    key = picture.stored_key("0" * 32, "sand")
    with psycopg.connect(settings.database_url) as connection:
        connection.execute("update shop.products set picture = %s where item_id = %s", (key, item))
        connection.execute(
            "insert into shop.picture_files (picture, width, webp) values (%s, %s, %s)",
            (key, picture.WIDTHS[1], file_of(Image.new("RGB", (400, 300), "#336699"), "WEBP")),
        )
    return key


def test_drawings_that_change_get_vectors_again_and_other_pictures_do_not(
    settings: MlSettings, image_vectors: ImageVectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    for item in ("drawn", "photographed"):
        add_product(settings.database_url, item, "Tools")
    photo = give_picture(settings, "photographed")
    assert image_vectors.update() == 2
    assert image_vectors.update() == 0
    before = keys(settings)
    assert before["photographed"] == photo

    monkeypatch.setattr(picture, "VERSION", VERSION + 1)

    assert image_vectors.update() == 1
    assert image_vectors.update() == 0
    after = keys(settings)
    assert after["photographed"] == photo
    assert after["drawn"] != before["drawn"]


def test_feast_has_the_embedding_of_each_picture(
    settings: MlSettings, image_vectors: ImageVectors
) -> None:
    add_product(settings.database_url, "drawn", "Tools")
    add_product(settings.database_url, "photographed", "Tools")
    assert image_vectors.update() == 2
    photo = give_picture(settings, "photographed")
    assert image_vectors.update() == 1

    with psycopg.connect(settings.database_url) as connection:
        register_vector(connection)
        kept = {
            item: (vector.to_numpy(), key)
            for item, vector, key in connection.execute(
                "select item_id, embedding, picture_digest from ml.image_embeddings"
            )
        }
    names = ("embedding", "encoder", "picture")
    items = [*kept, "nothing"]
    found = (
        feature_store(settings)
        .get_online_features(
            [f"item_clip_features_embed:{name}" for name in names],
            [{"item_id": item} for item in items],
        )
        .to_dict()
    )
    rows = dict(zip(items, zip(*(found[name] for name in names), strict=True), strict=True))
    assert rows.pop("nothing") == (None, None, None)
    assert rows.keys() == {"drawn", "photographed"}
    for item, (embedding, encoder, key) in rows.items():
        vector, kept_key = kept[item]
        assert (encoder, key) == (ENCODER, kept_key)
        assert np.allclose(embedding, vector, atol=1e-3)
    assert rows["photographed"][2] == photo
