"""Live lists: encoding a shopper, searching the items, and the memory of a worker.

Peers in the same run: the batch's way of encoding, by data frames; exact search by numpy; a graph.
Times are of the CPU, so that other load counts little, on one core.
"""

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from wide_log import make_wide_log

Array = npt.NDArray[np.float32]

SIZES = (20_000, 50_000, 100_000)
MEASURED_SIZE = 50_000
"""Of encoding and memory."""
SHARES = (0.01, 0.1, 0.5, 1.0)
"""Of the items that a filter leaves."""
K = 100
EVENTS = 50
_QUERIES = 200
_REPEATS = 3
_EPOCHS = 1
"""Enough for vectors as uneven as those of a whole training."""
_MAX_SEARCH_MS = 0.5
"""With up to `MEASURED_SIZE` items."""
_MIN_RECALL = 0.99
_MAX = {"encoding 50 events, ms": 0.3, "own memory, MB": 300, "missing rows": 0}
"""By the end of a figure's name."""
_HEAVY = "torch, pandas or Feast in it"


def kept(figures: dict[str, Any]) -> list[bool]:
    """Whether each threshold is kept."""
    searches = [
        figures[f"{size:,} items, {share:.0%} left, ms"] <= _MAX_SEARCH_MS
        for size in SIZES
        for share in SHARES
        if size <= MEASURED_SIZE
    ]
    recalls = [
        each >= _MIN_RECALL for name, each in figures.items() if name.endswith("left, recall")
    ]
    others = [
        each <= most
        for name, each in figures.items()
        for end, most in _MAX.items()
        if name.endswith(end)
    ]
    return [*searches, *recalls, *others, figures[_HEAVY] == "none"]


def measure_serving() -> dict[str, Any]:
    """Milliseconds, recall and megabytes; needs a process of its own with one thread."""
    from threadpoolctl import threadpool_limits

    from ml.towers.config import CausalConfig

    figures: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name, threadpool_limits(1):
        for items in SIZES:
            folder = Path(name, str(items))
            bundle, vectors, users = _trained(items, folder)
            figures |= _search(f"{items:,}", vectors, users)
            if items == MEASURED_SIZE:
                figures |= {f"pooling, {key}": ms for key, ms in _encoding(bundle).items()}
                figures |= _memory(folder)
        few = CausalConfig(epochs=_EPOCHS)
        causal, _, _ = _trained(
            MEASURED_SIZE // 10, Path(name, "causal"), user_encoder="causal", causal=few
        )
        figures |= {f"causal, {key}": ms for key, ms in _encoding(causal).items()}
    return figures


