"""The vector of one shopper, by the same code that encodes all users."""

from collections.abc import Sequence
from datetime import datetime
from types import MappingProxyType
from typing import cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.dataset import USER_COLUMNS, interactions_frame
from ml.towers.bundle import Bundle, Vectors
from streams.contracts import Interaction


def encode(
    bundle: Bundle,
    user_id: str,
    preferences: Sequence[str],
    history: Sequence[Interaction],
    now: datetime,
    *,
    new_items: Vectors = MappingProxyType({}),
) -> npt.NDArray[np.float32]:
    """The shopper's vector at `now`, float32 (dim,); without a history, of the preferences alone.

    An interaction that another machine's clock puts after `now` counts as well; one with an item
    that was unknown at training counts by the vector in `new_items` (`Bundle.encode_users`).
    """
    now = max([now, *(interaction.timestamp for interaction in history)])
    users = pd.DataFrame([(user_id, "|".join(preferences), now)], columns=list(USER_COLUMNS))
    (vector,) = bundle.encode_users(users, interactions_frame(history), now, new_items=new_items)
    return cast("npt.NDArray[np.float32]", vector)
