"""Shelves for other programs: short lists of one kind, by the functions of the shop's own pages."""

from collections.abc import Mapping, Sequence

from flask import Response
from werkzeug.exceptions import NotFound

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.items.schemas import ListQuery
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.recommendations.answers import answer
from apps.storefront.api.recommendations.schemas import RecommendationQuery, RecommendedItems
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.recommendations.recommendation_list import SLACK, RecommendationList
from apps.storefront.recommendations.shelves import viewed_items
from apps.storefront.services import Services
from streams.errors import UnavailableError

blueprint = Blueprint("api_shelves", __name__, tag="Shelves")


@blueprint.get("/users/<path:user_id>/recently-viewed")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(ListQuery, location="query")
@blueprint.output(RecommendedItems)
def recently_viewed(user_id: str, query_data: ListQuery) -> Response:
    """What a user looked at lately, the newest first."""
    history = Services.of_this_app().recommender.live_history(user_id)
    if history is None:
        raise UnavailableError("what a user did lately is not known now")
    return _shelf("recently_viewed", viewed_items(history), query_data.n)


@blueprint.get("/users/<path:user_id>/buy-again")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(ListQuery, location="query")
@blueprint.output(RecommendedItems)
def buy_again(user_id: str, query_data: ListQuery) -> Response:
    """What a user bought and is due again, the newest purchase first.

    The chain of the shop says after how many days the products of a category are bought again; of
    other categories there are none.
    """
    wanted = query_data.n + SLACK
    due = Services.of_this_app().recommender.to_buy_again(user_id, wanted)
    if due is None:
        raise UnavailableError("what a user has bought is not known now")
    return _shelf("buy_again", due, query_data.n)


@blueprint.get("/items/<path:item_id>/bought-together")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(ListQuery, location="query")
@blueprint.output(RecommendedItems)
def bought_together(item_id: str, query_data: ListQuery) -> Response:
    """What shoppers bought who bought an item, what goes with it most first.

    At least two shoppers bought both.
    """
    services = Services.of_this_app()
    related = services.recommender.bought_together([item_id], query_data.n + SLACK)
    with services.database.reading() as connection:
        asked = catalog.find(connection, item_id, region=services.settings.region)
    if asked is None:
        raise NotFound("The catalogue has no such item.")
    return _shelf(
        "bought_together",
        related.item_ids,
        query_data.n,
        model_version=related.model_version,
        reasons=dict.fromkeys(
            related.item_ids, f"Others who bought {asked.product_name} bought this"
        ),
    )


@blueprint.get("/shelves/trending")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(RecommendationQuery, location="query")
@blueprint.output(RecommendedItems)
def trending(query_data: RecommendationQuery) -> Response:
    """What is trending now, in the whole shop or in a category.

    Nothing is while the online store does not answer.
    """
    recommender = Services.of_this_app().recommender
    found = recommender.trending(query_data.category, query_data.n + SLACK)
    return _shelf("trending", found, query_data.n)


@blueprint.get("/shelves/new")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(RecommendationQuery, location="query")
@blueprint.output(RecommendedItems)
def new(query_data: RecommendationQuery) -> Response:
    """What arrived last, in the whole shop or in a category."""
    services = Services.of_this_app()
    with services.database.reading() as connection:
        found = catalog.newest(
            connection, query_data.n, query_data.category, region=services.settings.region
        )
    return answer(RecommendationList(found, "newest"))


@blueprint.get("/shelves/top")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(RecommendationQuery, location="query")
@blueprint.output(RecommendedItems)
def top(query_data: RecommendationQuery) -> Response:
    """What most shoppers have rated, in the whole shop or in a category.

    Shoppers rate what they have bought. This is the catalogue's order "Most popular".
    """
    services = Services.of_this_app()
    with services.database.reading() as connection:
        found = catalog.most_rated(
            connection, query_data.n, query_data.category, region=services.settings.region
        )
    return answer(RecommendationList(found, "top"))


def _shelf(
    source: str,
    item_ids: Sequence[str],
    limit: int,
    *,
    model_version: str | None = None,
    reasons: Mapping[str, str] | None = None,
) -> Response:
    """A shelf of the first `limit` that the shop sells."""
    known = ListedProducts.of_this_app().by_id(item_ids)
    products = [known[each] for each in item_ids if each in known][:limit]
    return answer(RecommendationList(products, source, model_version, reasons=reasons or {}))