def _trained(items: int, folder: Path, **config: Any) -> tuple[Any, Array, Array]:
    """A bundle, saved in a folder with its item vectors, and vectors of items and of users."""
    from ml.registry import item_vector_files
    from ml.towers.config import TowersConfig
    from ml.towers.training import train

    log = make_wide_log(users=items // 2, items=items, training=items * 8).training
    bundle = train(log, TowersConfig(text_encoder=None, epochs=_EPOCHS, **config), seed=0)
    bundle.save(folder)
    known = log.known_items()
    vectors = bundle.encode_items(known)
    stored = folder / item_vector_files.FOLDER
    stored.mkdir()
    item_vector_files.write(stored, zip(known["item_id"], vectors, strict=True), 0)
    users = log.known_users().sample(_QUERIES, random_state=0)
    own = log.interactions[log.interactions["user_id"].isin(set(users["user_id"]))]
    return bundle, vectors, bundle.encode_users(users, own, None)


def _encoding(bundle: Any) -> dict[str, float]:
    """CPU milliseconds for one shopper of `EVENTS` events, as serving and as the batch do it."""
    import pandas as pd

    from ml.dataset import USER_COLUMNS, interactions_frame
    from support.interactions import interaction

    rng, now = np.random.default_rng(0), datetime.now(UTC)
    kinds = ("view", "cart", "purchase", "positive_view", "negative_view")
    history = [
        interaction(
            "u",
            str(rng.choice(bundle.item_ids[:1000])),
            kinds[place % len(kinds)],
            now - timedelta(minutes=EVENTS - place),
            quantity=1 if kinds[place % len(kinds)] in ("cart", "purchase") else None,
        )
        for place in range(EVENTS)
    ]
    users = pd.DataFrame([("u", "", now)], columns=list(USER_COLUMNS))

    def batch() -> None:
        bundle.encode_users(users, interactions_frame(history), now)

    ours = _cpu_ms(lambda: bundle.user_encoder.encode_shopper((), history), _QUERIES)
    return {"encoding 50 events, ms": ours, "the same by data frames, ms": _cpu_ms(batch, 50)}


def _search(size: str, vectors: Array, users: Array) -> dict[str, float]:
    """CPU milliseconds and recall of the best `K` under filters, beside the peers without one."""
    import faiss

    from ml.retrieval.quantized import QuantizedVectors

    faiss.omp_set_num_threads(1)
    index, rng, found = QuantizedVectors(vectors), np.random.default_rng(1), {}
    for share in SHARES:
        allowed = [rng.random(len(vectors)) < share for _ in users]
        asked = list(zip(users, allowed, strict=True))
        name = f"{size} items, {share:.0%} left"
        found[f"{name}, ms"] = _each_cpu_ms(
            lambda query: index.search(query[0], K, query[1]), asked
        )
        lists = [index.search(user, K, mask)[0] for user, mask in asked]
        found[f"{name}, recall"] = _recall(vectors, asked, lists)
        found[f"{name}, missing rows"] = sum(
            min(K, int(mask.sum())) - len(places)
            for places, (_, mask) in zip(lists, asked, strict=True)
        )
    found[f"{size} items, numpy, ms"] = _each_cpu_ms(
        lambda user: np.argpartition(vectors @ user, -K)[-K:], list(users)
    )
    graph = faiss.IndexHNSWFlat(vectors.shape[1], 32, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efConstruction, graph.hnsw.efSearch = 100, 400
    graph.add(vectors)
    found[f"{size} items, HNSW, ms"] = _each_cpu_ms(
        lambda user: graph.search(user[None], K), list(users)
    )
    everything = [(user, np.ones(len(vectors), dtype=bool)) for user in users]
    found[f"{size} items, HNSW, recall"] = _recall(
        vectors, everything, list(graph.search(users, K)[1])
    )
    return found


def _recall(vectors: Array, asked: Sequence[tuple[Array, Any]], lists: Sequence[Any]) -> float:
    """The share of the exact best that is found."""
    shares = []
    for (user, mask), places in zip(asked, lists, strict=True):
        left = np.flatnonzero(mask)
        exact = left[np.argsort(-(vectors[left] @ user))[:K]]
        shares.append(len(np.intersect1d(exact, places)) / max(1, len(exact)))
    return statistics.mean(shares)


def _cpu_ms(work: Callable[[], object], times: int) -> float:
    """The median over so many calls."""
    return _each_cpu_ms(lambda _: work(), [None] * times)


def _each_cpu_ms(work: Callable[[Any], object], asked: Sequence[Any]) -> float:
    taken = []
    for _ in range(_REPEATS):
        for each in asked:
            start = time.thread_time()
            work(each)
            taken.append((time.thread_time() - start) * 1e3)
    return statistics.median(taken)


_WORKER = """
import json, sys
from contextlib import nullcontext
from pathlib import Path
import apps.storefront.app
from ml.registry.item_vector_files import StoredVectors
from ml.serving import recommender
from ml.serving.live_items import LiveItems
from ml.towers.user_encoder import UserEncoder

folder = Path(sys.argv[1])
users, stored = UserEncoder.load(folder), StoredVectors.of(folder, "bench", nullcontext)
items = LiveItems.of(stored.item_ids, stored.vectors)
vector = users.encode_shopper([], [])
for _ in range(100):
    items.search(vector, 100, stored.item_ids[:50])
lines = Path("/proc/self/status").read_text().splitlines()
sizes = {line.split(":")[0]: int(line.split()[1]) / 1e3 for line in lines if line.startswith("Rss")}
heavy = [name for name in ("torch", "pandas", "feast") if name in sys.modules]
print(json.dumps({"own": sizes["RssAnon"], "files": sizes["RssFile"], "heavy": heavy}))
"""


def _memory(folder: Path) -> dict[str, Any]:
    """Megabytes of a worker of the shop with the version of a folder."""
    done = subprocess.run(
        [sys.executable, "-c", _WORKER, str(folder)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    found = json.loads(done.stdout)
    return {
        "a worker's own memory, MB": found["own"],
        "mapped files, shared, MB": found["files"],
        _HEAVY: ", ".join(found["heavy"]) or "none",
    }
