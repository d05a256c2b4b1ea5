"""The shop's first page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from apps.storefront.catalog import repository as catalog
from apps.storefront.recommendations.recommendation_list import RecommendationList
from apps.storefront.recommendations.routes import recommended_to_visitor
from apps.storefront.services import Services

blueprint = Blueprint("home", __name__, template_folder="templates")

_RECOMMENDED = 10
_NEWEST = 5
_DEPARTMENTS = 12


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What is recommended, what is new, and the departments."""
    recommendations = recommended_to_visitor(_RECOMMENDED)
    with Services.of_this_app().database.connection() as connection:
        # What is recommended for being new need not be shown as new once more.
        newest = (
            None
            if recommendations.source == "newest"
            else RecommendationList(catalog.newest(connection, _NEWEST), "newest")
        )
        departments = catalog.departments(connection, _DEPARTMENTS)
    for shown in (recommendations, newest):
        if shown:
            shown.note(shown.surface)
    return render_template(
        "home/index.html", recommendations=recommendations, newest=newest, departments=departments
    )
