"""A million users and a million items: the memory of training, and the time of a step."""

import statistics
import time
from itertools import islice
from typing import Any

import numpy as np
from measuring import peak_memory_mb, reset_peak_memory
from wide_log import make_wide_log

USERS = ITEMS = 1_000_000
INTERACTIONS = 5_000_000
_STEPS = 60
_WARM_UP = 10
_BYTES_PER_WEIGHT = 12
"""A weight of an id embedding and its two moments."""
_BYTES_PER_INTERACTION = 280
_OTHER_BYTES = 1e9
"""Libraries, and a step's own tensors."""


def measure_million() -> dict[str, Any]:
    """Prepare training with the defaults and take some steps; needs a process of its own."""
    import torch

    from ml.towers.config import TowersConfig
    from ml.towers.preprocessing import Preprocessing
    from ml.towers.training import TrainingRun
    from ml.towers.training_data import TrainingData

    log = make_wide_log(users=USERS, items=ITEMS, training=INTERACTIONS).training
    config = TowersConfig()
    reset_peak_memory()
    at_rest = peak_memory_mb()
    before = time.perf_counter()
    preprocessing = Preprocessing.fit(log, config.text_encoder)
    data = TrainingData(log, preprocessing, config, torch.Generator().manual_seed(0))
    run = TrainingRun(data)
    prepared = time.perf_counter()
    seconds: list[float] = []
    losses: list[float] = []
    steps = run.steps()
    for _ in range(_WARM_UP + _STEPS):
        start = time.perf_counter()
        losses += islice(steps, 1)
        seconds.append(time.perf_counter() - start)
    items = len(preprocessing.item_ids)
    expected = (
        items * config.dim * _BYTES_PER_WEIGHT
        + len(log.interactions) * _BYTES_PER_INTERACTION
        + _OTHER_BYTES
    )
    return {
        "users": len(data.user_ids),
        "items": items,
        "interactions": len(log.interactions),
        "prepare_seconds": prepared - before,
        "step_ms": statistics.median(seconds[_WARM_UP:]) * 1000,
        "windows a step": config.batch_size,
        "first losses": float(np.mean(losses[:_WARM_UP])),
        "last losses": float(np.mean(losses[-_WARM_UP:])),
        "rss_mb with the log": at_rest,
        "peak_rss_mb": peak_memory_mb(),
        "expected_mb": expected / 1e6,
    }
