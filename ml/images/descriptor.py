"""A description of a picture without any weights: its colours, its shape and its texture.

Colours are histograms in OKLab (Björn Ottosson, "A perceptual color space for image processing",
2020), shape is a histogram of oriented gradients (Dalal and Triggs, 2005), and texture counts
rotation-invariant uniform local binary patterns (Ojala, Pietikäinen and Mäenpää, 2002).
"""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
import numpy.typing as npt
from PIL import Image

from ml.images.encoder import Vectors, normalized
from ml.images.framing import padded
from ml.images.turning import ORIENTATIONS

Plane = npt.NDArray[np.float32]

_SIDE = 128
"""Pixels of the square in which a picture is described."""
_ORIENTATIONS = 9
_CELL = 16
_MIN_STRENGTH = 1.0
"""Of the gradients round a cell: what an even surface counts as."""
_MAX_GRADIENT_SHARE = 0.3
"""Of one bin, so that one strong edge does not hide all others."""
_COLOUR_BINS = (4, 6, 6)
_COLOUR_RANGES = ((0.0, 1.0), (-0.25, 0.25), (-0.25, 0.25))
"""Of lightness, green to red and blue to yellow."""
_BACKGROUND_DISTANCE = 0.12
"""In OKLab: what is nearer to the colour of the border counts as little as it is near."""
_RADII = (1, 2)
_NEIGHBOURS = ((-1, -1), (-1, 0), (-1, 1), (0, 1), (1, 1), (1, 0), (1, -1), (0, -1))

_SRGB = np.arange(256, dtype=np.float32) / 255
_LINEAR = np.where(_SRGB <= 0.04045, _SRGB / 12.92, ((_SRGB + 0.055) / 1.055) ** 2.4)  # noqa: PLR2004 - sRGB's curve
"""The light of each value of a pixel."""

_TO_LMS = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ],
    dtype=np.float32,
)
_TO_OKLAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ],
    dtype=np.float32,
)


class Descriptor:
    """The weight-free encoder: it tells pictures apart by how they look, not by what they show.

    Args:
        colour: the weight of the colours in a similarity.
        shape: that of the shape.
        texture: that of the texture.
    """

    name = "descriptor"
    min_turned_similarity = 0.9

    def __init__(self, colour: float = 0.15, shape: float = 0.65, texture: float = 0.2) -> None:
        self._weights = np.sqrt(np.array([colour, shape, texture], dtype=np.float32))
        self.dimension = self.encode([Image.new("RGB", (_SIDE, _SIDE))]).shape[1]

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, float32 (n, dimension)."""
        return np.stack([self._vector(Looks(image), 0) for image in images])

    def encode_turned(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, upright and turned, float32 (n, 4, dimension)."""
        return np.stack(
            [
                [self._vector(looks, turns) for turns in range(ORIENTATIONS)]
                for looks in map(Looks, images)
            ]
        )

    def _vector(self, looks: "Looks", quarter_turns: int) -> Plane:
        parts = looks.colours, looks.shape(quarter_turns), looks.texture
        weighted = [weight * part for weight, part in zip(self._weights, parts, strict=True)]
        return normalized(np.concatenate(weighted))


class Looks:
    """How an RGB picture looks: its colours, shape and texture, a unit vector each."""

    def __init__(self, image: Image.Image) -> None:
        self._lab = oklab(padded(image, _SIDE))
        self._foreground = _foreground(self._lab)

    @cached_property
    def colours(self) -> Plane:
        """The same however the picture is turned."""
        return normalized(np.sqrt(_colours(self._lab, self._foreground)))

    def shape(self, quarter_turns: int = 0) -> Plane:
        """The shape when the picture is turned counterclockwise."""
        return normalized(_gradients(np.rot90(self._lab[..., 0], quarter_turns)))

    @cached_property
    def texture(self) -> Plane:
        """The same however the picture is turned."""
        return normalized(np.sqrt(_patterns(self._lab[..., 0], self._foreground)))


def oklab(image: Image.Image) -> Plane:
    """The pixels of an RGB picture in OKLab, float32 (height, width, 3)."""
    linear = _LINEAR[np.asarray(image)]
    return np.asarray(np.cbrt(linear @ _TO_LMS.T) @ _TO_OKLAB.T, dtype=np.float32)


