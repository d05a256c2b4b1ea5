from typing import Any

import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from pydantic import BaseModel, ValidationError

from ml.dataset import Dataset
from ml.towers.config import TowersConfig
from ml.tuning.space import SPACE, search_space, values_of, with_values
from support.training_log import dataset_of


@pytest.mark.parametrize("name", SPACE)
def test_every_dimension_is_a_field_whose_default_lies_in_its_range(name: str) -> None:
    model: type[BaseModel] = TowersConfig
    *parents, last = name.split(".")
    for parent in parents:
        model = type(model.model_fields[parent].default)
    assert last in model.model_fields
    default = values_of(TowersConfig(), [name])[name]
    values = SPACE[name].values
    assert values._contains(values.to_internal_repr(default))


@pytest.mark.parametrize("name", SPACE)
def test_the_ends_of_every_range_are_allowed(name: str) -> None:
    values = SPACE[name].values
    if isinstance(values, CategoricalDistribution):
        ends = values.choices
    else:
        assert isinstance(values, IntDistribution | FloatDistribution)
        ends = (values.low, values.high)
    for value in ends:
        assert values_of(with_values(TowersConfig(), {name: value}), [name]) == {name: value}


def test_values_go_to_their_places_and_nowhere_else() -> None:
    config = with_values(TowersConfig(), {"confidence.cart": 0.1, "learning_rate": 0.02})
    expected = TowersConfig().model_dump()
    expected["confidence"]["cart"] = 0.1
    expected["learning_rate"] = 0.02
    assert config.model_dump() == expected
    with pytest.raises(ValidationError):
        with_values(TowersConfig(), {"no_such_field": 1})


def kinds(*names: str) -> Dataset:
    dataset = dataset_of([("a", f"i{place}") for place in range(len(names))], timed=True)
    dataset.interactions["interaction_type"] = names
    return dataset


def test_what_cannot_matter_on_the_data_is_not_searched() -> None:
    plain = search_space(dataset_of([("a", "x"), ("a", "y")]), TowersConfig())
    assert {"learning_rate", "history_dropout"} <= plain.keys()
    timed = {"proximity_half_life", "recency_half_life", "whole_history_share"}
    described = {"id_dropout", "category_exponent"}
    assert not plain.keys() & (timed | described | {"confidence.view", "confidence.cart"})
    assert timed <= search_space(kinds("purchase"), TowersConfig()).keys()
    assert {
        name for name in search_space(kinds("cart", "negative_view"), TowersConfig()) if "." in name
    } == {
        "confidence.cart",
        "confidence.negative_view",
    }


@pytest.mark.parametrize(
    ("changes", "left_alone"),
    [
        ({"epochs": 40}, {"epochs"}),
        ({"dim": 32}, {"dim"}),
        ({"dim": 100}, {"dim"}),
        ({"learning_rate": 1.0, "temperature": 3.0}, {"learning_rate"}),
        ({"epochs": 30, "dim": 128}, set()),
    ],
)
def test_the_search_leaves_alone_what_begins_outside_of_its_ranges(
    changes: dict[str, Any], left_alone: set[str]
) -> None:
    dataset = dataset_of([("a", "x"), ("a", "y")])
    every = search_space(dataset, TowersConfig()).keys()
    assert every - search_space(dataset, TowersConfig(**changes)).keys() == left_alone
