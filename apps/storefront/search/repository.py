"""SQL of the search: full text and vectors, each under the filters, and what both found as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from pgvector import HalfVector
from psycopg import Connection, sql

from apps.storefront.catalog.listing_repository import (
    CatalogPage,
    Paging,
    after,
    directed,
    page_of,
    paging_values,
)
from apps.storefront.catalog.orders import Sort
from apps.storefront.catalog.repository import LISTED, ListedProduct
from apps.storefront.search.facets import FACETS
from apps.storefront.search.places import SEARCH_ORDERS
from apps.storefront.search.understanding import Understanding

MIN_STRICT = 100
"""Products that hold all words, from which on no others are looked for: a page at most."""
TEXT_SHARE = 0.6
"""Of the score, where a product holds all words: what the words say beside the vectors. Where none
holds more than a part of them, they say as much less. Chosen on queries (docs/search.md)."""
COVERAGE_STEEPNESS = 2.0
"""How fast that becomes less: a power of the share of the words that the best product holds."""

_NEAREST = 100
"""Products by meaning: a page at most."""
_POOL, _FILTERED_POOL = 150, 1000
"""Vectors that the graph is asked for, before filters; without them a few products are not sold."""
_RESCORED = 200
"""Products that match best by their words, and whose vectors count too."""
_WEIGHTS = "{0.2, 0.2, 0.6, 1}"
"""Of a word in the description, in nothing, in the category and in the name."""
_ONE_OCCURRENCE = 1.64493406685
"""By which PostgreSQL divides the rank of one word, so that it stays below 1."""


@dataclass(frozen=True, slots=True)
class TextVector:
    """What a text means."""

    values: npt.NDArray[np.float32]
    """Of unit length."""
    encoder: str
    """That made it; the vectors of products by others cannot be compared with it."""


@dataclass(frozen=True, slots=True)
class Question:
    """All that decides what is found, and in which order."""

    text: str
    understanding: Understanding
    language: str
    vector: TextVector | None
    """Of the text; None: the words alone count."""
    text_share: float
    """Of the score where there is a vector: what the words say."""
    condition: sql.Composable
    """The filters, on `shop.products`."""
    values: Mapping[str, Any]
    """Parameters of the condition."""
    is_filtered: bool
    """Whether the shopper narrows down what is found."""
    facet_depth: int
    """At which the paths of categories are cut for their facet."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found."""

    page: CatalogPage
    scores: Mapping[str, float]
    total: int
    counted: Sequence[tuple[str, str, int]]
    """Facet, value, and number of products."""


def find(
    connection: Connection[Any],
    question: Question,
    *,
    order: Sort,
    paging: Paging,
    with_facets: bool,
) -> Found:
    """Search, by one statement.

    Args:
        connection: an open one.
        question: what is asked for.
        order: of the products.
        paging: the part of the list.
        with_facets: whether to count the facets.
    """
    asked = SEARCH_ORDERS[order]
    statement = sql.SQL("""
        with {found},
        page as (
            select {listed}, {columns}, score, row_number() over (order by {directed}) as number
            from found join shop.products using (item_id) where {after}
            order by {directed} limit %(limit)s offset %(offset)s
        )
        select (select count(*) from found), {facets}, page.*
        from (values (1)) as one left join page on true order by number
    """).format(
        found=_found(question),
        facets=FACETS if with_facets else sql.SQL("null"),
        listed=LISTED,
        columns=sql.SQL(", ").join(asked.columns),
        directed=directed(asked, paging),
        after=after(asked, paging),
    )
    # A statement that is prepared once would be planned for any text, and parse the text's words
    # again for each product.
    with connection.cursor() as cursor:
        rows = cursor.execute(
            statement, {**_values(question), **paging_values(paging)}, prepare=False
        ).fetchall()
    (total, counted), width = rows[0][:2], len(asked.columns)
    listed = [row[2:] for row in rows if row[2] is not None]
    return Found(
        page_of(
            [(ListedProduct(*row[: -width - 2]), row[-width - 2 : -2]) for row in listed], paging
        ),
        {row[0]: row[-2] for row in listed},
        total,
        [tuple(each) for each in counted or ()],
    )


def nearest(connection: Connection[Any], vector: TextVector, limit: int) -> list[str]:
    """The ids of the products whose texts are nearest to a vector, by the graph alone."""
    rows = connection.execute(
        "select item_id from shop.nearest_texts(%s::halfvec, %s, %s) order by distance",
        (_literal(vector), vector.encoder, limit),
    )
    return [item_id for (item_id,) in rows]


def _literal(vector: TextVector) -> str:
    """The vector as PostgreSQL reads it."""
    return str(HalfVector(vector.values).to_text())


