"""Lists that belong to items, not to a shopper: what is similar, what is bought together."""

from collections.abc import Sequence
from dataclasses import dataclass

from ml.serving.live_model import LiveModel


@dataclass(frozen=True, slots=True)
class RelatedItems:
    """Items that have to do with one or several others."""

    item_ids: tuple[str, ...] = ()
    """Best first."""
    model_version: str | None = None
    """The version that they are of; None if there is none, or it knows none."""
    shoppers: tuple[int, ...] = ()
    """How many shoppers bought the item and the one in question that it goes with most. Empty for
    what is similar."""


def similar_items(model: LiveModel | None, item_id: str, limit: int) -> RelatedItems:
    """What is like an item; nothing while the version's vectors are not loaded."""
    if model is None or model.towers is None:
        return RelatedItems()
    found = model.towers.items.similar(item_id, limit)
    return RelatedItems(found, model.version) if found else RelatedItems()


def bought_with(model: LiveModel | None, item_ids: Sequence[str], limit: int) -> RelatedItems:
    """What shoppers bought who bought one of the items, these excluded."""
    found = model.bought_together.with_all(item_ids, limit) if model else ()
    if not model or not found:
        return RelatedItems()
    ids, shoppers, _ = zip(*found, strict=True)
    return RelatedItems(ids, model.version, shoppers)
