"""The order of relevance, blended with the taste of whoever searches.

The first page has the products with the best blend among the most relevant ones. Each later page
goes on by relevance, without the products of the first, and is put into the shopper's order by
itself. So no taste that changes between two pages moves a product from one to the other.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import replace

from apps.storefront.catalog.listing_repository import CatalogPage, Paging
from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.search.places import ABOVE_ALL, digests, digests_of
from apps.storefront.search.result import SearchResult
from ml.serving.taste import Taste

HEAD = 100
"""The most relevant products, of which the first page is chosen."""
TASTE_WEIGHT = 0.1
"""Of the affinity, beside the score of relevance. Chosen on searches of which it is known what was
bought (docs/search.md)."""

Find = Callable[[Paging, Sequence[str]], SearchResult]
"""Finds a part of the list by relevance, without the products that have one of some digests."""


def find_personal(
    find: Find, paging: Paging, taste: Taste | None, weight: float = TASTE_WEIGHT
) -> SearchResult:
    """A part of what a text finds, in the order of a shopper as far as their taste is known.

    A page that is asked for by its number alone is one of the list by relevance.

    Args:
        find: by relevance.
        paging: the part; its place may be one that another page of a personal list has given.
        taste: of the shopper; None: the order is that of relevance.
        weight: of the affinity beside the score.
    """
    if paging.place is None:
        if taste is None or paging.offset:
            return find(paging, ())
        return _first_page(find, paging.limit, taste, weight)
    place, shown = paging.place[:2], paging.place[2:]
    found = find(replace(paging, place=place), digests(*shown))
    first, last = (each and (*each, *shown) for each in (found.page.first, found.page.last))
    found = replace(found, page=CatalogPage(found.page.products, first, last))
    return _ordered(found, taste, weight) if taste else found


def _first_page(find: Find, limit: int, taste: Taste, weight: float) -> SearchResult:
    head = _ordered(find(Paging(max(HEAD, limit)), ()), taste, weight)
    page = head.page.products[:limit]
    last = head.page.last
    if len(page) < len(head.page.products):
        end = page[-1].item_id
        shown = (*ABOVE_ALL, digests_of(each.item_id for each in page))
        last = shown if head.is_personal else (head.scores[end], end)
    return replace(head, page=CatalogPage(page, None, last))


def _ordered(found: SearchResult, taste: Taste, weight: float) -> SearchResult:
    """The same products in the shopper's order.

    What has the text as its id or name stays first, and what costs more than the text says last:
    these differ by 1. A product without a vector counts as if it were as much to the shopper's
    taste as the others are on average.
    """
    products = found.page.products
    affinities = taste.affinities([each.item_id for each in products])
    if not affinities:
        return found
    mean = sum(affinities.values()) / len(affinities)

    def blend(product: ListedProduct) -> tuple[int, float]:
        score = found.scores[product.item_id]
        return math.floor(score), score + weight * affinities.get(product.item_id, mean)

    ordered = sorted(products, key=blend, reverse=True)
    return replace(found, page=replace(found.page, products=ordered), is_personal=True)
