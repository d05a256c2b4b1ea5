"""Recommendations for other programs, by the functions that the shop's own pages use."""

from flask import Response
from werkzeug.exceptions import NotFound

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.items.schemas import ListQuery
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.recommendations.answers import answer
from apps.storefront.api.recommendations.schemas import (
    RecommendationQuery,
    RecommendedItems,
    SessionQuery,
)
from apps.storefront.api.recommendations.session import history
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.recommendations.recommendation_list import (
    SLACK,
    RecommendationList,
    recommended,
)
from apps.storefront.services import Services
from ml.serving.related_items import RelatedItems

blueprint = Blueprint("api_recommendations", __name__, tag="Recommendations")


@blueprint.get("/users/<path:user_id>/recommendations")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(RecommendationQuery, location="query")
@blueprint.output(RecommendedItems)
def of_user(user_id: str, query_data: RecommendationQuery) -> Response:
    """Recommendations for a user.

    Somebody of whom nothing is known gets what is trending or popular; `source` says which it is.
    """
    return answer(
        recommended(
            Services.of_this_app(),
            user_id,
            None,
            query_data.n,
            category=query_data.category,
        )
    )


@blueprint.post("/sessions/recommendations")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(SessionQuery)
@blueprint.output(RecommendedItems)
def of_session(json_data: SessionQuery) -> Response:
    """Recommendations for a session without an account.

    The list follows what was done in the session, as it does for the shop's own visitors. Nothing
    of it is kept.
    """
    services = Services.of_this_app()
    return answer(
        recommended(
            services,
            None,
            json_data.preferences,
            json_data.n,
            history=history(json_data),
            category=json_data.category,
        )
    )


@blueprint.get("/recommendations")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(RecommendationQuery, location="query")
@blueprint.output(RecommendedItems)
def of_nobody(query_data: RecommendationQuery) -> Response:
    """Recommendations for a visitor of whom nothing is known: what is trending, or popular."""
    services = Services.of_this_app()
    return answer(
        recommended(
            services,
            None,
            (),
            query_data.n,
            category=query_data.category,
        )
    )


@blueprint.get("/items/<path:item_id>/similar")
@blueprint.auth_required(auth, roles=[Scope.RECOMMENDATIONS_READ])
@blueprint.input(ListQuery, location="query")
@blueprint.output(RecommendedItems)
def similar(item_id: str, query_data: ListQuery) -> Response:
    """Items that are similar to one.

    An item that the model does not know is like the others of its category.
    """
    services = Services.of_this_app()
    related = services.recommender.similar(item_id, query_data.n + SLACK)
    # One query at most for the item and what is like it, but for one that is sold out.
    known = ListedProducts.of_this_app().by_id([item_id, *related.item_ids])
    products = [known[each] for each in related.item_ids if each in known][: query_data.n]
    if item_id not in known or not products:
        region = services.settings.region
        with services.database.reading() as connection:
            found = known.get(item_id) or catalog.find(connection, item_id, region=region)
            if found is None:
                raise NotFound("The catalogue has no such item.")
            if not products:
                products = catalog.similar_products(connection, found, query_data.n, region=region)
                related = RelatedItems()
    return answer(RecommendationList(products, "similar", related.model_version))
