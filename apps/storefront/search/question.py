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
    nearest: Mapping[str, float]
    """The cosine of the products whose texts are nearest to it, by item id, the nearest first."""


@dataclass(frozen=True, slots=True)
class Form:
    """What the SQL of a question depends on, but for its parameters."""

    tiers: int
    """Number of full-text conditions, each one wider than the one before."""
    groups: tuple[tuple[bool, ...], ...]
    """Of the alternatives of each group of words: whether it has several words."""
    condition: str
    """The filters, on `shop.products`."""
    has_vector: bool
    has_price: bool
    """Whether the text says what a product may cost."""


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
    facet_depth: int
    """At which the paths of categories are cut for their facet."""

    @property
    def form(self) -> Form:
        """What its SQL depends on."""
        return Form(
            tiers=len(self.understanding.tiers),
            groups=tuple(
                tuple(" & " in words for words in group.alternatives)
                for group in self.understanding.groups
            ),
            condition=self.condition.as_string(),
            has_vector=self.vector is not None,
            has_price=self.understanding.max_price is not None,
        )
