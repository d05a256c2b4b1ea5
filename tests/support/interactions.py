"""Interactions for tests, by what matters in them."""

from datetime import datetime
from typing import Any

from streams.contracts import Interaction, InteractionType, new_id


def interaction(user_id: str, item_id: str, kind: str, at: datetime, **fields: Any) -> Interaction:
    """An interaction with an id of its own."""
    return Interaction(
        interaction_id=new_id(),
        user_id=user_id,
        item_id=item_id,
        timestamp=at,
        interaction_type=InteractionType(kind),
        **fields,
    )
