"""What the shopper's taste gives to a search, and costs: planted shops, held-out purchases."""

import tempfile
from collections.abc import Sequence
from itertools import cycle
from pathlib import Path
from statistics import fmean
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from apps.search_evaluation.labelled_queries import LabelledQuery
    from ml.data.synthetic import SyntheticShop
    from ml.serving.taste import Taste
    from streams.contracts import Product

SEEDS = (11,)
"""The weight was chosen on 1 and 2."""
WEIGHTS = (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8, 1.2)
_ITEMS = 5_000
_LABELLED = 60
"""Queries of each kind whose right answer is the same for everybody."""
_ENCODER = "all-MiniLM-L6-v2"
_MIN_GAIN = 2.0
_MAX_LOSS = 0.01


def keeps_promise(rows: list[dict[str, Any]]) -> bool:
    """Whether the weight that serves finds purchases earlier, and hardly any answer later."""
    from apps.storefront.search.personal import TASTE_WEIGHT

    (without, served) = (
        next(row for row in rows if row["weight"] == f"{weight:g}") for weight in (0, TASTE_WEIGHT)
    )
    return bool(
        served["purchases"] >= _MIN_GAIN * without["purchases"]
        and served["labelled"] >= without["labelled"] - _MAX_LOSS
    )


def measure_personal_search(seeds: Sequence[int] = SEEDS) -> list[dict[str, Any]]:
    """A row for each weight: NDCG@10, means over shops of 1,000 shoppers.

    `purchases`: a shopper searches for the category of the item that they bought last, which no
    training has seen; that item alone is right. `labelled`: a shopper asks what `recsys search
    evaluate` asks; what is right is the same for everybody.
    """
    shops = [_measure(seed) for seed in seeds]
    return [
        {"weight": f"{weight:g}"}
        | {name: fmean(shop[weight][name] for shop in shops) for name in shops[0][weight]}
        for weight in WEIGHTS
    ]


def _measure(seed: int) -> dict[float, dict[str, float]]:
    from apps.search_evaluation.labelled_queries import LabelledQuery, QueryMaker
    from apps.storefront.catalog.label import label
    from apps.storefront.catalog.repository import sold_products
    from ml.data.synthetic import SyntheticConfig, generate
    from streams.database import Database
    from support.database import running_database
    from support.text_vectors import EncoderInProcess

    shop = generate(SyntheticConfig(seed=seed, n_items=_ITEMS))
    tastes = _tastes(shop, seed)
    category = {each.item_id: each.category for each in shop.products}
    asked = [
        (LabelledQuery("purchases", label(category[item]).lower(), {item: 1}), tastes[user])
        for user, items in shop.held_out.items()
        for item in items
    ]
    with (
        tempfile.TemporaryDirectory() as name,
        running_database(Path(name) / "postgres") as server,
    ):
        _fill(server.url, shop.products)
        database = Database(server.url, connections=2, timeout=10)
        with database.reading() as connection:
            products = sold_products(connection)
        labelled = QueryMaker(products, seed=seed, split="test").make(_LABELLED)
        asked += [
            (LabelledQuery("labelled", each.text, each.grades), taste)
            for each, taste in zip(labelled, cycle(tastes.values()), strict=False)
        ]
        found = _found(database, EncoderInProcess(server.url, _ENCODER), asked)
        database.close()
    return found


def _tastes(shop: "SyntheticShop", seed: int) -> dict[str, "Taste"]:
    """Of the shoppers with an item held out, by user."""
    from ml.evaluation.recovery import as_dataset
    from ml.serving.batch import encode_in_blocks, index_items
    from ml.serving.live_items import LiveItems
    from ml.serving.taste import Taste
    from ml.towers.config import TowersConfig
    from ml.towers.training import train

    dataset = as_dataset(shop)
    bundle = train(dataset, TowersConfig(text_encoder=None), seed=seed)
    index = index_items(bundle, dataset)
    items = LiveItems.of(index.item_ids, index.vectors)
    return {
        user: Taste(vector, items)
        for block in encode_in_blocks(bundle, dataset.known_users(), dataset.interactions, now=None)
        for user, vector in zip(block.user_ids, block.vectors, strict=True)
        if user in shop.held_out
    }


def _fill(url: str, products: "Sequence[Product]") -> None:
    import psycopg

    from apps.migrations.upgrade import upgrade
    from apps.storefront.catalog.repository import upsert_products
    from ml.towers.text import embed_texts
    from support.text_vectors import copy_text_vectors

    upgrade(url)
    vectors = embed_texts(
        [f"{each.product_name}. {each.about_product}" for each in products], _ENCODER
    )
    with psycopg.connect(url) as connection:
        upsert_products(connection, products)
        rows = (
            (product.item_id, "", vector) for product, vector in zip(products, vectors, strict=True)
        )
        copy_text_vectors(connection, _ENCODER, rows)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze")


def _found(
    database: Any, encoder: Any, asked: "Sequence[tuple[LabelledQuery, Taste]]"
) -> dict[float, dict[str, float]]:
    """By weight the mean NDCG@10 of each kind of query."""
    from apps.search_evaluation.evaluating import K, ndcg
    from apps.storefront.catalog.listing_repository import Paging
    from apps.storefront.catalog.orders import Sort
    from apps.storefront.search.filters import Filters
    from apps.storefront.search.personal import HEAD, find_personal
    from apps.storefront.search.search import Search

    search = Search(database, encoder, region=None)
    scores: dict[float, dict[str, list[float]]] = {weight: {} for weight in WEIGHTS}
    with database.reading() as connection:
        for query, taste in asked:
            head = search.search(
                connection,
                query.text,
                filters=Filters(),
                order=Sort.RELEVANCE,
                paging=Paging(HEAD),
                with_facets=False,
            )
            for weight in WEIGHTS:
                page = find_personal(lambda *_, head=head: head, Paging(K), taste, weight).page
                score = ndcg([each.item_id for each in page.products], query.grades)
                scores[weight].setdefault(query.kind, []).append(score)
    return {
        weight: {kind: fmean(values) for kind, values in kinds.items()}
        for weight, kinds in scores.items()
    }
