"""The search space: hyper-parameters, their ranges, and the data on which they matter."""

from collections.abc import Callable
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from optuna.distributions import (
    BaseDistribution,
    CategoricalDistribution,
    FloatDistribution,
    IntDistribution,
)

from ml.dataset import Dataset
from ml.towers.config import TowersConfig
from streams.contracts import InteractionType


@dataclass(frozen=True, slots=True)
class Dimension:
    """One hyper-parameter of the search space."""

    values: BaseDistribution
    matters: Callable[[Dataset], bool] = lambda _: True
    """Whether it can make a difference on this data; otherwise it keeps its default."""


def _log(low: float, high: float) -> FloatDistribution:
    return FloatDistribution(low, high, log=True)


def _timed(dataset: Dataset) -> bool:
    return bool(dataset.interactions["timestamp"].notna().any())


def _described(dataset: Dataset) -> bool:
    return len(dataset.items) > 0


def _has(kind: InteractionType) -> Callable[[Dataset], bool]:
    return lambda dataset: bool((dataset.interactions["interaction_type"] == kind).any())


SPACE: dict[str, Dimension] = {
    "learning_rate": Dimension(_log(1e-3, 5e-2)),
    "temperature": Dimension(_log(0.3, 3.0)),
    "history_dropout": Dimension(FloatDistribution(0.1, 0.9)),
    "dim": Dimension(IntDistribution(64, 384, step=64)),
    "epochs": Dimension(CategoricalDistribution([None, 8, 15, 30, 60])),
    "dropout_exponent": Dimension(FloatDistribution(0.0, 0.6)),
    "target_exponent": Dimension(FloatDistribution(0.0, 1.0)),
    "session_exponent": Dimension(FloatDistribution(0.0, 1.0)),
    "whole_history_share": Dimension(FloatDistribution(0.0, 1.0), _timed),
    "proximity_half_life": Dimension(
        CategoricalDistribution([None, 1 / 1440, 1 / 240, 1 / 24, 1.0, 7.0, 30.0]), _timed
    ),
    "recency_half_life": Dimension(
        CategoricalDistribution([None, 1.0, 7.0, 30.0, 90.0, 365.0]), _timed
    ),
    "id_dropout": Dimension(FloatDistribution(0.0, 0.5), _described),
    "category_exponent": Dimension(FloatDistribution(0.0, 1.0), _described),
    "confidence.view": Dimension(FloatDistribution(0.0, 1.0), _has(InteractionType.VIEW)),
    "confidence.positive_view": Dimension(
        FloatDistribution(0.0, 1.0), _has(InteractionType.POSITIVE_VIEW)
    ),
    "confidence.negative_view": Dimension(
        FloatDistribution(0.0, 1.0), _has(InteractionType.NEGATIVE_VIEW)
    ),
    "confidence.cart": Dimension(FloatDistribution(0.0, 1.0), _has(InteractionType.CART)),
}
"""By field of `TowersConfig`; a dot separates the names of nested fields."""


def search_space(dataset: Dataset, defaults: TowersConfig) -> dict[str, BaseDistribution]:
    """The part of SPACE that matters on this data, and in which the defaults lie."""
    return {
        name: dimension.values
        for name, dimension in SPACE.items()
        if dimension.matters(dataset) and _has_value(dimension.values, attrgetter(name)(defaults))
    }


def _has_value(values: BaseDistribution, value: Any) -> bool:
    if isinstance(values, CategoricalDistribution):
        return value in values.choices
    assert isinstance(values, FloatDistribution | IntDistribution)
    return bool(values.low <= value <= values.high) and not (
        values.step and (value - values.low) % values.step
    )


def values_of(config: TowersConfig, names: list[str]) -> dict[str, Any]:
    """The values of these fields."""
    return {name: attrgetter(name)(config) for name in names}


def with_values(config: TowersConfig, values: dict[str, Any]) -> TowersConfig:
    """The configuration with these values of fields.

    Raises:
        ValidationError: if a field does not exist, or a value is not valid.
    """
    fields = config.model_dump()
    for name, value in values.items():
        *parents, last = name.split(".")
        nested = fields
        for parent in parents:
            nested = nested[parent]
        nested[last] = value
    return TowersConfig.model_validate(fields)
