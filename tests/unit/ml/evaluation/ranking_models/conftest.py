"""A log of four tastes: each user keeps to one of them, and holds out what fits."""

import numpy as np
import pytest

from ml.dataset import Dataset
from support.training_log import dataset_of

TASTES, ITEMS_EACH, USERS_EACH = 4, 25, 40


@pytest.fixture(scope="session")
def tastes() -> tuple[Dataset, dict[str, set[str]]]:
    rng = np.random.default_rng(5)
    rows: list[tuple[str, str]] = []
    held_out: dict[str, set[str]] = {}
    for taste in range(TASTES):
        for number in range(USERS_EACH):
            seen = [f"i{taste}-{item}" for item in rng.permutation(ITEMS_EACH)[:10]]
            user = f"u{taste}-{number}"
            rows += [(user, item) for item in seen[2:]]
            held_out[user] = set(seen[:2])
    order = rng.permutation(len(rows))
    return dataset_of([rows[place] for place in order]), held_out
