"""A session without an account, as the recommender reads one."""

from datetime import UTC, datetime, timedelta

from apps.storefront.api.recommendations.schemas import SessionQuery
from streams.contracts import Interaction, InteractionType, new_id

_NOBODY = "session"


def history(session: SessionQuery) -> list[Interaction]:
    """The session's events, oldest first, each a second after the one before; the last one is now.

    They go to the recommender alone, and to no topic.
    """
    events = [
        *((item_id, InteractionType.VIEW) for item_id in session.item_ids),
        *((each.item_id, InteractionType(each.interaction_type)) for each in session.interactions),
    ]
    now = datetime.now(UTC)
    return [
        Interaction(
            interaction_id=new_id(),
            user_id=_NOBODY,
            item_id=item_id,
            timestamp=now - timedelta(seconds=len(events) - place),
            interaction_type=kind,
        )
        for place, (item_id, kind) in enumerate(events, start=1)
    ]
