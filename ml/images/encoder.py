"""What every encoder of pictures offers."""

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
from PIL import Image

Vectors = npt.NDArray[np.float32]

MAX_USEFUL_SIDE = 512
"""In pixels: no encoder sees more of a picture."""


class ImageEncoder(Protocol):
    """Turns pictures into unit vectors; the cosine of two says how alike their pictures are."""

    @property
    def name(self) -> str:
        """What tells this encoder's vectors from all others: its kind, version and weights."""

    @property
    def dimension(self) -> int:
        """The length of a vector."""

    @property
    def min_turned_similarity(self) -> float:
        """The cosine from which on a picture that was turned by a right angle finds others.

        Below it what is found by chance would push out what is like the picture as it stands.
        """

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, float32 (n, dimension)."""

    def encode_turned(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures in all orientations, float32 (n, 4, dimension).

        The first is what `encode` gives; then come those of the picture turned counterclockwise by
        90, 180 and 270 degrees.
        """


@runtime_checkable
class ImageTextEncoder(ImageEncoder, Protocol):
    """An encoder that gives texts vectors of the same space."""

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, float32 (n, dimension)."""


def normalized(vectors: npt.NDArray[np.floating]) -> Vectors:
    """The vectors at unit length; a zero vector stays zero."""
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.maximum(length, 1e-9), dtype=np.float32)
