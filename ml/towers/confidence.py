"""Confidence weights: how much an interaction counts for its item (Hu, Koren & Volinsky 2008)."""

from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.towers.config import ConfidenceConfig
from streams.contracts import InteractionType
from streams.errors import ContractError

_VERDICTS = (InteractionType.POSITIVE_VIEW, InteractionType.NEGATIVE_VIEW)


def without_judged_views(interactions: pd.DataFrame) -> pd.DataFrame:
    """The interactions without the views that have a verdict.

    A verdict repeats the user, item and instant of its view; counting both would count one view
    twice. If a view has two verdicts, the positive one counts: a purchase that arrived late has
    overruled the negative one.
    """
    kind = interactions["interaction_type"]
    order = kind.map({InteractionType.POSITIVE_VIEW: 0, InteractionType.NEGATIVE_VIEW: 1})
    views = interactions.assign(_order=order.fillna(2))
    views = views[kind.isin([InteractionType.VIEW, *_VERDICTS])]
    best = views.groupby(["user_id", "item_id", "timestamp"], dropna=False)["_order"]
    overruled = views.index[views["_order"] > best.transform("min")]
    return interactions.drop(index=overruled)


def confidence_weights(
    interactions: pd.DataFrame, config: ConfidenceConfig
) -> npt.NDArray[np.float32]:
    """The weight of each interaction, float32 (n,); negative where it counts against the item.

    Raises:
        ContractError: if an interaction's type is unknown, or a rating is absent or not in 1 to 5.
    """
    kind = interactions["interaction_type"].to_numpy(dtype=str)
    weights = np.full(len(interactions), np.nan, dtype=np.float32)
    for name in ("view", "positive_view", "negative_view", "cart", "purchase"):
        weights[kind == name] = getattr(config, name)
    with_quantity = np.isin(kind, [InteractionType.CART, InteractionType.PURCHASE])
    quantities = interactions["quantity"].to_numpy(dtype=np.float64)[with_quantity]
    doublings = np.log2(np.fmax(quantities, 1))
    growth = config.quantity_growth * np.nan_to_num(doublings).astype(np.float32)
    weights[with_quantity] *= 1 + growth
    rated = kind == InteractionType.RATE
    stars = interactions["rating"].to_numpy(dtype=np.float64)[rated]
    if not ((stars >= 1) & (stars <= 5)).all():  # noqa: PLR2004 - one to five stars
        raise ContractError("an interaction of type rate has no rating between 1 and 5")
    weights[rated] = np.interp(stars, range(1, 6), config.ratings)
    if np.isnan(weights).any():
        unknown = sorted(set(kind[np.isnan(weights)]))
        raise ContractError(f"interactions are of unknown type: {', '.join(unknown)}")
    return cast("npt.NDArray[np.float32]", weights)
