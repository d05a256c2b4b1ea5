from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from ml.evaluation.protocol import HeldOut
from ml.evaluation.ranking_models.baseline import Baseline, Parameters
from ml.evaluation.ranking_models.factors import Als
from ml.evaluation.ranking_models.item_knn import ItemKnn
from ml.evaluation.ranking_models.ranking_model import InteractionMatrix, Progress
from ml.retrieval.dense import ScoreFunction
from support.training_log import dataset_of, matrix_of


def test_training_columns_go_by_popularity_then_id() -> None:
    training = matrix_of([("b", "x"), ("a", "y"), ("b", "y"), ("b", "w"), ("b", "x")])
    assert training.items.tolist() == ["y", "w", "x"]
    assert training.users.tolist() == ["a", "b"]
    np.testing.assert_array_equal(training.seen.toarray(), [[1, 0, 0], [1, 1, 1]])
    np.testing.assert_array_equal(training.counts.toarray(), [[1, 0, 0], [1, 1, 2]])
    assert training.rows(["b", "nobody"]).tolist() == [1, -1]


def test_held_out_items_that_no_list_can_hold_stand_behind_the_others() -> None:
    test = HeldOut.of({"v": {"b", "gone"}, "u": ["a", "a"], "w": set()}, pd.Index(["a", "b"]))
    assert test.user_ids == ["u", "v"]
    assert test.matrix.toarray().tolist() == [[True, False, False], [False, True, True]]


class _Guess(Baseline):
    """Likes the items whose number is its parameter."""

    default: ClassVar[Parameters] = {"likes": 0}

    def is_cheap(self, training: InteractionMatrix) -> bool:
        return len(training.items) < 10

    def grid(self, training: InteractionMatrix) -> list[Parameters]:
        return [{"likes": 0}, {"likes": 1}, {"likes": 2}]

    def solve(
        self, training: InteractionMatrix, parameters: Parameters, seed: int, progress: Progress
    ) -> ScoreFunction:
        progress(1.0)
        liked = training.items.str.endswith(str(parameters["likes"])).astype(np.float32)
        return lambda rows: np.tile(np.asarray(liked), (len(rows), 1))


ALL_CHOOSE_1_LAST = [
    (f"u{user}", item) for item in ("a", "b", "c", "d", "x1") for user in range(6)
] + [("v", "x0"), ("v", "x2"), ("v", "x1"), ("z", "x1")]


def test_parameters_are_chosen_on_a_part_of_the_training_data() -> None:
    training = InteractionMatrix(dataset_of(ALL_CHOOSE_1_LAST, timed=True))
    found = _Guess().fit(training, 0, lambda _: None)
    assert found.parameters["likes"] == 1
    assert found.parameters["chosen"].startswith("best of 3")
    assert found.choosing_seconds > 0


def test_where_an_instant_is_unknown_parameters_are_chosen_on_items_held_out_at_random() -> None:
    rows = [(f"u{user}", item) for item in ("a0", "b0", "c0", "d0", "x1") for user in range(10)]
    timed = dataset_of([*rows, ("w", "e0"), ("y", "f1"), ("z", "x1")], timed=True)
    assert _Guess().fit(InteractionMatrix(timed), 0, lambda _: None).parameters["likes"] == 1
    timed.interactions.loc[len(rows), "timestamp"] = pd.NaT
    # Most users now miss one of a0 to d0, which the popularity of items finds best.
    assert _Guess().fit(InteractionMatrix(timed), 0, lambda _: None).parameters["likes"] == 2


def test_where_that_takes_long_the_default_is_used() -> None:
    rows = [*ALL_CHOOSE_1_LAST, *(("w", f"y{item}") for item in range(9))]
    found = _Guess().fit(InteractionMatrix(dataset_of(rows, timed=True)), 0, lambda _: None)
    assert found.parameters == {"likes": 0, "chosen": "default"}


def test_where_nothing_can_be_held_out_the_default_is_used() -> None:
    found = _Guess().fit(matrix_of([("u", "x1")]), 0, lambda _: None)
    assert found.parameters == {"likes": 0, "chosen": "default"}


def test_als_tries_counts_where_events_repeat() -> None:
    once = matrix_of([("u", "a"), ("v", "b")])
    twice = matrix_of([("u", "a"), ("v", "b"), ("v", "b")])
    tried = [{each["weights"] for each in Als().grid(data)} for data in (once, twice)]
    assert tried == [{"ones"}, {"ones", "counts"}]


def test_shrinkage_prefers_neighbours_of_many_users() -> None:
    rows = [(f"u{user}", item) for user in range(30) for item in ("a", "b")]
    rows += [(f"a{user}", "a") for user in range(15)] + [("z", "rare"), ("z", "rarer")]
    rows += [("user", "b"), ("user", "rare")]
    training = matrix_of(rows)
    lists = []
    for shrinkage in (0, 20):
        parameters = {"weights": "cosine", "shrinkage": shrinkage, "neighbours": 5}
        scores = ItemKnn().solve(training, parameters, 0, lambda _: None)
        found = scores(training.rows(["user"]))[0]
        lists.append(found[training.items.get_indexer(pd.Index(["rarer", "a"]))])
    (alone_rarer, alone_a), (shrunk_rarer, shrunk_a) = lists
    # By hand: rare with rarer 1 / sqrt(2 * 1), b with a 30 / sqrt(31 * 45).
    assert alone_rarer == pytest.approx(1 / np.sqrt(2))
    assert alone_a == pytest.approx(30 / np.sqrt(31 * 45))
    assert shrunk_rarer == pytest.approx(1 / np.sqrt(22 * 21))
    assert shrunk_a == pytest.approx(30 / np.sqrt(51 * 65))
