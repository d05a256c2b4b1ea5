"""Suggestions for the search field of the pages, as JSON for its script."""

from typing import Annotated

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, StringConstraints

from apps.storefront.accounts import authentication
from apps.storefront.autocomplete.recent_searches import recent_searches
from apps.storefront.autocomplete.suggestions import Autocomplete, Kind, Suggestion
from apps.storefront.forms import read_or_abort
from apps.storefront.presentation import product_url
from streams.contracts.category import SEPARATOR
from streams.contracts.search import MAX_QUERY_LENGTH
from streams.contracts.text import Storable

blueprint = Blueprint("autocomplete", __name__)

_SURFACE = "autocomplete"
_HINTS = {
    Kind.OWN_QUERY: "your search",
    Kind.POPULAR_QUERY: "popular search",
    Kind.CATEGORY: "category",
    Kind.PRODUCT: "product",
}


class Beginning(BaseModel):
    """What a shopper has typed."""

    q: Annotated[str, StringConstraints(max_length=MAX_QUERY_LENGTH), Storable] = ""


@blueprint.get("/autocomplete")
def index() -> ResponseReturnValue:
    """Suggestions, each with the address that it leads to."""
    beginning = read_or_abort(Beginning, request.args)
    found = Autocomplete.of_this_app().suggest(
        beginning.q, user_id=authentication.session_user_id(), recent=recent_searches()
    )
    return jsonify(suggestions=[_option(each, place) for place, each in enumerate(found)])


def _option(suggestion: Suggestion, place: int) -> dict[str, str]:
    return {
        "text": suggestion.text,
        "hint": _hint(suggestion),
        "url": _address(suggestion, place),
    }


def _hint(suggestion: Suggestion) -> str:
    hint = _HINTS[suggestion.kind]
    parents = suggestion.target.split(SEPARATOR)[:-1]
    if suggestion.kind is Kind.CATEGORY and parents:
        return f"{hint} in {parents[-1]}"
    return hint


def _address(suggestion: Suggestion, place: int) -> str:
    if suggestion.kind is Kind.PRODUCT:
        return product_url(suggestion.target, _SURFACE, place)
    parameter = "category" if suggestion.kind is Kind.CATEGORY else "q"
    return url_for("catalog.index", **{parameter: suggestion.target})  # type: ignore[arg-type]
