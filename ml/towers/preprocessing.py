"""Preprocessing of tables into arrays, fitted on the training data and saved with the bundle."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Annotated, Self

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from ml.towers.sentence_encoder import TEXT_DIMENSIONS
from ml.towers.text import embed_texts
from streams.contracts.category import SEPARATOR, ancestors, names

if TYPE_CHECKING:
    import pandas as pd

    from ml.dataset import Dataset

_NUMBERS = (
    "discounted_price",
    "actual_price",
    "discount_percentage",
    "rating",
    "rating_count",
    "arrival_date",
)
_LOGARITHMIC = ("discounted_price", "actual_price", "rating_count")
_MAX_DEVIATIONS = 4.0
"""Standard deviations to which numbers are clipped, so that no outlier dominates a vector."""


Statistics = Annotated[tuple[float, ...], Field(min_length=len(_NUMBERS), max_length=len(_NUMBERS))]


@dataclass(frozen=True, slots=True)
class Tokens:
    """A list of tokens per row; row r has indices[offsets[r]:offsets[r + 1]]."""

    indices: npt.NDArray[np.int64]
    """int64 (tokens,)."""
    offsets: npt.NDArray[np.int64]
    """int64 (rows + 1,)."""


@dataclass(frozen=True, slots=True)
class ItemFeatures:
    """The content of items; each array has one row per item."""

    categories: Tokens
    """The category and all its ancestors."""
    numbers: npt.NDArray[np.float32]
    """float32 (items, 12): six standardized numbers, then 1 for each that is absent."""
    texts: npt.NDArray[np.float32]
    """float32 (items, 384), or (items, 0) without a text encoder."""
    described: npt.NDArray[np.bool_]
    """bool (items,): whether the item has any content to be encoded by."""


class Preprocessing(BaseModel):
    """Vocabularies and statistics."""

    model_config = ConfigDict(frozen=True, extra="forbid", ignored_types=(cached_property,))

    item_ids: tuple[str, ...]
    """Items of the interactions, sorted; the id embeddings have the same order."""
    category_paths: tuple[str, ...]
    """Full paths of the items' categories and of all their ancestors, sorted; a preferred name
    that no item's category has is a path of its own."""
    means: Statistics
    """Of the numbers, in the order of the columns in ITEM_COLUMNS."""
    deviations: Statistics
    text_encoder: str | None
    """None if texts are ignored, or none is informative."""

    @classmethod
    def fit(cls, dataset: "Dataset", text_encoder: str | None) -> Self:
        """Learn vocabularies and statistics from the three tables of a dataset."""
        item_ids = sorted(map(str, dataset.interactions["item_id"].unique()))
        paths = {path for text in dataset.items["category"].unique() for path in ancestors(text)}
        preferred = {name for text in dataset.users["preferences"].unique() for name in names(text)}
        paths |= preferred - {_last_name(path) for path in paths}
        numbers = _numbers(dataset.items)
        known = ~np.isnan(numbers)
        counts = np.maximum(known.sum(axis=0), 1)
        means = np.nansum(numbers, axis=0) / counts
        deviations = np.sqrt(np.nansum((numbers - means) ** 2, axis=0) / counts)
        deviations[deviations < np.finfo(np.float32).eps] = 1.0
        informative = bool(_are_informative(dataset.items).any())
        return cls(
            item_ids=tuple(item_ids),
            category_paths=tuple(sorted(paths)),
            means=tuple(means.tolist()),
            deviations=tuple(deviations.tolist()),
            text_encoder=text_encoder if informative else None,
        )

    @cached_property
    def items(self) -> "pd.Index":
        """Position of each known item."""
        import pandas as pd

        return pd.Index(self.item_ids, dtype=object)

    @cached_property
    def _categories(self) -> dict[str, int]:
        return {path: index for index, path in enumerate(self.category_paths)}

    @cached_property
    def _categories_by_name(self) -> dict[str, list[int]]:
        """The root category of each name, or else all categories of that name."""
        by_name: dict[str, list[int]] = {}
        for path, index in self._categories.items():
            by_name.setdefault(_last_name(path), []).append(index)
        roots = {path: [index] for path, index in self._categories.items() if SEPARATOR not in path}
        return by_name | roots

    @property
    def number_width(self) -> int:
        """Columns of `ItemFeatures.numbers`."""
        return 2 * len(_NUMBERS)

    @property
    def text_width(self) -> int:
        """Columns of `ItemFeatures.texts`."""
        return TEXT_DIMENSIONS if self.text_encoder else 0

    def item_features(self, items: "pd.DataFrame") -> ItemFeatures:
        """The features of any items, known at training or not; `items` has ITEM_COLUMNS."""
        known = self._categories
        categories = _tokens(
            [known[path] for path in ancestors(text) if path in known] for text in items["category"]
        )
        numbers = _numbers(items)
        absent = np.isnan(numbers)
        standard = (numbers - np.array(self.means)) / np.array(self.deviations)
        standard = np.where(absent, 0.0, np.clip(standard, -_MAX_DEVIATIONS, _MAX_DEVIATIONS))
        informative = _are_informative(items)
        texts = np.zeros((len(items), self.text_width), dtype=np.float32)
        if self.text_encoder and informative.any():
            texts = embed_texts(item_texts(items), self.text_encoder)
        # The arrival date does not describe an item.
        has_numbers = ~absent[:, : _NUMBERS.index("arrival_date")].all(axis=1)
        described = (np.diff(categories.offsets) > 0) | has_numbers
        if self.text_encoder:
            described |= informative
        return ItemFeatures(
            categories=categories,
            numbers=np.hstack([standard, absent]).astype(np.float32),
            texts=texts,
            described=described,
        )

    def known_item_features(self, items: "pd.DataFrame") -> ItemFeatures:
        """The features of `item_ids`, in that order; empty for items that `items` lacks."""
        from ml.dataset import ITEM_COLUMNS

        table = items.drop_duplicates("item_id").set_index("item_id").reindex(self.item_ids)
        texts = {"product_name": "", "category": "", "about_product": ""}
        table = table.fillna(texts).reset_index(names="item_id")
        return self.item_features(table[list(ITEM_COLUMNS)])

    def preferred(self, preferences: Iterable[str]) -> list[int]:
        """The categories of the preferred names, each once.

        A name is that of a root category. If no root has this name, all categories of this name
        count, whatever their parents. Unknown names are ignored.
        """
        by_name = self._categories_by_name
        return [index for name in dict.fromkeys(preferences) for index in by_name.get(name, ())]

    def preference_tokens(self, preferences: Iterable[str]) -> Tokens:
        """The `preferred` categories of each `|`-joined text."""
        return _tokens(self.preferred(names(text)) for text in preferences)


