"""Events made of what the shopper of this request does."""

from datetime import UTC, datetime

from apps.storefront.accounts.shopper import Shopper
from apps.storefront.interactions import browsing
from apps.storefront.interactions.schemas import Attribution
from streams.contracts import Interaction, InteractionType, NewUser, new_id


def interaction(
    kind: InteractionType,
    shopper: Shopper,
    item_id: str,
    attribution: Attribution,
    *,
    quantity: int | None = None,
    rating: float | None = None,
    review_title: str | None = None,
    review_content: str | None = None,
) -> Interaction:
    """What this shopper just did with a product, in their browsing session."""
    return Interaction(
        interaction_id=new_id(),
        user_id=shopper.user_id,
        item_id=item_id,
        timestamp=datetime.now(UTC),
        interaction_type=kind,
        quantity=quantity,
        rating=rating,
        review_title=review_title or None,
        review_content=review_content or None,
        session_id=browsing.touch(),
        surface=attribution.surface,
        position=attribution.position,
        model_version=attribution.model_version,
    )


def new_user(shopper: Shopper) -> NewUser:
    """A shopper who signed up or changed their preferences."""
    return NewUser(
        user_id=shopper.user_id,
        user_name=shopper.user_name,
        preferences="|".join(shopper.preferences),
        signup_date=shopper.signup_date,
    )
