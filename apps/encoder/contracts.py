"""What the encoder reads and answers."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

MAX_TEXTS = 64
MAX_TEXT_CHARACTERS = 512
MAX_NEAREST = 1_000
MAX_TEXTS_BYTES = 256 << 10
"""Of a request; what 64 texts need where every character is escaped."""
MAX_IMAGE_BYTES = 4 << 20
IMAGE_TYPES = ("image/jpeg", "image/png", "image/webp")

Text = Annotated[str, StringConstraints(min_length=1, max_length=MAX_TEXT_CHARACTERS)]


class TextsRequest(BaseModel):
    """Texts to be encoded."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    texts: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_TEXTS)]
    nearest: Annotated[int, Field(ge=0, le=MAX_NEAREST)] = 0
    """Of the catalogue's texts, how many are found for each text."""


class Nearest(BaseModel):
    """The products whose texts are nearest to a text, the nearest first."""

    model_config = ConfigDict(frozen=True)

    item_ids: Sequence[str]
    cosines: Sequence[float]


class Embeddings(BaseModel):
    """The vectors of what was sent, in its order.

    Of a picture there are four: as it is, and turned by 90, 180 and 270 degrees.
    """

    model_config = ConfigDict(frozen=True)

    encoder: str
    """Vectors of one encoder cannot be compared with those of another."""
    dimension: int
    embeddings: Sequence[Sequence[float]]
    """Of length 1 each."""
    nearest: Sequence[Nearest] | None = None
    """Of texts, where it is asked for."""
    min_turned_similarity: float | None = None
    """Of pictures: the cosine from which on the vectors of the turned ones find others."""


class ImageEncoderDescription(BaseModel):
    """What the encoder of pictures is."""

    model_config = ConfigDict(frozen=True)

    encoder: str
    reads_texts: bool
    """Whether it gives texts vectors of the pictures' space."""


class Violation(BaseModel):
    """One value that a request may not have."""

    model_config = ConfigDict(frozen=True)

    location: str
    reason: str


class Problem(BaseModel):
    """What went wrong (RFC 9457); the status says what kind of problem it is."""

    model_config = ConfigDict(frozen=True)

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: Sequence[Violation] = ()
