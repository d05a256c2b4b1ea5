"""A target of the pooling encoder counts by the strength of its interaction."""

import pandas as pd
import pytest
import torch

from ml.dataset import Dataset
from ml.towers.config import TowersConfig
from ml.towers.preprocessing import Preprocessing
from ml.towers.training_data import TrainingData
from ml.towers.windows import TrainingWindows
from support.training_log import dataset_of

STRENGTHS = {"view": 0.35, "negative_view": 0.3, "cart": 0.7, "purchase": 1.0, "rate": -1.0}


@pytest.fixture
def dataset() -> Dataset:
    """One user with an interaction of each type; the rating is the worst."""
    made = dataset_of([("u", kind) for kind in STRENGTHS], timed=True)
    made.interactions["interaction_type"] = list(STRENGTHS)
    made.interactions["rating"] = 1.0
    return made


def test_a_hidden_entry_counts_by_its_strength(dataset: Dataset) -> None:
    config = TowersConfig(whole_history_share=1, text_encoder=None)
    preprocessing = Preprocessing.fit(dataset, None)
    data = TrainingData(dataset, preprocessing, config, torch.Generator().manual_seed(0))
    batch = TrainingWindows(data).batch(torch.zeros(200, dtype=torch.int64))
    kinds = pd.Index(preprocessing.item_ids)[batch.items.numpy()]
    found = pd.Series(batch.labels.numpy()).groupby(kinds.to_numpy()).max()
    expected = {kind: max(strength, 0.0) for kind, strength in STRENGTHS.items()}
    # The anchor, the first entry in the order of ids, is never hidden.
    anchor = min(STRENGTHS)
    assert found.to_dict() == pytest.approx(expected | {anchor: 0.0})
