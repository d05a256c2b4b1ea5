"""Suggestions for the beginning of a query, for other programs."""

from apps.storefront.api.autocomplete.schemas import AutocompleteQuery, SuggestionItem, Suggestions
from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.autocomplete.suggestions import Autocomplete

blueprint = Blueprint("api_autocomplete", __name__, tag="Search")


@blueprint.get("/autocomplete")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_READ])
@blueprint.input(AutocompleteQuery, location="query")
@blueprint.output(Suggestions)
def suggest(query_data: AutocompleteQuery) -> Suggestions:
    """Suggestions for what somebody has begun to type.

    A word matches the words that begin with it; a word that begins none may hold a typing error.
    Popular queries are those that at least five shoppers sent.
    """
    found = Autocomplete.of_this_app().suggest(query_data.q)[: query_data.n]
    return Suggestions(
        suggestions=[
            SuggestionItem(kind=each.kind, text=each.text, target=each.target) for each in found
        ]
    )
