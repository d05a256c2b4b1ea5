"""Pages of the catalogue: all of it, and what a search finds."""

from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from psycopg import Connection

from apps.storefront.accounts import authentication
from apps.storefront.catalog.counts import CatalogCounts
from apps.storefront.catalog.listing_repository import CatalogPage, Paging, list_products
from apps.storefront.catalog.repository import Department
from apps.storefront.events.guest_history import guest_history
from apps.storefront.events.impressions import note_list
from apps.storefront.events.searches import note_search
from apps.storefront.forms import read_or_abort
from apps.storefront.search.result import SearchResult
from apps.storefront.search.schemas import CatalogQuery
from apps.storefront.search.search import Search
from apps.storefront.services import Services
from ml.serving.taste import Taste
from streams.contracts.category import names

blueprint = Blueprint("catalog", __name__, template_folder="templates")

_PAGE_SIZE = 24
_DEPARTMENTS = 30


@blueprint.get("/products")
def index() -> ResponseReturnValue:
    """The catalogue: filtered, searched, sorted, a page at a time."""
    query = read_or_abort(CatalogQuery, request.args)
    services = Services.of_this_app()
    region = services.settings.region
    counts = CatalogCounts.of_this_app()
    first = (query.page - 1) * _PAGE_SIZE
    paging = Paging(_PAGE_SIZE, first, query.place, bool(query.before and not query.after))
    taste = _taste(services, query)
    with services.database.reading() as connection:
        result = (
            Search.of_this_app().search(
                connection,
                query.q,
                filters=query.filters,
                order=query.order,
                paging=paging,
                taste=taste,
            )
            if query.q
            else _listed(connection, query, paging, counts, region)
        )
        departments, subcategories = (
            _found_categories(query, result)
            if query.q
            else _all_categories(connection, query, counts, region)
        )
    page = result.page
    surface = "search" if query.q else "catalog"
    if query.page == 1:
        note_search(query.q, result.total)
    note_list(surface, [product.item_id for product in page.products], first_position=first)
    return render_template(
        "catalog/index.html",
        query=query,
        result=result,
        surface=surface,
        personal_search=services.settings.personal_search,
        products=page.products,
        previous=_previous(query, page),
        next=_next(query, page),
        total=result.total,
        first=first,
        pages=max(query.page if page.products else 1, -(-result.total // _PAGE_SIZE)),
        departments=departments,
        subcategories=subcategories,
    )


def _taste(services: Services, query: CatalogQuery) -> Taste | None:
    """That of whoever sends this request, if the order is to count it."""
    if not (services.settings.personal_search and query.may_be_personal):
        return None
    shopper = authentication.visitor()
    return services.recommender.taste(
        shopper.user_id if shopper else None,
        shopper.preferences if shopper else (),
        history=() if shopper else guest_history(),
    )


def _listed(
    connection: Connection,
    query: CatalogQuery,
    paging: Paging,
    counts: CatalogCounts,
    region: str | None,
) -> SearchResult:
    """The products of a query without a text."""
    condition, values = query.filters.condition(region, with_sold_out=False)
    return SearchResult(
        page=list_products(connection, condition, values, order=query.order, paging=paging),
        scores={},
        total=counts.listed(connection, query.filters.key, condition, values, region),
        facets={},
        mode=None,
        has_all_words=True,
        did_you_mean=None,
    )


Categories = tuple[Sequence[Department], Sequence[Department]]
"""The departments, and the categories right below the one that is shown."""


def _all_categories(
    connection: Connection, query: CatalogQuery, counts: CatalogCounts, region: str | None
) -> Categories:
    """Those of the catalogue."""
    departments = counts.departments(connection, _DEPARTMENTS, region)
    if not query.category:
        return departments, ()
    return departments, counts.subcategories(connection, query.category, _DEPARTMENTS, region)


def _found_categories(query: CatalogQuery, result: SearchResult) -> Categories:
    """Those of the products that a search found; of the others nothing is known."""
    found = [Department(each.value, each.products) for each in result.facets.get("category", ())]
    found.sort(key=lambda each: each.name)
    if not query.category:
        return found, ()
    chosen = [Department(name, result.total) for name in names(query.category)[:1]]
    return chosen, [each for each in found if each.name != query.category]


def _previous(query: CatalogQuery, page: CatalogPage) -> dict[str, object] | None:
    """Parameters of the link to the page before; None if this is the first."""
    if query.page == 2:  # noqa: PLR2004 - the first page begins anew
        return query.link()
    if query.page == 1 or page.first is None:
        return None
    return query.link(page=query.page - 1, before=query.encode(page.first))


def _next(query: CatalogQuery, page: CatalogPage) -> dict[str, object] | None:
    """Parameters of the link to the page after; None if this is the last."""
    if page.last is None:
        return None
    return query.link(page=query.page + 1, after=query.encode(page.last))
