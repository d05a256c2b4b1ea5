"""Pages of the catalogue."""

from flask import Blueprint, abort, render_template, request
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import session
from apps.storefront.cart.schemas import LARGEST_QUANTITY
from apps.storefront.catalog import repository
from apps.storefront.catalog.schemas import CatalogQuery
from apps.storefront.interactions import events
from apps.storefront.interactions.schemas import Attribution
from apps.storefront.reviews import repository as reviews
from apps.storefront.reviews.schemas import STARS
from apps.storefront.services import Services
from apps.storefront.validation import InvalidFormError, read_query
from streams.contracts import InteractionType

blueprint = Blueprint("catalog", __name__, template_folder="templates")

PAGE_SIZE = 24
_DEPARTMENTS = 30
_NEIGHBOURS = 6
_REVIEWS = 20
_PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz")
"""Headers in which browsers say, in the course of time, that they fetch ahead."""


@blueprint.get("/products")
def index() -> ResponseReturnValue:
    """The catalogue: filtered, searched, sorted, a page at a time."""
    query = read_query(CatalogQuery, request.args)
    with Services.of_this_app().database.connection() as connection:
        products, total = repository.search(
            connection,
            text=query.q,
            category=query.category,
            order=query.order,
            limit=PAGE_SIZE,
            offset=(query.page - 1) * PAGE_SIZE,
        )
        departments = repository.departments(connection, _DEPARTMENTS)
        subcategories = (
            repository.subcategories(connection, query.category, _DEPARTMENTS)
            if query.category
            else []
        )
    return render_template(
        "catalog/index.html",
        query=query,
        products=products,
        total=total,
        first=(query.page - 1) * PAGE_SIZE,
        pages=max(1, -(-total // PAGE_SIZE)),
        departments=departments,
        subcategories=subcategories,
    )


@blueprint.get("/products/<path:item_id>")
def product(item_id: str) -> ResponseReturnValue:
    """One product; looking at it is an event."""
    page = product_page(item_id, InvalidFormError({}, {}))
    shopper = session.visitor()
    if shopper and _is_looked_at():
        Services.of_this_app().events.send(
            events.interaction(InteractionType.VIEW, shopper, item_id, Attribution.of(request.args))
        )
    return page


def _is_looked_at() -> bool:
    """Whether this request shows the product to the shopper, who chose to see it.

    A HEAD request and a browser that fetches ahead show nothing. After a rating the shopper sees
    the page again without having asked for it: a view there would be judged negative.
    """
    purposes = (request.headers.get(name, "") for name in _PURPOSES)
    is_prefetched = any("prefetch" in purpose for purpose in purposes)
    return request.method == "GET" and not is_prefetched and "rated" not in request.args


def product_page(item_id: str, mistakes: InvalidFormError) -> str:
    """The page of a product, with what is wrong in its rating form."""
    shopper = session.visitor()
    with Services.of_this_app().database.connection() as connection:
        # PostgreSQL refuses a NUL character, which no id has.
        found = None if "\x00" in item_id else repository.find(connection, item_id)
        if found is None:
            abort(404, "We do not sell this product.")
        item, about = found
        neighbours = repository.neighbours(connection, item, _NEIGHBOURS)
        written = reviews.newest_of(connection, item_id, _REVIEWS)
        own = reviews.of_shopper(connection, shopper.user_id, item_id) if shopper else None
    return render_template(
        "catalog/product.html",
        product=item,
        about=about,
        neighbours=neighbours,
        reviews=written,
        own=own,
        mistakes=mistakes,
        stars=STARS,
        attribution=Attribution.of(request.values).parameters,
        largest=LARGEST_QUANTITY,
    )
