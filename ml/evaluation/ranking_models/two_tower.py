"""The two towers, trained and ranked as the pipeline does it."""

from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.dataset import USER_COLUMNS
from ml.evaluation.encoder_choice import choose_encoder
from ml.evaluation.ranking_models.ranking_model import Fitted, InteractionMatrix, Progress
from ml.serving.batch import ItemIndex, ListedUsers, list_items
from ml.towers.config import TowersConfig
from ml.towers.training import Progress as OfTraining
from ml.towers.training import train

CHOICE = 0.3
"""The share of the time that the choice of the encoder takes, roughly."""


def part_of(progress: Progress, start: float, stop: float) -> OfTraining:
    """The progress callback of a training that is one part of a model's."""
    return lambda epoch, epochs, _: progress(start + (stop - start) * epoch / epochs)


class TwoTower:
    """`ml.towers`; a user who is not in training is encoded from the user table."""

    def __init__(self, config: TowersConfig) -> None:
        self._config = config

    def fit(self, training: InteractionMatrix, seed: int, progress: Progress) -> Fitted:
        """Train; see `RankingModel`."""
        self._training = training
        config = self._choose_encoder(seed, progress, CHOICE)
        part = part_of(progress, CHOICE, 1.0)
        self._bundle = train(training.dataset, config, seed=seed, progress=part)
        return Fitted(config.model_dump(mode="json"))

    def rank(self, user_ids: Sequence[str], k: int) -> npt.NDArray[np.int64]:
        """The best `k` columns of each user; see `RankingModel`."""
        training = self._training
        catalogue = training.dataset.known_items()
        ranked_items = catalogue[catalogue["item_id"].isin(training.items)]
        index = ItemIndex.of(self._bundle, ranked_items)
        blocks = self._listed(index, self._users(user_ids), k)
        ranked = np.full((len(user_ids), k), -1, dtype=np.int64)
        lists = [items for block in blocks for items in block.lists]
        for row, items in zip(ranked, lists, strict=True):
            row[: len(items)] = training.items.get_indexer(pd.Index(items, dtype=object))
        return ranked

    def _choose_encoder(self, seed: int, progress: Progress, share: float) -> TowersConfig:
        """The configuration with its encoder; two short trainings are `share` of the progress."""
        parts = {
            "pooling": part_of(progress, 0.0, share / 2),
            "causal": part_of(progress, share / 2, share),
        }
        return choose_encoder(
            self._training.dataset,
            self._config,
            seed=seed,
            progress=lambda encoder, *state: parts[encoder](*state),
        ).config

    def _listed(self, index: ItemIndex, users: pd.DataFrame, k: int) -> Iterator[ListedUsers]:
        interactions = self._training.dataset.interactions
        return list_items(self._bundle, index, users, interactions, k=k, now=None)

    def _users(self, user_ids: Sequence[str]) -> pd.DataFrame:
        """USER_COLUMNS of these users, in their order."""
        known = self._training.dataset.known_users().set_index("user_id")
        users = known.reindex(pd.Index(user_ids, name="user_id")).reset_index()
        users["preferences"] = users["preferences"].fillna("")
        return users[list(USER_COLUMNS)]
