"""The products of the synthetic shop and the properties that its ground truth sees."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote

import numpy as np

from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.ground_truth import Floats, Indices
from ml.data.synthetic.vocabulary import (
    BRANDS,
    COLOURS,
    DEPARTMENTS,
    KINDS,
    LEVEL_WORDS,
    LEVELS,
    LINES,
)
from streams.contracts import Product
from streams.contracts.category import names
from streams.contracts.money import to_cents

_BRANDS_PER_DEPARTMENT = 6
_PRICE_FACTORS = (0.45, 0.7, 1.0, 1.6, 2.6)
_DISCOUNTS = (*[0.0] * 17, 0.1, 0.2, 0.3)
"""One of them for each product: a discount is the exception."""
_NEW_ITEM_PROBABILITY = 0.2
"""Probability that an item arrives within the period, rather than before it."""
_MAX_AGE_DAYS = 730
"""Of an item, at the beginning of the period."""


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Products and, in the same order, the properties that determine a shopper's utility."""

    products: list[Product]
    category: Indices
    """(items,): positions in KINDS."""
    brand: Indices
    """(items,): positions in BRANDS."""
    level: Floats
    """(items,): price level, 0 to 4."""
    popularity: Floats
    """(items,): logarithm of the item's weight by Zipf's law, at most 0."""
    noun: list[str]
    feature: list[str]


def make_catalogue(config: SyntheticConfig, random: np.random.Generator) -> Catalogue:
    """Draw the products, evenly over the categories; their popularity follows Zipf's law."""
    count = config.n_items
    category = random.permutation(np.arange(count) % len(KINDS))
    brand, level = _brands_and_levels(category, random)
    ranks = random.permutation(count) + 1
    popularity = np.round(-config.popularity_weight * np.log(ranks), 6)
    age_in_days = np.where(
        random.random(count) < _NEW_ITEM_PROBABILITY,
        random.uniform(0.5, config.days, count),
        config.days + random.uniform(0, _MAX_AGE_DAYS, count),
    )
    # At least one item must be on sale on the first day.
    age_in_days[int(np.argmin(ranks))] = config.days + _MAX_AGE_DAYS
    numbers = random.choice(100_000_000, size=count, replace=False)
    catalogue = Catalogue([], category, brand, level, popularity, [], [])
    for at in range(count):
        kind = KINDS[category[at]]
        noun = str(random.choice(kind.nouns))
        features = [str(each) for each in random.choice(kind.features, 2, replace=False)]
        catalogue.noun.append(noun)
        catalogue.feature.append(features[0])
        name = f"{BRANDS[brand[at]]} {random.choice(LINES)} {noun}, {random.choice(COLOURS)}"
        factor = _PRICE_FACTORS[int(level[at])] * random.lognormal(0, 0.08)
        price = max(0.99, round(kind.price * factor) - 0.01)
        discount = float(random.choice(_DISCOUNTS))
        sales = np.exp(popularity[at]) * count**0.5
        catalogue.products.append(
            Product(
                item_id=f"B0{numbers[at]:08d}",
                product_name=name,
                category=kind.path,
                discounted_price=to_cents(round(price, 2)),
                actual_price=to_cents(round(price / (1 - discount), 2)),
                discount_percentage=discount,
                rating=round(float(np.clip(random.normal(4.0, 0.4), 1, 5)), 1),
                rating_count=int(sales * random.lognormal(3, 0.6)),
                about_product=_about(BRANDS[brand[at]], noun, features, int(level[at]), kind.path),
                arrival_date=config.ends_at - timedelta(minutes=int(age_in_days[at] * 1440)),
                img_link=f"/images/item_{quote(name, safe='')}.png",
            )
        )
    return catalogue


def _brands_and_levels(category: Indices, random: np.random.Generator) -> tuple[Indices, Floats]:
    """Each department sells a few brands, and each brand has a usual price level."""
    brands_of = {
        name: (at * len(BRANDS) // len(DEPARTMENTS) + np.arange(_BRANDS_PER_DEPARTMENT))
        % len(BRANDS)
        for at, name in enumerate(sorted(DEPARTMENTS))
    }
    chosen = random.integers(_BRANDS_PER_DEPARTMENT, size=len(category))
    brand = np.array(
        [
            brands_of[KINDS[kind].department][choice]
            for kind, choice in zip(category, chosen, strict=True)
        ],
        dtype=np.int64,
    )
    usual_level = random.integers(len(LEVELS), size=len(BRANDS))
    level = np.clip(usual_level[brand] + random.integers(-1, 2, size=len(brand)), 0, 4)
    return brand, level.astype(np.float64)


def _about(brand: str, noun: str, features: list[str], level: int, path: str) -> str:
    department, group, category = names(path)
    return (
        f"{noun} by {brand} with {features[0]} and {features[1]}. {LEVELS[level].capitalize()} "
        f"line: {', '.join(LEVEL_WORDS[level])}. {category} for {group.lower()} in our "
        f"{department.lower()} department."
    )
