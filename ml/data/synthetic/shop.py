"""The synthetic shop as a whole: products, users, interactions, held-out items, ground truth."""

from dataclasses import dataclass

import numpy as np

from ml.data.synthetic.catalogue import make_catalogue
from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.ground_truth import GroundTruth
from ml.data.synthetic.sessions import make_interactions
from ml.data.synthetic.shoppers import make_shoppers
from ml.data.synthetic.vocabulary import BRANDS, KINDS
from streams.contracts import Interaction, InteractionType, NewUser, Product


@dataclass(frozen=True, slots=True)
class SyntheticShop:
    """A shop together with the ground truth that made it."""

    products: list[Product]
    users: list[NewUser]
    interactions: list[Interaction]
    """In the order of time, without verdicts, which the stream processor derives."""
    held_out: dict[str, set[str]]
    """The item of each active user's last purchase; `interactions` has no event of that pair."""
    truth: GroundTruth


def generate(config: SyntheticConfig) -> SyntheticShop:
    """Generate the shop; the same config gives the same shop, to the byte."""
    for_catalogue, for_shoppers, for_sessions = np.random.default_rng(config.seed).spawn(3)
    catalogue = make_catalogue(config, for_catalogue)
    shoppers = make_shoppers(config, for_shoppers)
    truth = GroundTruth(
        user_ids=[user.user_id for user in shoppers.users],
        item_ids=[product.item_id for product in catalogue.products],
        categories=[kind.path for kind in KINDS],
        brands=list(BRANDS),
        category_taste=shoppers.category_taste,
        brand_taste=shoppers.brand_taste,
        preferred_level=shoppers.preferred_level,
        item_category=catalogue.category,
        item_brand=catalogue.brand,
        item_level=catalogue.level,
        popularity=catalogue.popularity,
        price_weight=config.price_weight,
    )
    events = make_interactions(config, catalogue, shoppers, truth, for_sessions)
    held_out = _held_out(events, config.min_history)
    return SyntheticShop(
        products=catalogue.products,
        users=shoppers.users,
        interactions=[
            event for event in events if event.item_id not in held_out.get(event.user_id, ())
        ],
        held_out=held_out,
        truth=truth,
    )


def _held_out(events: list[Interaction], min_history: int) -> dict[str, set[str]]:
    last_bought: dict[str, str] = {}
    items: dict[str, set[str]] = {}
    for event in events:
        items.setdefault(event.user_id, set()).add(event.item_id)
        if event.interaction_type is InteractionType.PURCHASE:
            last_bought[event.user_id] = event.item_id
    return {
        user_id: {item_id}
        for user_id, item_id in last_bought.items()
        if len(items[user_id]) > min_history
    }
