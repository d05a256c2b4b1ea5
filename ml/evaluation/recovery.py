"""How close the towers come to the oracle of a synthetic shop."""

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from ml.data.synthetic import SyntheticShop, oracle_top_k
from ml.dataset import ITEM_COLUMNS, USER_COLUMNS, Dataset, interactions_frame
from ml.evaluation.metrics import RECALL
from ml.evaluation.popularity import popularity_lists
from ml.evaluation.protocol import K, RankingMetrics, score_lists
from ml.serving.batch import lists_by_user
from ml.towers.config import TowersConfig
from ml.towers.training import train

_FLOATS = ("discounted_price", "actual_price", "rating_count")
"""Columns that a model reads as floats, whatever they are in the shop."""


@dataclass(frozen=True, slots=True)
class Recovery:
    """Scores at 20 on the held-out purchases, full ranking, seen items left out."""

    popularity: RankingMetrics
    towers: RankingMetrics
    oracle: RankingMetrics
    """The ranking by the ground truth, an upper bound of the expected scores of every model."""

    @property
    def share(self) -> float:
        """Share of the gap in recall between popularity and the oracle that the towers close."""
        possible = self.oracle[RECALL] - self.popularity[RECALL]
        return (self.towers[RECALL] - self.popularity[RECALL]) / possible if possible else 0.0


def measure(
    shop: SyntheticShop,
    config: TowersConfig,
    *,
    seed: int,
    progress: Callable[[int, int, float], None] | None = None,
) -> Recovery:
    """Train on the shop's interactions and score against its held-out purchases."""
    dataset = as_dataset(shop)
    bundle = train(dataset, config, seed=seed, progress=progress)
    lists = lists_by_user(bundle, dataset, shop.held_out, K)
    users = list(shop.held_out)
    seen: dict[str, set[str]] = {}
    for event in shop.interactions:
        seen.setdefault(event.user_id, set()).add(event.item_id)
    popular = popularity_lists(dataset.interactions, users, K)
    best = oracle_top_k(shop.truth, users, K, seen)
    return Recovery(
        popularity=score_lists(popular, shop.held_out, K),
        towers=score_lists(lists, shop.held_out, K),
        oracle=score_lists(best, shop.held_out, K),
    )


def as_dataset(shop: SyntheticShop) -> Dataset:
    """The shop as the towers read one, without the detour over Kafka and Feast."""
    return Dataset(
        interactions=interactions_frame(shop.interactions),
        users=pd.DataFrame(
            [user.model_dump(include=set(USER_COLUMNS)) for user in shop.users],
            columns=list(USER_COLUMNS),
        ),
        items=pd.DataFrame(
            [product.model_dump(include=set(ITEM_COLUMNS)) for product in shop.products],
            columns=list(ITEM_COLUMNS),
        ).astype(dict.fromkeys(_FLOATS, "float64")),
    )
