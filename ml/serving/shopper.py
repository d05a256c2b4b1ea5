"""One shopper's vector, by the same code that encodes all users."""

from collections.abc import Sequence
from datetime import datetime
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.dataset import INTERACTION_COLUMNS, USER_COLUMNS
from ml.features.online import LiveEvent
from ml.towers.bundle import Bundle


def encode(
    bundle: Bundle,
    user_id: str,
    preferences: Sequence[str],
    history: Sequence[LiveEvent],
    now: datetime,
) -> npt.NDArray[np.float32]:
    """The shopper's vector at `now`, float32 (dim,); without a history the preferences speak.

    An event that another machine's clock puts after `now` has happened all the same.
    """
    now = max([now, *(event.timestamp for event in history)])
    users = pd.DataFrame([(user_id, "|".join(preferences), now)], columns=list(USER_COLUMNS))
    interactions = pd.DataFrame(
        [
            (
                user_id,
                event.item_id,
                event.timestamp,
                event.interaction_type,
                event.rating,
                event.quantity,
            )
            for event in history
        ],
        columns=list(INTERACTION_COLUMNS),
    ).astype({"timestamp": "datetime64[ns, UTC]", "rating": "float64", "quantity": "float64"})
    (vector,) = bundle.encode_users(users, interactions, now)
    return cast("npt.NDArray[np.float32]", vector)
