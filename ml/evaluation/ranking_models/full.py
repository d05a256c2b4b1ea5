"""The ranker `full`: the towers with EASE and item-kNN, as the pipeline can publish it."""

from collections.abc import Iterator

import pandas as pd

from ml.evaluation.ranking_models.blend_choice import choose_blend_on_split, fit_ranker
from ml.evaluation.ranking_models.ranking_model import Fitted, InteractionMatrix, Progress
from ml.evaluation.ranking_models.two_tower import CHOICE, TwoTower, part_of
from ml.serving.batch import ItemIndex, ListedUsers
from ml.towers.training import train


class Full(TwoTower):
    """The towers, trained as `TwoTower` is, and the models that help on a validation split."""

    def fit(self, training: InteractionMatrix, seed: int, progress: Progress) -> Fitted:
        """Train twice, the first time for the weights; see `RankingModel`."""
        self._training = training
        dataset = training.dataset
        config = self._choose_encoder(seed, progress, CHOICE / 2)
        first = part_of(progress, CHOICE / 2, 0.5)
        choice = choose_blend_on_split(dataset, config, seed=seed, progress=first)
        second = part_of(progress, 0.5, 1.0)
        self._bundle = train(dataset, config, seed=seed, progress=second)
        self._ranker = fit_ranker(self._bundle, dataset, choice)
        parameters = {**config.model_dump(mode="json"), "blend": choice.model_dump(mode="json")}
        return Fitted(parameters, note=choice.reason)

    def _listed(self, index: ItemIndex, users: pd.DataFrame, k: int) -> Iterator[ListedUsers]:
        interactions = self._training.dataset.interactions
        return self._ranker.list_items(index, users, interactions, k=k, now=None)
