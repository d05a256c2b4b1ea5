"""The ranking stage `full`: a trained bundle, item-to-item models, and the weights of their blend.

Each model proposes its best unseen items for a user. Every model then scores all of these
candidates, and the logarithms of its ranks are added up by weight. The item-to-item models read a
history as a set; the towers also know preferences, content and order.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.sparse
from pydantic import Field
from safetensors.numpy import load_file, save_file

from ml.described_weights import Described, digest, opened
from ml.ranking.candidates import Candidates, union
from ml.ranking.item_weights import ItemWeights, best_unseen
from ml.retrieval.dense import seen_matrix
from ml.retrieval.exact import top_k
from ml.serving.batch import (
    EncodedUsers,
    ItemIndex,
    ListedUsers,
    encode_in_blocks,
    list_items,
    met,
    named,
)
from ml.serving.category_spread import BY_SCORE, Spread
from ml.towers.bundle import Bundle
from streams.errors import ModelError

FORMAT: Literal[1] = 1
FOLDER = "ranker"
"""Where in a version's bundle its ranker lies."""
TOWERS = "two_tower"
_DESCRIPTION = "ranker.json"
_WEIGHTS = "weights.safetensors"
_CANDIDATES = 100
"""Of each model, for lists that are not longer."""
_USERS_AT_ONCE = 1024

Weight = Annotated[float, Field(ge=0, le=1)]


class _Description(Described):
    """The file beside the item-to-item weights."""

    format: Literal[1] = FORMAT
    bundle_version: str
    blend: dict[str, Weight]
    """By model; `two_tower` is the bundle."""


class Ranker:
    """Ranks the candidates of all its models for users in batches."""

    def __init__(
        self, bundle: Bundle, item_weights: Mapping[str, ItemWeights], blend: Mapping[str, float]
    ) -> None:
        """Combine the parts.

        Args:
            bundle: the towers.
            item_weights: by model; rows and columns are `bundle.item_ids`.
            blend: the weight of each model, that of the towers by the name TOWERS; those without
                a weight are not needed.
        """
        self.bundle = bundle
        self.blend = {name: weight for name, weight in blend.items() if weight > 0}
        self._item_weights = {
            name: found for name, found in item_weights.items() if name in self.blend
        }

    def list_items(
        self,
        index: ItemIndex,
        users: pd.DataFrame,
        interactions: pd.DataFrame,
        *,
        k: int,
        now: datetime | None,
        spread: Spread = BY_SCORE,
    ) -> Iterator[ListedUsers]:
        """The best `k` items of each user, in blocks; see `ml.serving.batch.list_items`."""
        if not self._item_weights:
            yield from list_items(
                self.bundle, index, users, interactions, k=k, now=now, spread=spread
            )
            return
        wanted = spread.width(k)
        for block, candidates in self.candidates(index, users, interactions, k=wanted, now=now):
            seen = seen_matrix(block.history, block.user_ids, index.item_ids)
            best = candidates.best(self.blend, wanted)
            found = spread.first(best, k, block.preferences, met(seen))
            yield ListedUsers(block.user_ids, block.vectors, named(found, index.item_ids))

    def candidates(
        self,
        index: ItemIndex,
        users: pd.DataFrame,
        interactions: pd.DataFrame,
        *,
        k: int,
        now: datetime | None,
    ) -> Iterator[tuple[EncodedUsers, Candidates]]:
        """The candidates for lists of `k` items, in blocks of users."""
        known = self.bundle.item_ids
        columns = pd.Index(index.item_ids).get_indexer(pd.Index(known))
        models = {
            name: _to_columns(weights, columns, len(index.item_ids))
            for name, weights in self._item_weights.items()
        }
        wanted = max(k, _CANDIDATES)
        for block in encode_in_blocks(
            self.bundle, users, interactions, now=now, at_once=_USERS_AT_ONCE
        ):
            seen = seen_matrix(block.history, block.user_ids, index.item_ids)
            history = seen_matrix(block.history, block.user_ids, known).astype(np.float32)
            totals = {name: history @ weights for name, weights in models.items()}
            proposed = [top_k(block.vectors, index.vectors, wanted, seen=seen)[0]]
            proposed += [best_unseen(found, seen, wanted) for found in totals.values()]
            items = union(proposed)
            scores = {TOWERS: _inner_products(block.vectors, index.vectors, items)}
            scores |= {name: _entries(found, items) for name, found in totals.items()}
            yield block, Candidates.of(items, scores)

    def save(self, folder: Path) -> None:
        """Write all but the bundle into `folder`, which is created if it does not exist."""
        folder.mkdir(parents=True, exist_ok=True)
        tensors = {
            f"{name}.{part}": np.ascontiguousarray(getattr(weights, part))
            for name, weights in self._item_weights.items()
            for part in ("data", "indices", "indptr")
        }
        save_file(tensors, folder / _WEIGHTS)
        description = _Description(
            bundle_version=self.bundle.version,
            weights_sha256=digest(folder / _WEIGHTS),
            blend=self.blend,
        )
        (folder / _DESCRIPTION).write_text(description.model_dump_json(), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path, bundle: Bundle) -> Self:
        """Read what `save` wrote.

        Raises:
            ModelError: if it is missing, damaged, of another format or of another bundle.
        """
        weights = folder / _WEIGHTS
        with opened(_Description, folder / _DESCRIPTION, weights, "ranker") as description:
            if description.bundle_version != bundle.version:
                raise ModelError(
                    f"the ranker in {folder} belongs to version {description.bundle_version},"
                    f" not to {bundle.version}"
                )
            tensors, items = load_file(weights), len(bundle.item_ids)
            models = {
                name: scipy.sparse.csr_array(
                    tuple(tensors[f"{name}.{part}"] for part in ("data", "indices", "indptr")),
                    shape=(items, items),
                )
                for name in description.blend
                if name != TOWERS
            }
            return cls(bundle, models, description.blend)


def _to_columns(
    weights: ItemWeights, columns: npt.NDArray[np.int64], items: int
) -> scipy.sparse.csr_array:
    """The weights with their columns moved to those of a catalogue; -1 is not in it."""
    entries = scipy.sparse.coo_array(weights)
    moved = columns[entries.col]
    kept = moved >= 0
    return scipy.sparse.csr_array(
        (entries.data[kept], (entries.row[kept], moved[kept])), shape=(weights.shape[0], items)
    )


def _inner_products(
    users: npt.NDArray[np.float32],
    items: npt.NDArray[np.float32],
    candidates: npt.NDArray[np.int64],
) -> npt.NDArray[np.float32]:
    """float32 (users, width); a user's are computed at once, so they do not depend on the block."""
    scores = np.empty(candidates.shape, dtype=np.float32)
    for row, (vector, places) in enumerate(zip(users, candidates, strict=True)):
        scores[row] = items[places] @ vector
    return scores


def _entries(
    totals: scipy.sparse.csr_array, candidates: npt.NDArray[np.int64]
) -> npt.NDArray[np.float32]:
    """The entries of each user's candidates, float32 (users, width); 0 where none is stored."""
    scores = np.zeros(candidates.shape, dtype=np.float32)
    row = np.zeros(totals.shape[1], dtype=np.float32)
    for user, places in enumerate(candidates):
        stored = slice(totals.indptr[user], totals.indptr[user + 1])
        row[totals.indices[stored]] = totals.data[stored]
        scores[user] = row[places]
        row[totals.indices[stored]] = 0
    return scores
