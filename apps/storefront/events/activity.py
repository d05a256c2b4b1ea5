"""What the shopper of this request does: their shopping session, and the events made of it."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from flask import session

from apps.storefront.events.attribution import Attribution
from streams.contracts import SESSION_GAP, Interaction, InteractionType, NewUser, new_id
from streams.contracts.category import SEPARATOR

_REFRESH = timedelta(minutes=1)


def shopping_session(now: datetime | None = None) -> str:
    """Note that the shopper is active and return the session's id, a new one after a pause.

    A shopping session is what one shopper does without a pause of `SESSION_GAP`.
    """
    now = now or datetime.now(UTC)
    seen_at = datetime.fromtimestamp(session.get("shopping_at", 0), UTC)
    if "shopping_session" not in session or now - seen_at > SESSION_GAP:
        session["shopping_session"] = str(new_id())
        session["shopping_at"] = now.timestamp()
    elif now - seen_at > _REFRESH:
        # Not at every request: each change sends the cookie anew.
        session["shopping_at"] = now.timestamp()
    return str(session["shopping_session"])


def interaction(
    kind: InteractionType,
    user_id: str,
    item_id: str,
    attribution: Attribution,
    *,
    interaction_id: UUID | None = None,
    quantity: int | None = None,
    rating: float | None = None,
    review_title: str | None = None,
    review_content: str | None = None,
) -> Interaction:
    """What this shopper just did with a product, in their shopping session.

    Args:
        kind: what they did.
        user_id: of the shopper.
        item_id: of the product.
        attribution: the list that led to the product.
        interaction_id: the same for an event that may be made twice; a new one if absent.
        quantity: items put in the cart or bought.
        rating: stars, 1 to 5.
        review_title: empty if there is none.
        review_content: empty if there is none.
    """
    return Interaction(
        interaction_id=interaction_id or new_id(),
        user_id=user_id,
        item_id=item_id,
        timestamp=datetime.now(UTC),
        interaction_type=kind,
        quantity=quantity,
        rating=rating,
        review_title=review_title or None,
        review_content=review_content or None,
        session_id=shopping_session(),
        surface=attribution.surface,
        position=attribution.position,
        model_version=attribution.model_version,
        experiment=attribution.experiment,
    )


def new_user_event(
    user_id: str, user_name: str, preferences: Sequence[str], signup_date: datetime
) -> NewUser:
    """A shopper who signed up or changed their preferences."""
    return NewUser(
        user_id=user_id,
        user_name=user_name,
        preferences=SEPARATOR.join(preferences),
        signup_date=signup_date,
    )
