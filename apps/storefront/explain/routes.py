"""The page that explains a shopper's list, for those who have its key."""

from hmac import compare_digest

from flask import Blueprint, abort, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import repository as accounts
from apps.storefront.explain.explaining import explain
from apps.storefront.explain.schemas import Explained, Search
from apps.storefront.forms import read_or_abort
from apps.storefront.recommendations.recommendation_list import LENGTHS
from apps.storefront.services import Services
from streams.errors import ConfigurationError

blueprint = Blueprint("explain", __name__, template_folder="templates")


@blueprint.before_request
def _guard() -> None:
    """Without a key in the settings there is no such page; with one, the browser asks for it."""
    key = Services.of_this_app().settings.explain_key
    if key is None:
        abort(404)
    given = request.authorization
    password = given.password if given and given.type == "basic" else None
    if not compare_digest((password or "").encode(), key.get_secret_value().encode()):
        page = render_template(
            "error.html", code=401, title="Key needed", words="This page needs a key.", alone=True
        )
        abort(make_response(page, 401, {"WWW-Authenticate": 'Basic realm="explain"'}))


@blueprint.get("/explain")
def index() -> ResponseReturnValue:
    """Why a shopper gets a list: what is known, stage by stage, and the list."""
    asked = read_or_abort(Explained, request.args)
    services = Services.of_this_app()
    found, problem = None, ""
    if asked.user:
        try:
            found = explain(
                services.database, services.recommender, asked.user, asked.surface, asked.limit
            )
        except ConfigurationError as error:
            problem = str(error)
    page = render_template(
        "explain/index.html", asked=asked, found=found, problem=problem, surfaces=LENGTHS
    )
    return page, 404 if problem else 200


@blueprint.post("/explain")
def search() -> ResponseReturnValue:
    """Look a shopper up, and go on to the page by their id."""
    asked = read_or_abort(Search, request.form)
    try:
        with Services.of_this_app().database.connection() as connection:
            user_id = accounts.only_id_of(connection, asked.who)
    except ConfigurationError as error:
        empty = Explained(surface=asked.surface, limit=asked.limit)
        page = render_template(
            "explain/index.html", asked=empty, found=None, problem=str(error), surfaces=LENGTHS
        )
        return page, 404
    target = url_for(".index", user=user_id, surface=asked.surface, limit=asked.limit)
    return redirect(target, 303)
