"""The towers with their defaults on a wide catalogue: time, memory and recall."""

import time
from collections.abc import Callable
from typing import Any

from measuring import peak_memory_mb
from rich.console import Console
from wide_log import make_wide_log

K = 20


def measure_towers() -> dict[str, Any]:
    """Train and rank on a million interactions; needs a process of its own."""
    from ml.evaluation.metrics import RECALL
    from ml.evaluation.popularity import popularity_lists
    from ml.evaluation.protocol import score_lists
    from ml.serving.batch import lists_by_user
    from ml.towers.config import TowersConfig
    from ml.towers.training import train

    log = make_wide_log()
    interactions = log.training.interactions
    start = time.perf_counter()
    bundle = train(log.training, TowersConfig(), seed=0, progress=_printer())
    trained = time.perf_counter()
    lists = lists_by_user(bundle, log.training, log.held_out, K)
    ranked = time.perf_counter()
    peak = peak_memory_mb()
    popular = popularity_lists(interactions, list(log.held_out), K)
    return {
        "interactions": len(interactions),
        "users": interactions["user_id"].nunique(),
        "items": interactions["item_id"].nunique(),
        "train_seconds": trained - start,
        "top_k_seconds": ranked - trained,
        "peak_rss_mb": peak,
        "recall@20": {
            "two_tower": score_lists(lists, log.held_out, K)[RECALL],
            "popularity": score_lists(popular, log.held_out, K)[RECALL],
        },
    }


def _printer() -> Callable[[int, int, float], None]:
    start, console = time.perf_counter(), Console()

    def show(epoch: int, epochs: int, loss: float) -> None:
        minutes = (time.perf_counter() - start) / 60
        left = minutes / epoch * (epochs - epoch)
        console.print(f"epoch {epoch} of {epochs}, loss {loss:.4f}, about {left:.1f} min left")

    return show
