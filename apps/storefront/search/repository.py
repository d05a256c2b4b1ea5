"""SQL of the search: full text and vectors, each under the filters, and what both found as one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pgvector import HalfVector
from pgvector.psycopg.halfvec import HalfVectorBinaryDumper
from psycopg import Connection, RawCursor, sql

from apps.storefront.catalog.listing_repository import (
    CatalogPage,
    Paging,
    page_of,
    paging_values,
)
from apps.storefront.catalog.orders import Sort
from apps.storefront.catalog.repository import LISTED, ListedProduct
from apps.storefront.search.places import SEARCH_ORDERS
from apps.storefront.search.question import Question
from apps.storefront.search.statement_repository import statement

TEXT_SHARE = 0.6
"""Of the score, where a product holds all words: what the words say beside the vectors. Where none
holds more than a part of them, they say as much less. Chosen on queries (docs/search.md)."""


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
    asked = statement(
        question.form,
        order,
        replace(paging, limit=0, offset=0, place=paging.place and (0,) * len(paging.place)),
        leaves_out=bool(left_out),
        with_facets=with_facets,
    )
    values = {**_values(question), **paging_values(paging), "left_out": list(left_out)}
    # A statement that is prepared once would be planned for any text, and parse the text's words
    # again for each product.
    cursor = RawCursor(connection)
    # As text, a vector takes 7 kB and .15 ms.
    cursor.adapters.register_dumper(HalfVector, HalfVectorBinaryDumper)
    rows = cursor.execute(asked.query, asked.parameters(values), prepare=False).fetchall()
    (total, has_all_words, counted), width = rows[0][:3], len(SEARCH_ORDERS[order].columns)
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


def _values(question: Question) -> dict[str, Any]:
    understanding = question.understanding
    values: dict[str, Any] = {
        **question.values,
        "text": question.text,
        "language": question.language,
        "text_share": 1.0 if question.vector is None else question.text_share,
        "weights": sum(group.weight for group in understanding.groups),
        **{f"weight_{number}": group.weight for number, group in enumerate(understanding.groups)},
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
        values |= {
            "encoder": question.vector.encoder,
            "vector": HalfVector(question.vector.values),
            "near_ids": list(question.vector.nearest),
            "cosines": list(question.vector.nearest.values()),
        }
    return values
