"""The shop's first page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import authentication
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.counts import CatalogCounts
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.events.guest_history import guest_history
from apps.storefront.recommendations.recommendation_list import (
    LENGTHS,
    SLACK,
    RecommendationList,
    shown,
    wanted_products,
)
from apps.storefront.recommendations.shelf import filled_shelves
from apps.storefront.recommendations.shelves import (
    SHELF_LENGTH,
    buy_again,
    recently_viewed,
    trending_in_department,
)
from apps.storefront.services import Services
from ml.merchandising import Surface

blueprint = Blueprint("home", __name__, template_folder="templates")

_NEWEST = 5
_DEPARTMENTS = 12


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What is recommended, what is new, and the departments."""
    services = Services.of_this_app()
    region = services.settings.region
    shopper = authentication.visitor()
    preferences = shopper.preferences if shopper else ()
    length = LENGTHS[Surface.HOME]
    served = services.recommender.recommend(
        shopper.user_id if shopper else None,
        preferences,
        length + SLACK,
        history=() if shopper else guest_history(),
        surface=Surface.HOME,
    )
    trending = trending_in_department(services.recommender, preferences)
    plans = [
        buy_again(served.to_buy_again),
        recently_viewed(served.history),
        *([trending] if trending else []),
    ]
    wanted = [item_id for plan in plans for item_id in plan.item_ids]
    # One query at most for all: a page has few to spare.
    known = ListedProducts.of_this_app().by_id([*wanted_products(served), *wanted])
    recommendations = shown(
        services,
        served,
        known,
        length,
        preferences=preferences,
        audience="shopper" if shopper else "visitor",
    )
    with services.database.reading() as connection:
        # What is recommended for being new need not be shown as new once more.
        newest = (
            None
            if recommendations.source == "newest"
            else RecommendationList(catalog.newest(connection, _NEWEST, region=region), "newest")
        )
        departments = CatalogCounts.of_this_app().departments(connection, _DEPARTMENTS, region)
    for each in (recommendations, newest):
        if each:
            each.note(each.surface)
    listed = [product.item_id for product in recommendations.products]
    return render_template(
        "home/index.html",
        recommendations=recommendations,
        shelves=filled_shelves(plans, known, SHELF_LENGTH, shown=listed),
        newest=newest,
        departments=departments,
    )
