"""Pages of the catalogue."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from apps.storefront.catalog import repository
from apps.storefront.catalog.schemas import CatalogQuery
from apps.storefront.events.impressions import note_list
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
    with services.database.connection() as connection:
        products, total = repository.search(
            connection,
            text=query.q,
            category=query.category,
            order=query.order,
            limit=_PAGE_SIZE,
            offset=(query.page - 1) * _PAGE_SIZE,
            region=region,
        )
        departments = repository.departments(connection, _DEPARTMENTS, region=region)
        subcategories = (
            repository.subcategories(connection, query.category, _DEPARTMENTS, region=region)
            if query.category
            else []
        )
    first = (query.page - 1) * _PAGE_SIZE
    surface = "search" if query.q else "catalog"
    note_list(surface, [product.item_id for product in products], first_position=first)
    return render_template(
        "catalog/index.html",
        query=query,
        surface=surface,
        products=products,
        total=total,
        first=first,
        pages=max(1, -(-total // _PAGE_SIZE)),
        departments=departments,
        subcategories=subcategories,
    )
