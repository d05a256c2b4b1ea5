"""The shop's first page."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import session
from apps.storefront.catalog import repository as catalog
from apps.storefront.recommendations.shelf import Shelf, recommended
from apps.storefront.services import Services

blueprint = Blueprint("home", __name__, template_folder="templates")

_RECOMMENDED = 10
_NEWEST = 5
_DEPARTMENTS = 12


@blueprint.get("/")
def index() -> ResponseReturnValue:
    """What is recommended, what is new, and the departments."""
    services = Services.of_this_app()
    visitor = session.visitor()
    shelf = recommended(services.database, services.recommender, visitor, _RECOMMENDED)
    with services.database.connection() as connection:
        # What is recommended for being new need not be shown as new once more.
        newest = (
            None
            if shelf.source == "newest"
            else Shelf(catalog.newest(connection, _NEWEST), "newest")
        )
        departments = catalog.departments(connection, _DEPARTMENTS)
    return render_template("home/index.html", shelf=shelf, newest=newest, departments=departments)
