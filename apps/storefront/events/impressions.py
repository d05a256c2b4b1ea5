"""Which lists a page shows.

Views and impressions are counted for the same people, shoppers with an account that the request
does not call a robot, so that one can be divided by the other.
"""

from collections.abc import Sequence
from datetime import UTC, datetime

from flask import g
from prometheus_client import Counter

from apps.storefront.events.activity import shopping_session
from streams.contracts import Impression, new_id
from streams.contracts.impression import MAX_SHOWN

DROPPED = Counter(
    "recsys_impressions_dropped_total", "Impressions lost because Kafka did not take them in time."
)


def note_list(
    surface: str,
    item_ids: Sequence[str],
    *,
    first_position: int = 0,
    model_version: str | None = None,
    experiment: str | None = None,
) -> None:
    """Note that the page of this request shows a list of products; an empty one is none.

    Args:
        surface: as the links of the list say.
        item_ids: in order.
        first_position: of the first one.
        model_version: of the model that made the list.
        experiment: that chose these products, with the team.
    """
    if item_ids:
        noted = (surface, item_ids, first_position, model_version, experiment)
        g.setdefault("shown_lists", []).append(noted)


def has_noted_lists() -> bool:
    """Whether this request has noted a list."""
    return "shown_lists" in g


def impressions_of(user_id: str) -> list[Impression]:
    """What this request has noted, as events."""
    return [
        Impression(
            impression_id=new_id(),
            user_id=user_id,
            timestamp=datetime.now(UTC),
            surface=surface,
            item_ids=tuple(item_ids[:MAX_SHOWN]),
            first_position=first_position,
            session_id=shopping_session(),
            model_version=model_version,
            experiment=experiment,
        )
        for surface, item_ids, first_position, model_version, experiment in g.get("shown_lists", ())
    ]
