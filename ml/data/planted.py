"""The taste planted into a synthetic shop, and the best list that anyone could recommend by it."""

import json
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from ml.retrieval.dense import best_columns
from streams.errors import ContractError

Floats = npt.NDArray[np.float64]
Indices = npt.NDArray[np.int64]

_BLOCK_CELLS = 1_000_000


@dataclass(frozen=True, slots=True)
class PlantedTruth:
    """What the users like, what the items are, and what that makes of each pair.

    A user chooses an item with the softmax of
    `category_taste + brand_taste - price_weight * (wanted level - item's level)^2 + popularity`.
    All numbers are rounded to 6 decimals, so that what is written is what was used.
    """

    user_ids: list[str]
    item_ids: list[str]
    categories: list[str]
    """Paths from the root, joined by `|`."""
    brands: list[str]
    category_taste: Floats
    """(users, categories): utility of each category."""
    brand_taste: Floats
    """(users, brands): utility of each brand."""
    wanted_level: Floats
    """(users,): the price level sought, 0 (cheapest) to 4."""
    item_category: Indices
    """(items,): positions in `categories`."""
    item_brand: Indices
    """(items,): positions in `brands`."""
    item_level: Floats
    """(items,): price level, 0 (cheapest) to 4."""
    popularity: Floats
    """(items,): utility that an item has for everyone."""
    price_weight: float

    def taste(self, users: Indices) -> Floats:
        """Utility of every item to some users, without its popularity: (users, items)."""
        distance = self.wanted_level[users, None] - self.item_level
        return (
            self.category_taste[users][:, self.item_category]
            + self.brand_taste[users][:, self.item_brand]
            - self.price_weight * distance * distance
        )

    def utilities(self, users: Indices) -> Floats:
        """Utility of every item to some users, given by their positions: (users, items)."""
        return self.taste(users) + self.popularity

    def blocks(self, users: Indices) -> Iterator[Indices]:
        """The users in blocks whose utilities take some megabytes."""
        rows = max(1, _BLOCK_CELLS // max(1, len(self.item_ids)))
        for start in range(0, len(users), rows):
            yield users[start : start + rows]

    def save(self, folder: Path) -> None:
        """Write `truth.json`, `truth_users.parquet` and `truth_items.parquet`."""
        folder.mkdir(parents=True, exist_ok=True)
        users = {
            "user_id": pa.array(self.user_ids, pa.string()),
            "wanted_level": pa.array(self.wanted_level),
            "category_taste": _rows(self.category_taste),
            "brand_taste": _rows(self.brand_taste),
        }
        items = {
            "item_id": pa.array(self.item_ids, pa.string()),
            "category": pa.array(self.item_category),
            "brand": pa.array(self.item_brand),
            "level": pa.array(self.item_level),
            "popularity": pa.array(self.popularity),
        }
        pq.write_table(pa.table(users), folder / "truth_users.parquet")
        pq.write_table(pa.table(items), folder / "truth_items.parquet")
        named = {
            "price_weight": self.price_weight,
            "categories": self.categories,
            "brands": self.brands,
        }
        text = json.dumps(named, indent=1)
        (folder / "truth.json").write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ContractError: a file is missing or is none of these.
        """
        try:
            named = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
            users = pq.read_table(folder / "truth_users.parquet")
            items = pq.read_table(folder / "truth_items.parquet")
            return cls(
                user_ids=users["user_id"].to_pylist(),
                item_ids=items["item_id"].to_pylist(),
                categories=named["categories"],
                brands=named["brands"],
                category_taste=_matrix(users["category_taste"], len(named["categories"])),
                brand_taste=_matrix(users["brand_taste"], len(named["brands"])),
                wanted_level=users["wanted_level"].to_numpy(),
                item_category=items["category"].to_numpy(),
                item_brand=items["brand"].to_numpy(),
                item_level=items["level"].to_numpy(),
                popularity=items["popularity"].to_numpy(),
                price_weight=named["price_weight"],
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ContractError(f"{folder} holds no planted truth: {error}") from None


def oracle_top_k(
    truth: PlantedTruth,
    user_ids: Sequence[str],
    k: int,
    seen: Mapping[str, AbstractSet[str]] | None = None,
) -> dict[str, list[str]]:
    """The `k` items of highest planted utility for each user, the best first.

    Exact; ties go to the item that comes first in `truth.item_ids`. Its recall is the ceiling for
    every model's.

    Args:
        truth: the planted truth.
        user_ids: the users asked for.
        k: length of the lists; shorter where fewer items remain.
        seen: items that are left out of a user's list.

    Raises:
        ContractError: `k` is less than 1, or a user is unknown to the truth.
    """
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    user_at = {user_id: position for position, user_id in enumerate(truth.user_ids)}
    item_at = {item_id: position for position, item_id in enumerate(truth.item_ids)}
    try:
        users = np.array([user_at[user_id] for user_id in user_ids], dtype=np.int64)
    except KeyError as error:
        raise ContractError(f"user {error.args[0]} is unknown to the planted truth") from None
    masked = {
        user_at[user_id]: [
            item_at[item] for item in (seen or {}).get(user_id, ()) if item in item_at
        ]
        for user_id in user_ids
    }
    lists: dict[str, list[str]] = {}
    for block in truth.blocks(users):
        utilities = truth.utilities(block)
        for user, row in zip(block.tolist(), utilities, strict=True):
            row[masked[user]] = -np.inf
            best = best_columns(row, k).tolist()
            lists[truth.user_ids[user]] = [truth.item_ids[item] for item in best]
    return lists


def _rows(matrix: Floats) -> pa.Array:
    return pa.array(list(matrix), pa.list_(pa.float64()))


def _matrix(column: pa.ChunkedArray, width: int) -> Floats:
    flat = pa.concat_arrays([chunk.flatten() for chunk in column.chunks])
    return np.asarray(flat.to_numpy(zero_copy_only=False), dtype=np.float64).reshape(-1, width)
