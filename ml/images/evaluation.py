"""How well an encoder finds alike pictures, measured on a folder of photos."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from ml.images.encoder import ImageEncoder, Vectors
from ml.images.turning import orientations
from ml.untrusted_images.opening import opened
from streams.errors import ContractError

K = 5
_AT_ONCE = 8
_SUFFIXES = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_MIN_PHOTOS = 2 * (K + 1)
_SPLITS = 20

Copy = Callable[[Image.Image, np.random.Generator], Image.Image]


@dataclass(frozen=True, slots=True)
class LabelledPhotos:
    """Photos and their classes."""

    images: Sequence[Image.Image]
    labels: npt.NDArray[np.str_]

    @classmethod
    def read(cls, folder: Path) -> "LabelledPhotos":
        """The photos `CLASS/NAME.jpg` below a folder, in the order of their names.

        Raises:
            ContractError: there are too few, or a file is no picture.
        """
        files = sorted(each for each in folder.glob("*/*") if each.suffix.lower() in _SUFFIXES)
        if len(files) < _MIN_PHOTOS:
            raise ContractError(
                f"{folder} has {len(files)} photos CLASS/NAME.jpg; it needs {_MIN_PHOTOS} or more"
            )
        images = []
        for file in files:
            try:
                images.append(opened(file.read_bytes()))
            except ContractError as error:
                raise ContractError(f"{file}: {error}") from None
        return cls(images, np.array([file.parent.name for file in files]))


@dataclass(frozen=True, slots=True)
class ImageFigures:
    """What an encoder reaches."""

    encoder: str
    photos: int
    classes: int
    precision: float
    """Of the K nearest other photos, the share of the same class: mean of all photos."""
    error: float
    """The standard error of this mean."""
    half_precision: float
    """The same where half of the photos may be found, for the other half: mean of random splits."""
    copies: Mapping[str, float]
    """By how a photo was changed: the share of those that find their original first."""


def evaluate(encoder: ImageEncoder, photos: LabelledPhotos, seed: int) -> ImageFigures:
    """Measure an encoder."""
    turned = _turned_vectors(encoder, photos.images)
    vectors = turned[0]
    scores = _similarities(encoder, turned, vectors)
    found = _precisions(scores, photos.labels, photos.labels, leave_out=True)
    random = np.random.default_rng(seed)
    return ImageFigures(
        encoder=encoder.name,
        photos=len(vectors),
        classes=len(set(photos.labels)),
        precision=float(found.mean()),
        error=float(found.std(ddof=1) / np.sqrt(len(found))),
        half_precision=_half_precision(scores, photos.labels, random),
        copies={
            name: _found_first(encoder, photos.images, vectors, change, random)
            for name, change in COPIES.items()
        },
    )


def _turned_vectors(encoder: ImageEncoder, images: Sequence[Image.Image]) -> Vectors:
    """By orientation the vectors of pictures, float32 (4, n, d)."""
    starts = range(0, len(images), _AT_ONCE)
    parts = [encoder.encode_turned(images[start : start + _AT_ONCE]) for start in starts]
    return np.concatenate(parts).swapaxes(0, 1)


def _similarities(encoder: ImageEncoder, turned: Vectors, index: Vectors) -> Vectors:
    """How alike pictures and those of an index are, as a search has it, (n, m)."""
    upright, *others = (each @ index.T for each in turned)
    best = np.maximum.reduce(others)
    found = np.where(best >= encoder.min_turned_similarity, best, -np.inf)
    return np.asarray(np.maximum(upright, found), dtype=np.float32)


def _precisions(
    scores: Vectors,
    wanted: npt.NDArray[np.str_],
    labels: npt.NDArray[np.str_],
    *,
    leave_out: bool = False,
) -> npt.NDArray[np.float64]:
    if leave_out:
        scores = scores.copy()
        np.fill_diagonal(scores, -np.inf)
    nearest = np.argsort(-scores, axis=1, kind="stable")[:, :K]
    return np.asarray((labels[nearest] == wanted[:, np.newaxis]).mean(axis=1))


def _half_precision(
    scores: Vectors, labels: npt.NDArray[np.str_], random: np.random.Generator
) -> float:
    means = []
    for _ in range(_SPLITS):
        order = random.permutation(len(scores))
        index, queries = order[: len(order) // 2], order[len(order) // 2 :]
        found = _precisions(scores[np.ix_(queries, index)], labels[queries], labels[index])
        means.append(found.mean())
    return float(np.mean(means))


def _found_first(
    encoder: ImageEncoder,
    images: Sequence[Image.Image],
    vectors: Vectors,
    change: Copy,
    random: np.random.Generator,
) -> float:
    copies = _turned_vectors(encoder, [change(image, random) for image in images])
    first = _similarities(encoder, copies, vectors).argmax(axis=1)
    return float((first == np.arange(len(images))).mean())


def _rotated(image: Image.Image, random: np.random.Generator) -> Image.Image:
    degrees = float(random.uniform(5, 15) * random.choice((-1, 1)))
    corner = image.getpixel((0, 0))
    return image.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=corner)


def _turned(image: Image.Image, random: np.random.Generator) -> Image.Image:
    turned = orientations(image)[1:]
    return turned[random.integers(len(turned))]


def _mirrored(image: Image.Image, _random: np.random.Generator) -> Image.Image:
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)


def _cropped(image: Image.Image, random: np.random.Generator) -> Image.Image:
    width, height = (round(length * random.uniform(0.75, 0.9)) for length in image.size)
    left = int(random.integers(image.width - width + 1))
    top = int(random.integers(image.height - height + 1))
    return image.crop((left, top, left + width, top + height))


def _recompressed(image: Image.Image, random: np.random.Generator) -> Image.Image:
    file = BytesIO()
    smaller = image.resize((max(8, image.width // 2), max(8, image.height // 2)))
    smaller.save(file, "JPEG", quality=int(random.integers(20, 40)))
    return Image.open(file).convert("RGB")


def _recoloured(image: Image.Image, random: np.random.Generator) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    shift = int(random.integers(64, 192))
    turned = hue.point([(each + shift) % 256 for each in range(256)])
    return Image.merge("HSV", (turned, saturation, value)).convert("RGB")


def _darkened(image: Image.Image, random: np.random.Generator) -> Image.Image:
    factor = random.uniform(0.6, 0.8)
    return image.point([round(each * factor) for each in range(256)] * 3)


COPIES: Mapping[str, Copy] = {
    "rotated by 5 to 15 degrees": _rotated,
    "turned by 90, 180 or 270 degrees": _turned,
    "mirrored": _mirrored,
    "cropped to 75 to 90 % a side": _cropped,
    "halved, JPEG quality 20 to 40": _recompressed,
    "recoloured": _recoloured,
    "darkened": _darkened,
}
