"""Measures full text, vectors and both together on labelled queries."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from psycopg import Connection

from apps.search_evaluation.labelled_queries import LabelledQuery
from apps.storefront.catalog.listing_repository import Paging
from apps.storefront.catalog.orders import Sort
from apps.storefront.search.filters import Filters
from apps.storefront.search.search import Search, TextEncoder
from ml.evaluation.estimates import Interval, bootstrap_interval
from streams.database import Database

K = 10
"""Results that count."""


@dataclass(frozen=True, slots=True)
class Row:
    """NDCG@10 of one kind of queries, 0 to 1."""

    kind: str
    queries: int
    full_text: Interval
    vectors: Interval
    hybrid: Interval
    over_full_text: Interval
    """Hybrid less full text, by query."""
    over_vectors: Interval


def ndcg(found: Sequence[str], grades: Mapping[str, int]) -> float:
    """The normalised discounted cumulative gain (Järvelin & Kekäläinen 2002) of `K` results."""
    gains = [2 ** grades.get(item, 0) - 1 for item in found[:K]]
    ideal = [2**grade - 1 for grade in sorted(grades.values(), reverse=True)[:K]]
    return _discounted(gains) / _discounted(ideal) if ideal else 0.0


def _discounted(gains: Iterable[int]) -> float:
    return sum(gain / math.log2(place + 2) for place, gain in enumerate(gains))


def evaluate(
    database: Database,
    encoder: TextEncoder,
    queries: Sequence[LabelledQuery],
) -> list[Row]:
    """Rows by kind of query, and one of all.

    Full text and both together correct typos and know synonyms and prices; the vectors alone are
    those of the texts as they are written.

    Raises:
        UnavailableError: PostgreSQL does not answer.
    """
    words = Search(database, None, region=None)
    both = Search(database, encoder, region=None)
    scores: dict[str, list[float]] = {"full_text": [], "vectors": [], "hybrid": []}
    with database.reading() as connection:
        for query in queries:
            (nearest,) = encoder.texts([query.text], nearest=K).nearest
            found = {
                "full_text": _found(words, connection, query.text),
                "vectors": list(nearest),
                "hybrid": _found(both, connection, query.text),
            }
            for way, items in found.items():
                scores[way].append(ndcg(items, query.grades))
    kinds = np.array([query.kind for query in queries])
    measured = {way: np.array(values) for way, values in scores.items()}
    return [
        *(
            _row(kind, {way: values[kinds == kind] for way, values in measured.items()})
            for kind in dict.fromkeys(kinds.tolist())
        ),
        _row("all", measured),
    ]


def _found(search: Search, connection: Connection[Any], text: str) -> list[str]:
    result = search.search(
        connection,
        text,
        filters=Filters(),
        order=Sort.RELEVANCE,
        paging=Paging(K),
        with_facets=False,
    )
    return [product.item_id for product in result.page.products]


def _row(kind: str, scores: Mapping[str, Any]) -> Row:
    return Row(
        kind,
        len(scores["hybrid"]),
        **{name: bootstrap_interval(values) for name, values in scores.items()},
        over_full_text=bootstrap_interval(scores["hybrid"] - scores["full_text"]),
        over_vectors=bootstrap_interval(scores["hybrid"] - scores["vectors"]),
    )
