"""What requests for suggestions and their answers hold."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import Field, StringConstraints

from apps.storefront.api.models import Answer, Query
from apps.storefront.autocomplete.suggestions import Kind
from streams.contracts.search import MAX_QUERY_LENGTH
from streams.contracts.text import Storable


class AutocompleteQuery(Query):
    """The beginning of a query."""

    q: Annotated[str, StringConstraints(max_length=MAX_QUERY_LENGTH), Storable] = ""
    """What was typed; without it the answer is the queries that are most popular."""
    n: Annotated[int, Field(ge=1, le=20)] = 10
    """Suggestions at most."""


class SuggestionItem(Answer):
    """One suggestion."""

    kind: Kind
    """What it leads to; `own_query` never occurs, as the API knows no shopper."""
    text: str
    """The query, the category's own name or the product's name."""
    target: str
    """The query, the category's path or the product's id."""


class Suggestions(Answer):
    """Suggestions: popular queries, categories and products, in this order."""

    suggestions: Sequence[SuggestionItem]
