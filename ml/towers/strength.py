"""How strongly interactions speak for their items."""

from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.towers.config import StrengthConfig
from streams.contracts import InteractionType
from streams.errors import ContractError

_VERDICTS = (InteractionType.POSITIVE_VIEW, InteractionType.NEGATIVE_VIEW)


def without_judged_views(interactions: pd.DataFrame) -> pd.DataFrame:
    """The interactions less the raw views whose verdict is among them.

    A verdict repeats the user, item and instant of its view: counting both would count one look
    twice. Of two verdicts on one view the negative one gives way, as a purchase that arrived late
    has overruled it.
    """
    kind = interactions["interaction_type"]
    order = kind.map({InteractionType.POSITIVE_VIEW: 0, InteractionType.NEGATIVE_VIEW: 1})
    looks = interactions.assign(_order=order.fillna(2))
    looks = looks[kind.isin([InteractionType.VIEW, *_VERDICTS])]
    best = looks.groupby(["user_id", "item_id", "timestamp"], dropna=False)["_order"]
    overruled = looks.index[looks["_order"] > best.transform("min")]
    return interactions.drop(index=overruled)


def strengths(interactions: pd.DataFrame, config: StrengthConfig) -> npt.NDArray[np.float32]:
    """The strength of each interaction, float32 (n,); negative where it speaks against the item.

    Raises:
        ContractError: if an interaction's type is unknown, or a rating is absent or not in 1 to 5.
    """
    kind = interactions["interaction_type"].to_numpy(dtype=str)
    result = np.full(len(interactions), np.nan, dtype=np.float32)
    for name in ("view", "positive_view", "negative_view", "cart", "purchase"):
        result[kind == name] = getattr(config, name)
    bought = np.isin(kind, [InteractionType.CART, InteractionType.PURCHASE])
    pieces = interactions["quantity"].to_numpy(dtype=np.float64)[bought]
    doublings = np.log2(np.fmax(pieces, 1))
    result[bought] *= 1 + config.quantity_growth * np.nan_to_num(doublings).astype(np.float32)
    rated = kind == InteractionType.RATE
    stars = interactions["rating"].to_numpy(dtype=np.float64)[rated]
    if not ((stars >= 1) & (stars <= 5)).all():  # noqa: PLR2004 - one to five stars
        raise ContractError("an interaction of type rate has no rating between 1 and 5")
    result[rated] = np.interp(stars, range(1, 6), config.ratings)
    if np.isnan(result).any():
        unknown = sorted(set(kind[np.isnan(result)]))
        raise ContractError(f"interactions are of unknown type: {', '.join(unknown)}")
    return cast("npt.NDArray[np.float32]", result)
