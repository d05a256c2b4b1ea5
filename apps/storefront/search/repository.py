"""SQL of the search: full text and vectors, each under the filters, and what both found as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

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
from apps.storefront.search.matching_repository import matched
from apps.storefront.search.places import DIGEST, SEARCH_ORDERS
from apps.storefront.search.question import Question, TextVector

TEXT_SHARE = 0.6
"""Of the score, where a product holds all words: what the words say beside the vectors. Where none
holds more than a part of them, they say as much less. Chosen on queries (docs/search.md)."""
COVERAGE_STEEPNESS = 2.0
"""How fast that becomes less: a power of the share of the words that the best product holds."""

_NEAREST = 100
"""Products by meaning: a page at most."""
_POOL, _FILTERED_POOL = 150, 1000
"""Vectors that the graph is asked for, before filters; without them a few products are not sold."""
_NEW = sql.SQL("not {} = any(%(left_out)s)").format(DIGEST)
_RESCORED = 200
"""Products that match best by their words, and whose vectors count too."""


@dataclass(frozen=True, slots=True)
class Found:
    """A page of what was found."""

    page: CatalogPage
    scores: Mapping[str, float]
    total: int
    has_all_words: bool
    counted: Sequence[tuple[str, str, int]]
    """Facet, value, and number of products."""


def find(
    connection: Connection[Any],
    question: Question,
    *,
    order: Sort,
    paging: Paging,
    left_out: Sequence[str] = (),
    with_facets: bool,
) -> Found:
    """Search, by one statement.

    Args:
        connection: an open one.
        question: what is asked for.
        order: of the products.
        paging: the part of the list.
        left_out: digests, as `places.digests_of` makes them, of products that are counted and not
            listed.
        with_facets: whether to count the facets.
    """
    asked = SEARCH_ORDERS[order]
    part = sql.SQL("where {} and {} order by {} limit %(limit)s offset %(offset)s").format(
        after(asked, paging), _NEW if left_out else sql.SQL("true"), directed(asked, paging)
    )
    # By relevance the products of the page alone are read; other orders have to know all of them.
    is_ranked = order is Sort.RELEVANCE
    statement = sql.SQL("""
        with {found},
        page as (
            select {listed}, {columns}, score, row_number() over (order by {directed}) as number
            from (select * from found {ranked}) as found join shop.products using (item_id) {sorted}
        )
        select (select count(*) from found), (select bool_or(is_strict) from found), {facets},
            page.*
        from (values (1)) as one left join page on true order by number
    """).format(
        found=_found(question),
        listed=LISTED,
        columns=sql.SQL(", ").join(asked.columns),
        directed=directed(asked, paging),
        ranked=part if is_ranked else sql.SQL(""),
        sorted=sql.SQL("") if is_ranked else part,
        facets=FACETS if with_facets else sql.SQL("null"),
    )
    # A statement that is prepared once would be planned for any text, and parse the text's words
    # again for each product.
    with connection.cursor() as cursor:
        rows = cursor.execute(
            statement,
            {**_values(question), **paging_values(paging), "left_out": list(left_out)},
            prepare=False,
        ).fetchall()
    (total, has_all_words, counted), width = rows[0][:3], len(asked.columns)
    listed = [row[3:] for row in rows if row[3] is not None]
    return Found(
        page_of(
            [(ListedProduct(*row[: -width - 2]), row[-width - 2 : -2]) for row in listed], paging
        ),
        {row[0]: row[-2] for row in listed},
        total,
        bool(has_all_words),
        [tuple(each) for each in counted or ()],
    )


def read_again(
    connection: Connection[Any],
    products: Sequence[ListedProduct],
    condition: sql.Composable,
    values: Mapping[str, Any],
) -> list[ListedProduct] | None:
    """The same products as they are now; None: for one of them the condition does not hold now.

    Args:
        connection: an open one.
        products: that were found a while ago.
        condition: on `shop.products`.
        values: its parameters.
    """
    rows = connection.execute(
        sql.SQL("select {} from shop.products where item_id = any(%(item_ids)s) and {}").format(
            LISTED, condition
        ),
        {**values, "item_ids": [each.item_id for each in products]},
    )
    now = {product.item_id: product for product in (ListedProduct(*row) for row in rows)}
    if len(now) < len(products):
        return None
    return [now[each.item_id] for each in products]


def nearest(connection: Connection[Any], vector: TextVector, limit: int) -> list[str]:
    """The ids of the products whose texts are nearest to a vector, by the graph alone."""
    rows = connection.execute(
        "select item_id from shop.nearest_texts(%s::halfvec, %s, %s)"
        " where distance is not null order by distance",
        (_literal(vector), vector.encoder, limit),
    )
    return [item_id for (item_id,) in rows]


def _literal(vector: TextVector) -> str:
    """The vector as PostgreSQL reads it."""
    return str(HalfVector(vector.values).to_text())


def _found(question: Question) -> sql.Composable:
    """Common table expressions down to `found`: item_id, is_strict and score, each item once."""
    return sql.SQL("""
        named as (
            select item_id from shop.products
            where (item_id = %(text)s or lower(product_name) = lower(%(text)s)) and {condition}
        ),
        {tiers},
        {near},
        scored as (
            select item_id, true as is_strict, true as is_named, 0 as text_score, 0 as cosine
                from named
            union all select item_id, is_strict, false, text_score, 0 from matched
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
        tiers=matched(question),
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


_NOTHING_NEAR = sql.SQL(
    "near as (select null::text as item_id, null::float8 as cosine where false)"
)
_RESCORE = sql.SQL("""
    union all select item_id, false, false, 0, 1 - (embedding <=> %(vector)s::halfvec)
    from (
        select distinct item_id, text_score from matched
        order by text_score desc, item_id limit {rescored}
    ) as best join ml.text_embeddings using (item_id)
    where encoder = %(encoder)s and embedding is not null
""").format(rescored=sql.Literal(_RESCORED))
_NEAR = sql.SQL("""
    first as materialized (
        select item_id, distance
        from shop.nearest_texts(%(vector)s::halfvec, %(encoder)s, {pool})
            join shop.products using (item_id)
        -- Few products are sorted instead of asking the graph, which knows no null vectors.
        where distance is not null and {condition}
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
        **{f"tier_{number}": words for number, words in enumerate(understanding.tiers)},
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
