"""Which models join a blend, on planted scores and on the log of tastes."""

from collections.abc import Callable, Mapping

import numpy as np
import numpy.typing as npt
import pytest
import scipy.sparse

from ml.dataset import Dataset
from ml.evaluation.metrics import NDCG, hits_at_k
from ml.evaluation.ranking_models import blend_choice
from ml.evaluation.ranking_models.blend_choice import choose_blend, fit_ranker, select
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix
from ml.evaluation.ranking_models.weighted_ease import WeightedEase
from ml.ranking.candidates import Candidates
from ml.towers.config import TowersConfig
from ml.towers.training import train
from support.training_log import dataset_of

USERS, ITEMS = 400, 60
Ndcg = Callable[[Mapping[str, float]], npt.NDArray[np.float64]]


def planted(noises: Mapping[str, float]) -> Ndcg:
    """Five targets a user; each model scores them 1 and the rest 0, with normal noise."""
    rng = np.random.default_rng(0)
    items = np.tile(np.arange(ITEMS), (USERS, 1))
    is_target = rng.permuted(np.arange(ITEMS) < 5, axis=None)
    targets = rng.permuted(np.tile(is_target, (USERS, 1)), axis=1)
    scores = {
        name: (targets + noise * rng.standard_normal(items.shape)).astype(np.float32)
        for name, noise in noises.items()
    }
    found = Candidates.of(items, scores)
    held_out = scipy.sparse.csr_array(targets)
    return lambda blend: NDCG.per_user(hits_at_k(found.best(blend, 20), held_out, 20))


def test_a_model_that_knows_as_much_joins_and_noise_does_not() -> None:
    ndcg = planted({"two_tower": 0.8, "good": 0.8, "noise": 1e6})
    found = select(ndcg, ["noise", "good"])
    assert set(found.weights) == {"two_tower", "good"}
    assert found.weights["good"] == pytest.approx(0.5, abs=0.15)
    assert sum(found.weights.values()) == pytest.approx(1)
    assert found.blended.mean() > found.towers.mean() + 0.05


def test_the_better_model_gets_most_of_the_weight() -> None:
    found = select(planted({"two_tower": 2.0, "good": 0.4}), ["good"])
    assert 0.8 <= found.weights["good"] < 1


def test_where_the_towers_know_all_they_rank_alone() -> None:
    found = select(planted({"two_tower": 0.1, "worse": 1.0}), ["worse"])
    assert found.weights == {"two_tower": 1.0}
    np.testing.assert_array_equal(found.blended, found.towers)


TOWERS = TowersConfig(dim=8, epochs=1, text_encoder=None, user_encoder="pooling")


def test_models_that_help_are_fitted_on_all_of_the_log(
    tastes: tuple[Dataset, dict[str, set[str]]],
) -> None:
    earlier, held_out = tastes
    bundle = train(earlier, TOWERS.model_copy(update={"learning_rate": 1e-6}), seed=0)
    choice = choose_blend(bundle, earlier, held_out, seed=0)
    assert set(choice.weights) > {"two_tower"}
    assert choice.weights.keys() - {"two_tower"} == choice.parameters.keys()
    assert "held-out items of 160 users" in choice.reason
    assert fit_ranker(bundle, earlier, choice).blend == choice.weights


def test_a_model_that_does_not_fit_is_left_out(
    tastes: tuple[Dataset, dict[str, set[str]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.evaluation.ranking_models.weighted_ease._MAX_SIDE", 10)
    earlier, held_out = tastes
    choice = choose_blend(train(earlier, TOWERS, seed=0), earlier, held_out, seed=0)
    assert "ease" not in choice.weights
    assert "Without ease: EASE takes at most 10 users or items" in choice.reason


def test_a_few_users_are_too_few(tastes: tuple[Dataset, dict[str, set[str]]]) -> None:
    earlier, held_out = tastes
    few = dict(list(held_out.items())[: blend_choice._MIN_USERS - 1])
    choice = choose_blend(train(earlier, TOWERS, seed=0), earlier, few, seed=0)
    assert choice.weights == {"two_tower": 1.0}
    assert "49 users are too few" in choice.reason


@pytest.mark.parametrize("shape", [(60, 25), (25, 60)], ids=["by item", "by user"])
def test_weighted_ease_has_the_weights_of_the_weighted_problem(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(1)
    rows = [(f"u{user:02}", f"i{item:02}") for user, item in np.argwhere(rng.random(shape) < 0.2)]
    training = InteractionMatrix(dataset_of(rows))
    seen = training.seen.toarray().astype(np.float64)
    importance = seen.sum(axis=1) ** -0.5
    gram = seen.T @ (seen * (importance / importance.mean())[:, None])
    inverse = np.linalg.inv(gram + 7 * np.eye(len(gram)))
    expected = inverse / -np.diag(inverse)
    np.fill_diagonal(expected, 0)
    expected *= seen.sum(axis=0) ** -0.2
    found = WeightedEase().item_weights(training, {"lambda": 7, "popularity_exponent": 0.2})
    np.testing.assert_allclose(found.toarray(), expected, atol=1e-5)
