"""Pages of the recommendations."""

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import session
from apps.storefront.recommendations.shelf import recommended
from apps.storefront.services import Services

blueprint = Blueprint("recommendations", __name__, template_folder="templates")

_LENGTH = 40


@blueprint.get("/recommendations")
def index() -> ResponseReturnValue:
    """The whole list."""
    services = Services.of_this_app()
    shelf = recommended(services.database, services.recommender, session.visitor(), _LENGTH)
    return render_template("recommendations/index.html", shelf=shelf)