def _tokens(rows: Iterable[list[int]]) -> Tokens:
    lists = list(rows)
    lengths = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
    flat = np.fromiter(chain.from_iterable(lists), np.int64, lengths.sum())
    return Tokens(flat, np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64))


def _last_name(path: str) -> str:
    return path.rpartition(SEPARATOR)[2]


def _numbers(items: "pd.DataFrame") -> npt.NDArray[np.float64]:
    import pandas as pd

    columns = []
    for name in _NUMBERS:
        if name == "arrival_date":
            arrivals = pd.to_datetime(items[name], utc=True)
            column = ((arrivals - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)).to_numpy()
        else:
            column = items[name].to_numpy(dtype=np.float64)
        columns.append(np.log1p(column) if name in _LOGARITHMIC else column)
    return np.column_stack(columns).astype(np.float64)


def item_texts(items: "pd.DataFrame") -> list[str]:
    """The text of each item that is embedded: name and description; "" if they say nothing."""
    texts = items["product_name"] + ". " + items["about_product"]
    return texts.where(_are_informative(items), "").tolist()


def _are_informative(items: "pd.DataFrame") -> npt.NDArray[np.bool_]:
    """Which items have a description or a name of two words ("Item 42" describes nothing)."""
    described = items["about_product"].str.strip() != ""
    named = items["product_name"].str.contains(r"[^\W\d_]{2,}\W+(?:\w+\W+)*?[^\W\d_]{2,}")
    return (described | named).to_numpy(dtype=bool)
