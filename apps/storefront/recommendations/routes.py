"""Pages of the recommendations."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import authentication
from apps.storefront.events.guest_history import guest_history
from apps.storefront.recommendations.recommendation_list import (
    LENGTHS,
    RecommendationList,
    recommended,
)
from apps.storefront.recommendations.shelf import Shelf
from apps.storefront.recommendations.shelves import SHELF_LENGTH
from apps.storefront.services import Services
from ml.merchandising import Surface

blueprint = Blueprint("recommendations", __name__, template_folder="templates")


@blueprint.get("/recommendations")
def index() -> ResponseReturnValue:
    """The whole list."""
    surface = Surface.RECOMMENDATIONS
    found = recommended_to_visitor(LENGTHS[surface], surface)
    found.note("recommendations")
    return render_template("recommendations/index.html", recommendations=found)


def recommended_to_visitor(limit: int, surface: Surface) -> RecommendationList:
    """The best list for whoever sends this request."""
    services = Services.of_this_app()
    shopper = authentication.visitor()
    return recommended(
        services,
        shopper.user_id if shopper else None,
        shopper.preferences if shopper else (),
        limit,
        history=() if shopper else guest_history(),
        surface=surface,
    )


def popular_shelves(surface: str) -> list[Shelf]:
    """One shelf for a page that has nothing else to show: what is trending, popular or new."""
    found = recommended(Services.of_this_app(), None, (), SHELF_LENGTH)
    if not found.products:
        return []
    shelf = found.as_shelf(surface)
    shelf.note()
    return [shelf]