def _found(question: Question) -> sql.Composable:
    """Common table expressions down to `found`: item_id, is_strict and score, each item once."""
    groups = question.understanding.groups
    return sql.SQL("""
        named as (
            select item_id from shop.products
            where (item_id = %(text)s or lower(product_name) = lower(%(text)s)) and {condition}
        ),
        strict as materialized (
            select item_id, {text_score} as text_score from shop.products
            where {strict} and {condition}
        ),
        loose as materialized (
            select item_id, {text_score} as text_score from shop.products
            where (select count(*) < {min_strict} from strict) and {loose} and {condition}
        ),
        looser as materialized (
            select item_id, {text_score} as text_score from shop.products
            where (select count(*) < {min_strict} from strict)
                and (select count(*) < {min_strict} from loose) and {looser} and {condition}
        ),
        {near},
        scored as (
            select item_id, true as is_strict, true as is_named, 0 as text_score, 0 as cosine
                from named
            union all select item_id, true, false, text_score, 0 from strict
            union all select item_id, false, false, text_score, 0
                from (table loose union all table looser) as partly
            union all select item_id, false, false, 0, cosine from near
            {rescored}
        ),
        shares as (
            select {share} * power(least(1, max(text_score)), {steepness})::float8 as of_text
            from scored
        ),
        found as materialized (
            select item_id, bool_or(is_strict) as is_strict,
                bool_or(is_named)::int 
                + max(of_text) * max(text_score)
                + (1 - max(of_text)) * max(cosine) - {dearness} as score
            from scored cross join shares {with_price} group by item_id
        )
    """).format(
        condition=question.condition,
        text_score=_text_score(question),
        strict=_holds("strict") if groups else sql.SQL("false"),
        loose=_holds("loose") if groups else sql.SQL("false"),
        looser=_holds("looser") if groups else sql.SQL("false"),
        min_strict=sql.Literal(MIN_STRICT),
        near=(
            _NOTHING_NEAR
            if question.vector is None
            else _NEAR.format(
                condition=question.condition,
                nearest=sql.Literal(_NEAREST),
                pool=sql.Literal(_FILTERED_POOL if question.is_filtered else _POOL),
            )
        ),
        rescored=sql.SQL("") if question.vector is None else _RESCORE,
        steepness=sql.Literal(COVERAGE_STEEPNESS),
        share=sql.Literal(1.0 if question.vector is None else question.text_share),
        **_dearness(question),
    )


def _dearness(question: Question) -> dict[str, sql.Composable]:
    """What products lose that cost more than the text says, and what that takes."""
    if question.understanding.max_price is None:
        return {"dearness": sql.SQL("0"), "with_price": sql.SQL("")}
    return {
        "dearness": sql.SQL("bool_or(price is null or price > %(asked_price)s)::int"),
        "with_price": sql.SQL("join shop.products using (item_id)"),
    }


def _holds(condition: str) -> sql.Composable:
    return sql.SQL("stems @@ to_tsquery(%(language)s::regconfig, {})").format(
        sql.Placeholder(condition)
    )


def _text_score(question: Question) -> sql.Composable:
    """The weighted share of the groups that a product holds, 0 to 1."""
    groups = question.understanding.groups
    if not groups:
        return sql.SQL("0")
    parts = [
        sql.SQL("{} * least(1, greatest({}))").format(
            sql.Literal(group.weight),
            sql.SQL(", ").join(
                _rank(words, sql.Placeholder(f"group_{number}_{at}"))
                for at, words in enumerate(group.alternatives)
            ),
        )
        for number, group in enumerate(groups)
    ]
    return sql.SQL("({}) / {}::float8").format(
        sql.SQL(" + ").join(parts), sql.Literal(sum(group.weight for group in groups))
    )


def _rank(words: str, parameter: sql.Placeholder) -> sql.Composable:
    """How well a product holds words, 0 to 1; the rank of several words is that without help."""
    return sql.SQL(
        "{factor} * ts_rank({weights}::real[], stems, to_tsquery(%(language)s::regconfig, {words}))"
    ).format(
        factor=sql.Literal(1.0 if " & " in words else _ONE_OCCURRENCE),
        weights=sql.Literal(_WEIGHTS),
        words=parameter,
    )


_NOTHING_NEAR = sql.SQL(
    "near as (select null::text as item_id, null::float8 as cosine where false)"
)
_RESCORE = sql.SQL("""
    union all select item_id, false, false, 0, 1 - (embedding <=> %(vector)s::halfvec)
    from (
        select distinct item_id, text_score
        from (table strict union all table loose union all table looser) as matched
        order by text_score desc, item_id limit {rescored}
    ) as best join ml.text_embeddings using (item_id)
    where encoder = %(encoder)s and embedding is not null
""").format(rescored=sql.Literal(_RESCORED))
_NEAR = sql.SQL("""
    first as materialized (
        select item_id, distance
        from shop.nearest_texts(%(vector)s::halfvec, %(encoder)s, {pool})
            join shop.products using (item_id) where {condition}
    ),
    near as materialized (
        (
            select item_id, 1 - distance as cosine from first
            where (select count(*) >= {nearest} from first) order by distance limit {nearest}
        ) union all (
            -- Not by the distance itself, or the graph would be asked again.
            select item_id, 1 - (embedding <=> %(vector)s::halfvec) as cosine
            from ml.text_embeddings join shop.products using (item_id)
            where (select count(*) < {nearest} from first)
                and encoder = %(encoder)s and embedding is not null and {condition}
            order by cosine desc limit {nearest}
        )
    )
""")
"""Where the filters leave too little of the graph's answer, all vectors that pass are compared."""


def _values(question: Question) -> dict[str, Any]:
    understanding = question.understanding
    values: dict[str, Any] = {
        **question.values,
        "text": question.text,
        "language": question.language,
        "strict": understanding.strict,
        "loose": understanding.loose,
        "looser": understanding.looser,
        "facet_depth": question.facet_depth,
        "asked_price": understanding.max_price,
        **{
            f"group_{number}_{at}": words
            for number, group in enumerate(understanding.groups)
            for at, words in enumerate(group.alternatives)
        },
    }
    if question.vector is not None:
        values |= {"encoder": question.vector.encoder, "vector": _literal(question.vector)}
    return values