def _foreground(lab: Plane) -> Plane:
    """How far each pixel differs from the border's colour, 0.05 to 1: most products lie on one."""
    border = np.concatenate([lab[0], lab[-1], lab[:, 0], lab[:, -1]])
    distance = np.linalg.norm(lab - np.median(border, axis=0), axis=2) / _BACKGROUND_DISTANCE
    return np.asarray(np.clip(distance, 0.05, 1), dtype=np.float32)


def _colours(lab: Plane, weights: Plane) -> Plane:
    """A histogram in which a colour counts in the two nearest bins of each axis."""
    pixels, shares = lab.reshape(-1, 3), weights.ravel()
    index, fraction = [], []
    for axis, (bins, (low, high)) in enumerate(zip(_COLOUR_BINS, _COLOUR_RANGES, strict=True)):
        place = np.clip((pixels[:, axis] - low) / (high - low), 0, 1) * (bins - 1)
        floor = np.minimum(place.astype(np.int64), bins - 2)
        index.append(floor)
        fraction.append(place - floor)
    histogram = np.zeros(int(np.prod(_COLOUR_BINS)), dtype=np.float32)
    for corner in np.ndindex(2, 2, 2):
        share, cell = shares, np.zeros(len(pixels), dtype=np.int64)
        for axis, step in enumerate(corner):
            share = share * (fraction[axis] if step else 1 - fraction[axis])
            cell = cell * _COLOUR_BINS[axis] + index[axis] + step
        histogram += np.bincount(cell, share, len(histogram)).astype(np.float32)
    return np.asarray(histogram / max(float(histogram.sum()), 1e-9), dtype=np.float32)


def _gradients(lightness: Plane) -> Plane:
    """A histogram of oriented gradients, without regard to their sign."""
    down, right = np.gradient(lightness)
    strength = np.hypot(down, right)
    place = (np.arctan2(down, right) % np.pi) / np.pi * _ORIENTATIONS
    lower = place.astype(np.int64) % _ORIENTATIONS
    upper_share = place - np.floor(place)
    cells = _SIDE // _CELL
    row, column = np.indices(lightness.shape) // _CELL
    cell = (row * cells + column) * _ORIENTATIONS
    bins = cells * cells * _ORIENTATIONS
    histogram = np.zeros(bins)
    histogram += np.bincount((cell + lower).ravel(), (strength * (1 - upper_share)).ravel(), bins)
    next_one = cell + (lower + 1) % _ORIENTATIONS
    histogram += np.bincount(next_one.ravel(), (strength * upper_share).ravel(), bins)
    grid = histogram.reshape(cells, cells, _ORIENTATIONS)
    clipped = np.minimum(_per_block(grid), _MAX_GRADIENT_SHARE)
    return np.asarray(clipped.ravel(), dtype=np.float32)


def _per_block(grid: npt.NDArray[np.floating]) -> npt.NDArray[np.floating]:
    """Each cell relative to the mean strength of the cells around it."""
    energy = np.pad((grid**2).sum(axis=2), 1, mode="edge")
    around = np.lib.stride_tricks.sliding_window_view(energy, (3, 3)).sum(axis=(2, 3))
    # The constant keeps the noise of an even surface from counting as much as an edge.
    return np.asarray(grid / np.sqrt(around + _MIN_STRENGTH**2)[..., np.newaxis])


def _patterns(lightness: Plane, weights: Plane) -> Plane:
    """How often each uniform pattern of brighter neighbours occurs, at two distances."""
    histograms = []
    for radius in _RADII:
        inner = (slice(radius, -radius), slice(radius, -radius))
        brighter = np.stack(
            [
                np.roll(lightness, (-radius * down, -radius * right), (0, 1))[inner]
                >= lightness[inner]
                for down, right in _NEIGHBOURS
            ]
        )
        changes = (brighter != np.roll(brighter, 1, axis=0)).sum(axis=0)
        # Uniform: at most two changes round the circle. The others share the last bin.
        pattern = np.where(changes <= 2, brighter.sum(axis=0), len(_NEIGHBOURS) + 1)  # noqa: PLR2004 - the definition
        histograms.append(
            np.bincount(pattern.ravel(), weights[inner].ravel(), len(_NEIGHBOURS) + 2)
        )
    found = np.concatenate(histograms).astype(np.float32)
    return found / max(float(found.sum()), 1e-9)
