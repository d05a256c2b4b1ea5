"""What it costs, and gives, to spread lists over categories and brands: planted shops."""

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, median
from typing import Any

SEEDS = (11, 12, 13)
"""The strength was chosen on 0, 1 and 2."""
STRENGTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
_K = 50
_MIN_CATEGORIES = 4
_MIN_SHARE_OF_RECALL = 0.97
_MIN_PREFERENCES = 0.99
_BRANDS_TOO = "brands too"


def keeps_promise(rows: list[dict[str, Any]]) -> bool:
    """Whether the default strength gives varied pages at hardly any loss."""
    from ml.settings import MlSettings

    default = f"{MlSettings.model_fields['spread'].default:g}"
    return all(_is_varied(row) for row in rows if row["spread"] in (default, _BRANDS_TOO))


def _is_varied(row: dict[str, Any]) -> bool:
    return bool(
        row["median_categories"] >= _MIN_CATEGORIES
        and row["pages_mostly_of_one"] == 0
        and row["preferences_on_two_pages"] >= _MIN_PREFERENCES
        and row["share_of_recall_by_score"] >= _MIN_SHARE_OF_RECALL
    )


def measure_spread(seeds: Sequence[int] = SEEDS) -> list[dict[str, Any]]:
    """A row by score alone, one per strength, and one as serving spreads, over brands too.

    Each is the mean over shops of 1,000 shoppers.
    """
    shops = [_measure(seed) for seed in seeds]
    rows = []
    for name in shops[0]:
        means = {key: fmean(shop[name][key] for shop in shops) for key in shops[0][name]}
        by_score = fmean(shop["by score"]["recall_at_20"] for shop in shops)
        share = means["recall_at_20"] / by_score
        rows.append({"spread": name, **means, "share_of_recall_by_score": share})
    return rows


def _measure(seed: int) -> dict[str, dict[str, float]]:
    from ml.data.synthetic import SyntheticConfig, generate
    from ml.evaluation.recovery import as_dataset
    from ml.retrieval.spread import PAGE
    from ml.serving.batch import index_items, list_items
    from ml.serving.category_spread import (
        BY_SCORE,
        CANDIDATES_PER_PLACE,
        CategorySpread,
        Spread,
        spread_for,
    )
    from ml.serving.shopper import Shopper
    from ml.settings import MlSettings
    from ml.towers.config import TowersConfig
    from ml.towers.training import train
    from streams.contracts import Interaction

    shop = generate(SyntheticConfig(seed=seed))
    dataset = as_dataset(shop)
    bundle = train(dataset, TowersConfig(text_encoder=None), seed=seed)
    index, users = index_items(bundle, dataset), dataset.known_users()
    category = dict(zip(dataset.items["item_id"], dataset.items["category"], strict=True))
    preferences = dict(zip(users["user_id"], users["preferences"], strict=True))
    bought = {
        str(user): items.tolist()
        for user, items in dataset.interactions.groupby("user_id")["item_id"]
    }
    histories = {
        user: Counter(category[item] for item in set(items)) for user, items in bought.items()
    }
    met: dict[str, list[Interaction]] = {}
    for event in shop.interactions:
        met.setdefault(event.user_id, []).append(event)
    spreads: dict[str, Spread] = {"by score": BY_SCORE}
    spreads |= {f"{each:g}": CategorySpread.of(category.values(), each) for each in STRENGTHS}

    def lists(k: int, spread: Spread) -> dict[str, Sequence[str]]:
        blocks = list_items(
            bundle, index, users, dataset.interactions, k=k, now=None, spread=spread
        )
        return {
            user: listed
            for block in blocks
            for user, listed in zip(block.user_ids, block.lists, strict=True)
        }

    # The search reads a brand off the name in the same way.
    brand = {
        item: name.split()[0].lower()
        for item, name in zip(dataset.items["item_id"], dataset.items["product_name"], strict=True)
    }
    shown = {name: lists(_K, spread) for name, spread in spreads.items()}
    shown[_BRANDS_TOO] = {
        user: spread_for(
            Shopper(user, preferences[user].split("|"), met.get(user, ())),
            candidates,
            _K,
            category,
            MlSettings.model_fields["spread"].default,
            brands=brand,
        )
        for user, candidates in lists(CANDIDATES_PER_PLACE * _K, BY_SCORE).items()
    }
    return {
        name: {
            **_figures(each, category, preferences, histories, shop.held_out),
            "pages_mostly_of_one_brand": fmean(
                2 * max(Counter(brand[item] for item in listed[:PAGE]).values()) > PAGE
                for listed in each.values()
            ),
        }
        for name, each in shown.items()
    }


def _figures(
    lists: Mapping[str, Sequence[str]],
    category: Mapping[str, str],
    preferences: Mapping[str, str],
    histories: Mapping[str, Counter[str]],
    held_out: Mapping[str, set[str]],
) -> dict[str, float]:
    from ml.retrieval.spread import PAGE

    pages = {user: Counter(category[item] for item in each[:PAGE]) for user, each in lists.items()}
    filled = []
    for user, page in pages.items():
        (leaf, count), history = page.most_common(1)[0], histories.get(user, Counter())
        mostly = 2 * history[leaf] > history.total()
        filled.append(2 * count > PAGE and not mostly)
    stated = [
        all(any(category[item].startswith(f"{name}|") for item in lists[user][: 2 * PAGE])
            for name in text.split("|"))
        for user, text in preferences.items()
        if text
    ]  # fmt: skip
    return {
        "recall_at_20": fmean(
            len(held_out[user].intersection(lists[user][:PAGE])) / len(held_out[user])
            for user in held_out
        ),
        "median_categories": median(len(page) for page in pages.values()),
        "pages_mostly_of_one": fmean(filled),
        "preferences_on_two_pages": fmean(stated),
    }
