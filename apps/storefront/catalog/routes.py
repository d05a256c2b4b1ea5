"""Pages of the catalogue."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from apps.storefront.catalog import search_repository
from apps.storefront.catalog.counts import CatalogCounts
from apps.storefront.catalog.orders import ORDERS
from apps.storefront.catalog.schemas import CatalogQuery
from apps.storefront.catalog.search_repository import CatalogPage
from apps.storefront.events.impressions import note_list
from apps.storefront.events.searches import note_search
from apps.storefront.forms import read_or_abort
from apps.storefront.services import Services

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
    with services.database.reading() as connection:
        page = search_repository.search(
            connection,
            text=query.q,
            category=query.category,
            order=query.order,
            limit=_PAGE_SIZE,
            offset=first,
            place=query.place,
            is_before=bool(query.before and not query.after),
            region=region,
        )
        total = counts.found(connection, query.q, query.category, region)
        departments = counts.departments(connection, _DEPARTMENTS, region)
        subcategories = (
            counts.subcategories(connection, query.category, _DEPARTMENTS, region)
            if query.category
            else []
        )
    surface = "search" if query.q else "catalog"
    if query.page == 1:
        note_search(query.q, total)
    note_list(surface, [product.item_id for product in page.products], first_position=first)
    return render_template(
        "catalog/index.html",
        query=query,
        surface=surface,
        products=page.products,
        previous=_previous(query, page),
        next=_next(query, page),
        total=total,
        first=first,
        pages=max(query.page if page.products else 1, -(-total // _PAGE_SIZE)),
        departments=departments,
        subcategories=subcategories,
    )


def _previous(query: CatalogQuery, page: CatalogPage) -> dict[str, str | int] | None:
    """Parameters of the link to the page before; None if this is the first."""
    if query.page == 1 or page.first is None:
        return None
    if query.page == 2:  # noqa: PLR2004 - the first page begins anew
        return query.link()
    return query.link(page=query.page - 1, before=ORDERS[query.order].encode(page.first))


def _next(query: CatalogQuery, page: CatalogPage) -> dict[str, str | int] | None:
    """Parameters of the link to the page after; None if this is the last."""
    if page.last is None:
        return None
    return query.link(page=query.page + 1, after=ORDERS[query.order].encode(page.last))
