"""A search as its SQL is made of."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import sql

from apps.storefront.search.understanding import Understanding


@dataclass(frozen=True, slots=True)
class TextVector:
    """What a text means."""

    values: npt.NDArray[np.float32]
    """Of unit length."""
    encoder: str
    """That made it; the vectors of products by others cannot be compared with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """All that decides what is found, and in which order."""

    text: str
    understanding: Understanding
    language: str
    vector: TextVector | None
    """Of the text; None: the words alone count."""
    text_share: float
    """Of the score where there is a vector: what the words say."""
    condition: sql.Composable
    """The filters, on `shop.products`."""
    values: Mapping[str, Any]
    """Parameters of the condition."""
    is_filtered: bool
    """Whether the shopper narrows down what is found."""
    facet_depth: int
    """At which the paths of categories are cut for their facet."""
