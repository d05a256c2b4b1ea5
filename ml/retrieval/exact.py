"""Exact search by inner product: every item is scored, in blocks of bounded memory."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import scipy.sparse
import torch

from streams.contracts import ContractError

_SCORES_AT_ONCE = 1 << 23
"""Scores held at one time, 32 MiB of float32."""


def top_k(
    user_vectors: npt.NDArray[np.float32],
    item_vectors: npt.NDArray[np.float32],
    k: int,
    *,
    seen: scipy.sparse.csr_array | None = None,
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The `k` items of the highest inner product for each user, best first.

    Of equal scores the lower item index comes first, so the answer does not depend on the blocks.

    Args:
        user_vectors: float32 (users, dim).
        item_vectors: float32 (items, dim).
        k: items a user, at least 1; may exceed the number of items.
        seen: (users, items); each stored entry removes that item from that user's answer.

    Returns:
        Item indices, int64 (users, k), and their scores, float32 (users, k). Where fewer than `k`
        items remain, the rest of the row is index -1 and score -inf.

    Raises:
        ContractError: if shapes do not fit together, or a vector is not finite.
    """
    users, items = _checked(user_vectors, "user_vectors"), _checked(item_vectors, "item_vectors")
    if users.shape[1] != items.shape[1]:
        raise ContractError(
            f"user vectors have {users.shape[1]} dimensions, item vectors {items.shape[1]}"
        )
    if k < 1:
        raise ContractError(f"k must be at least 1, not {k}")
    if seen is not None and seen.shape != (len(users), len(items)):
        raise ContractError(
            f"seen has shape {seen.shape}, but there are {len(users)} users and {len(items)} items"
        )
    indices = np.full((len(users), k), -1, dtype=np.int64)
    scores = np.full((len(users), k), -np.inf, dtype=np.float32)
    if not len(items):
        return indices, scores
    transposed = torch.from_numpy(items).T
    rows_at_once = max(1, _SCORES_AT_ONCE // len(items))
    edges = [*range(0, len(users), rows_at_once), len(users)]
    for start, stop in pairwise(edges):
        block = torch.from_numpy(users[start:stop]) @ transposed
        if seen is not None:
            _mask(block.numpy(), seen, start)
        found, values = _best(block, min(k, len(items)))
        width = found.shape[1]
        indices[start:stop, :width] = np.where(np.isneginf(values), -1, found)
        scores[start:stop, :width] = values
    return indices, scores


def _checked(vectors: npt.NDArray[np.float32], name: str) -> npt.NDArray[np.float32]:
    if vectors.ndim != 2:  # noqa: PLR2004 - a matrix has two axes
        raise ContractError(f"{name} must be a matrix, not of shape {vectors.shape}")
    if not np.isfinite(vectors).all():
        raise ContractError(f"{name} holds values that are not finite")
    return np.ascontiguousarray(vectors, dtype=np.float32)


def _mask(block: npt.NDArray[np.float32], seen: scipy.sparse.csr_array, start: int) -> None:
    pointers = seen.indptr[start : start + len(block) + 1]
    rows = np.repeat(np.arange(len(block)), np.diff(pointers))
    block[rows, seen.indices[pointers[0] : pointers[-1]]] = -np.inf


def _best(block: torch.Tensor, k: int) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """The `k` best columns of each row, ordered by falling score, then rising index."""
    # One more than asked for shows whether a tie reaches over the edge of the answer.
    values, found = torch.topk(block, min(k + 1, block.shape[1]), dim=1)
    best_values, best = values[:, :k].numpy(), found[:, :k].numpy()
    order = np.lexsort((best, -best_values), axis=1)
    best = np.take_along_axis(best, order, axis=1)
    best_values = np.take_along_axis(best_values, order, axis=1)
    if values.shape[1] > k:
        tied = torch.nonzero(values[:, k - 1] == values[:, k]).ravel()
        for row in tied.tolist():
            whole = torch.argsort(block[row], descending=True, stable=True)[:k]
            best[row] = whole.numpy()
    return best, best_values
