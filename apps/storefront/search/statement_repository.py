"""SQL of the search as one statement: full text, vectors, and what both found as one list."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from psycopg import sql

from apps.storefront.catalog.listing_repository import Paging, after, directed
from apps.storefront.catalog.orders import Sort
from apps.storefront.catalog.repository import LISTED
from apps.storefront.search.facets import FACETS
from apps.storefront.search.matching_repository import matched
from apps.storefront.search.places import DIGEST, SEARCH_ORDERS
from apps.storefront.search.question import Form

COVERAGE_STEEPNESS = 2.0
"""How fast what the words say becomes less, where no product holds them all: a power of the share
of the words that the best product holds."""

_NEAREST = 100
"""Products by meaning: a page at most."""
_NEW = sql.SQL("not {} = any(%(left_out)s)").format(DIGEST)
_RESCORED = 200
"""Products that match best by their words, and whose vectors count too."""
_MAX_KEPT = 500
_PARAMETER = re.compile(r"%\((\w+)\)s")


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement with numbered parameters."""

    query: bytes
    names: tuple[str, ...]
    """Of the parameters, in the order of their numbers."""

    def parameters(self, values: Mapping[str, object]) -> list[object]:
        """Those of a search, of all values that it has."""
        return [values[name] for name in self.names]


@lru_cache(_MAX_KEPT)
def statement(
    form: Form, order: Sort, paging: Paging, *, leaves_out: bool, with_facets: bool
) -> Statement:
    """The statement of all searches of a form; to compose it takes a millisecond or two.

    Args:
        form: of the question.
        order: of the products.
        paging: the part of the list; of its place the length alone counts.
        leaves_out: whether some products are counted and not listed.
        with_facets: whether the facets are counted.
    """
    asked = SEARCH_ORDERS[order]
    part = sql.SQL("where {} and {} order by {} limit %(limit)s offset %(offset)s").format(
        after(asked, paging), _NEW if leaves_out else sql.SQL("true"), directed(asked, paging)
    )
    # By relevance the products of the page alone are read; other orders have to know all of them.
    is_ranked = order is Sort.RELEVANCE
    return _numbered(
        sql.SQL("""
        with {found},
        page as (
            select {listed}, {columns}, score, row_number() over (order by {directed}) as number
            from (select * from found {ranked}) as found join shop.products using (item_id) {sorted}
        )
        select (select count(*) from found), (select bool_or(is_strict) from found), {facets},
            page.*
        from (values (1)) as one left join page on true order by number
        """).format(
            found=_found(form),
            listed=LISTED,
            columns=sql.SQL(", ").join(asked.columns),
            directed=directed(asked, paging),
            ranked=part if is_ranked else sql.SQL(""),
            sorted=sql.SQL("") if is_ranked else part,
            facets=FACETS if with_facets else sql.SQL("null"),
        )
    )


def _numbered(composed: sql.Composable) -> Statement:
    numbers: dict[str, int] = {}

    def number(name: re.Match[str]) -> str:
        return f"${numbers.setdefault(name[1], len(numbers) + 1)}"

    text = _PARAMETER.sub(number, composed.as_string()).replace("%%", "%")
    return Statement(text.encode(), tuple(numbers))


def _found(form: Form) -> sql.Composable:
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
            select %(text_share)s * power(least(1, max(text_score)), {steepness})::float8 as of_text
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
        condition=sql.SQL(form.condition),
        tiers=matched(form),
        near=(
            _NEAR.format(condition=sql.SQL(form.condition), nearest=sql.Literal(_NEAREST))
            if form.has_vector
            else _NOTHING_NEAR
        ),
        rescored=sql.SQL("") if not form.has_vector else _RESCORE,
        steepness=sql.Literal(COVERAGE_STEEPNESS),
        **_dearness(form),
    )


def _dearness(form: Form) -> dict[str, sql.Composable]:
    """What products lose that cost more than the text says, and what that takes."""
    if not form.has_price:
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
        select item_id, cosine
        from unnest(%(near_ids)s::text[], %(cosines)s::float8[]) as nearest (item_id, cosine)
            join shop.products using (item_id)
        where {condition}
    ),
    near as materialized (
        (
            select item_id, cosine from first
            where (select count(*) >= {nearest} from first) order by cosine desc limit {nearest}
        ) union all (
            select item_id, 1 - (embedding <=> %(vector)s::halfvec) as cosine
            from ml.text_embeddings join shop.products using (item_id)
            where (select count(*) < {nearest} from first)
                and encoder = %(encoder)s and embedding is not null and {condition}
            order by cosine desc limit {nearest}
        )
    )
""")
"""Where the filters leave too few of the nearest products, all vectors that pass are compared."""
