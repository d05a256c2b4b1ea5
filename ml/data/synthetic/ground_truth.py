"""The ground truth of a synthetic shop, and the oracle that recommends by it."""

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
class GroundTruth:
    """The users' taste, the items' properties, and the utility of an item to a user.

    A user chooses an item with the softmax of
    `category_taste + brand_taste - price_weight * (preferred_level - item_level)^2 + popularity`.
    All numbers are rounded to 6 decimals.
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
    preferred_level: Floats
    """(users,): preferred price level, 0 (cheapest) to 4."""
    item_category: Indices
    """(items,): positions in `categories`."""
    item_brand: Indices
    """(items,): positions in `brands`."""
    item_level: Floats
    """(items,): price level, 0 (cheapest) to 4."""
    popularity: Floats
    """(items,): utility that an item has to every user."""
    price_weight: float

    def taste(self, users: Indices) -> Floats:
        """Utility of every item without its popularity, float64 (users, items).

        Args:
            users: positions in `user_ids`.
        """
        distance = self.preferred_level[users, None] - self.item_level
        return (
            self.category_taste[users][:, self.item_category]
            + self.brand_taste[users][:, self.item_brand]
            - self.price_weight * distance * distance
        )

    def utilities(self, users: Indices) -> Floats:
        """Utility of every item, float64 (users, items).

        Args:
            users: positions in `user_ids`.
        """
        return self.taste(users) + self.popularity

    def blocks(self, users: Indices) -> Iterator[Indices]:
        """The users in blocks whose matrix of utilities has at most about a million cells."""
        rows = max(1, _BLOCK_CELLS // max(1, len(self.item_ids)))
        for start in range(0, len(users), rows):
            yield users[start : start + rows]

    def save(self, folder: Path) -> None:
        """Write `truth.json`, `truth_users.parquet` and `truth_items.parquet`."""
        folder.mkdir(parents=True, exist_ok=True)
        users = {
            "user_id": pa.array(self.user_ids, pa.string()),
            "preferred_level": pa.array(self.preferred_level),
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
        names = {
            "price_weight": self.price_weight,
            "categories": self.categories,
            "brands": self.brands,
        }
        text = json.dumps(names, indent=1)
        (folder / "truth.json").write_text(f"{text}\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            ContractError: a file is missing or malformed.
        """
        try:
            names = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
            users = pq.read_table(folder / "truth_users.parquet")
            items = pq.read_table(folder / "truth_items.parquet")
            return cls(
                user_ids=users["user_id"].to_pylist(),
                item_ids=items["item_id"].to_pylist(),
                categories=names["categories"],
                brands=names["brands"],
                category_taste=_matrix(users["category_taste"], len(names["categories"])),
                brand_taste=_matrix(users["brand_taste"], len(names["brands"])),
                preferred_level=users["preferred_level"].to_numpy(),
                item_category=items["category"].to_numpy(),
                item_brand=items["brand"].to_numpy(),
                item_level=items["level"].to_numpy(),
                popularity=items["popularity"].to_numpy(),
                price_weight=names["price_weight"],
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise ContractError(f"{folder} holds no ground truth: {error}") from None


def oracle_top_k(
    truth: GroundTruth,
    user_ids: Sequence[str],
    k: int,
    seen: Mapping[str, AbstractSet[str]] | None = None,
) -> dict[str, list[str]]:
    """The `k` items of highest utility for each user, the best first.

    The ranking is exact; of tied items the one that comes first in `truth.item_ids` wins. The
    oracle's recall is an upper bound of the expected recall of every model.

    Args:
        truth: the ground truth.
        user_ids: users whose lists are made.
        k: length of the lists; a list is shorter if fewer items remain.
        seen: items of each user that are excluded from the list.

    Raises:
        ContractError: `k` is less than 1, or a user is unknown.
    """
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    user_at = {user_id: position for position, user_id in enumerate(truth.user_ids)}
    item_at = {item_id: position for position, item_id in enumerate(truth.item_ids)}
    try:
        users = np.array([user_at[user_id] for user_id in user_ids], dtype=np.int64)
    except KeyError as error:
        raise ContractError(f"user {error.args[0]} is unknown to the ground truth") from None
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
