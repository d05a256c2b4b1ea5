"""Confidence weights: how much an interaction counts for its item (Hu, Koren & Volinsky 2008)."""

import numpy as np
import numpy.typing as npt

from ml.towers.config import ConfidenceConfig
from ml.towers.events import KINDS, Events, starts
from streams.contracts import InteractionType
from streams.errors import ContractError

_VERDICTS = {InteractionType.POSITIVE_VIEW: 0, InteractionType.NEGATIVE_VIEW: 1}
_NO_VIEW = 3
_PRECEDENCE = np.array(
    [{**_VERDICTS, InteractionType.VIEW: 2}.get(kind, _NO_VIEW) for kind in KINDS]
)
"""Of the views of one item at one instant the one with the lowest number counts."""
_VIEW = KINDS.index(InteractionType.VIEW)
_RATED = KINDS.index(InteractionType.RATE)
_HAS_QUANTITY = np.isin(KINDS, [InteractionType.CART, InteractionType.PURCHASE])


def without_judged_views(events: Events) -> Events:
    """The events without the views that have a verdict.

    A verdict repeats the user, item and instant of its view; counting both would count one view
    twice. If a view has two verdicts, the positive one counts: a purchase that arrived late has
    overruled the negative one.
    """
    precedence = _PRECEDENCE[events.kinds]
    if not (precedence < _PRECEDENCE[_VIEW]).any():
        return events  # without a verdict
    views = np.flatnonzero(precedence < _NO_VIEW)
    same = events.times[views], events.items[views], events.users[views]
    order = np.lexsort(same)
    first = starts(*(key[order] for key in same))
    if len(first) == len(views):
        return events
    views = views[order]
    best = np.minimum.reduceat(precedence[views], first)
    overruled = precedence[views] > np.repeat(best, np.diff(first, append=len(views)))
    return events.take(np.delete(np.arange(len(events)), views[overruled]))


def confidence_weights(events: Events, config: ConfidenceConfig) -> npt.NDArray[np.float32]:
    """The weight of each event, float32 (n,); negative where it counts against the item.

    Raises:
        ContractError: if a rating is absent or not in 1 to 5.
    """
    by_kind = [0.0 if kind == InteractionType.RATE else getattr(config, kind) for kind in KINDS]
    weights = np.array(by_kind, dtype=np.float32)[events.kinds]
    with_quantity = _HAS_QUANTITY[events.kinds]
    doublings = np.log2(np.fmax(events.quantities[with_quantity], 1))
    weights[with_quantity] *= 1 + config.quantity_growth * doublings.astype(np.float32)
    rated = events.kinds == _RATED
    stars = events.ratings[rated]
    if not ((stars >= 1) & (stars <= 5)).all():  # noqa: PLR2004 - one to five stars
        raise ContractError("an interaction of type rate has no rating between 1 and 5")
    weights[rated] = np.interp(stars, range(1, 6), config.ratings)
    return weights
