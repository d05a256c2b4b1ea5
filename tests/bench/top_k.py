"""Exact top-k: its speed compared with faiss IndexFlatIP, and its memory with a million items."""

import statistics
import time
from typing import Any

import numpy as np
import numpy.typing as npt
from measuring import interleaved_seconds, peak_memory_mb, reset_peak_memory, speed_ratio

Vectors = npt.NDArray[np.float32]

USERS = 10_000
SIZES = ((41_000, 64), (100_000, 128))
KS = (20, 50)
THREADS = 2
REPEATS = 5
_FAISS_BATCH = 1_024
_CHECKED_USERS = 500


def measure_speed(repeats: int = REPEATS) -> list[dict[str, Any]]:
    """For each size and k: seconds, the ratio to the faster way of calling faiss, and recall."""
    import faiss
    import torch

    torch.set_num_threads(THREADS)
    faiss.omp_set_num_threads(THREADS)
    figures = []
    for items, dim in SIZES:
        rng = np.random.default_rng(0)
        catalogue = rng.standard_normal((items, dim), dtype=np.float32)
        users = rng.standard_normal((USERS, dim), dtype=np.float32)
        index = faiss.IndexFlatIP(dim)
        index.add(catalogue)
        figures += [_compare(users, catalogue, index, k, repeats) for k in KS]
    return figures


def _compare(users: Vectors, items: Vectors, index: Any, k: int, repeats: int) -> dict[str, Any]:
    from ml.retrieval.exact import top_k

    batches = np.split(users, range(_FAISS_BATCH, len(users), _FAISS_BATCH))
    peers = {
        "faiss, all users at once": lambda: index.search(users, k),
        f"faiss, {_FAISS_BATCH} users at a time": lambda: [
            index.search(batch, k) for batch in batches
        ],
    }
    seconds = interleaved_seconds({"ours": lambda: top_k(users, items, k), **peers}, repeats)
    medians = {name: statistics.median(taken) for name, taken in seconds.items()}
    peer = min(peers, key=medians.__getitem__)
    return {
        "items": len(items),
        "dim": items.shape[1],
        "users": len(users),
        "k": k,
        "threads": THREADS,
        "seconds": medians,
        "peer": peer,
        "times_as_fast": speed_ratio(seconds["ours"], seconds[peer]),
        "recall": _recall(users[:_CHECKED_USERS], items, k),
    }


def measure_memory(items: int = 1_000_000, dim: int = 64, users: int = 2_000) -> dict[str, Any]:
    """The memory of a call besides its inputs; needs a process of its own."""
    import torch

    from ml.retrieval.exact import top_k

    torch.set_num_threads(THREADS)
    rng = np.random.default_rng(0)
    catalogue = rng.standard_normal((items, dim), dtype=np.float32)
    queries = rng.standard_normal((users, dim), dtype=np.float32)
    top_k(queries[:300], catalogue[:3_000], 20)  # warm-up: libraries allocate their memory
    reset_peak_memory()
    before = peak_memory_mb()
    start = time.perf_counter()
    top_k(queries, catalogue, 20)
    seconds = time.perf_counter() - start
    return {
        "items": items,
        "dim": dim,
        "users": users,
        "k": 20,
        "seconds": seconds,
        "inputs_mb": (catalogue.nbytes + queries.nbytes) / 1e6,
        "all_scores_mb": items * users * 4 / 1e6,
        "growth_mb": peak_memory_mb() - before,
    }


def _recall(users: Vectors, items: Vectors, k: int) -> float:
    """The share of the results that are correct by scores in double precision.

    Of two items that float32 cannot distinguish, either is correct.
    """
    from ml.retrieval.exact import top_k

    found, _ = top_k(users, items, k)
    scores = users.astype(np.float64) @ items.T.astype(np.float64)
    kth = np.partition(scores, -k, axis=1)[:, -k, None]
    reached = np.take_along_axis(scores, found, axis=1) >= kth - 1e-6 * np.abs(kth)
    distinct = np.diff(np.sort(found, axis=1), axis=1, prepend=-1) > 0
    return float(np.mean(reached & distinct))
