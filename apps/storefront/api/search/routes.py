"""Search for other programs, by the function that the shop's own page uses."""

import time

from werkzeug.exceptions import Forbidden

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.search.schemas import (
    FacetCount,
    SearchedProduct,
    SearchFilters,
    SearchParameters,
    SearchRequest,
    SearchResults,
)
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.listing_repository import Paging
from apps.storefront.catalog.orders import Sort
from apps.storefront.pictures.picture import image_url
from apps.storefront.search.places import SEARCH_ORDERS
from apps.storefront.search.search import Search
from apps.storefront.services import Services
from ml.serving.taste import Taste

blueprint = Blueprint("api_search", __name__, tag="Search", url_prefix="/search")


@blueprint.get("")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_READ])
@blueprint.input(SearchParameters, location="query")
@blueprint.output(SearchResults)
def by_parameters(query_data: SearchParameters) -> SearchResults:
    """Products by a text.

    Typos are corrected, and synonyms and what is meant are found as well. No filter leaves a page
    short while more products pass it.
    """
    return _results(query_data, query_data)


@blueprint.post("")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_READ])
@blueprint.input(SearchRequest)
@blueprint.output(SearchResults)
def by_body(json_data: SearchRequest) -> SearchResults:
    """Products by a text, asked for by a body."""
    return _results(json_data, json_data.filters)


def _results(asked: SearchRequest | SearchParameters, filters: SearchFilters) -> SearchResults:
    started = time.perf_counter()
    services = Services.of_this_app()
    taste = _taste(services, asked)
    with services.database.reading() as connection:
        found = Search.of_this_app().search(
            connection,
            asked.query,
            filters=filters.filters,
            order=asked.sort,
            paging=Paging(asked.top_k, place=asked.place),
            with_facets=asked.facets,
            taste=taste,
        )
        products = found.page.products
        descriptions = catalog.descriptions(connection, [each.item_id for each in products])
    last = found.page.last
    return SearchResults(
        results=[
            SearchedProduct(
                product_id=product.item_id,
                title=product.product_name,
                description=descriptions.get(product.item_id, ""),
                category=product.category,
                price=product.price,
                stars=product.stars,
                in_stock=not product.is_sold_out,
                image_url=image_url(product.picture),
                score=found.scores[product.item_id],
            )
            for product in products
        ],
        total=found.total,
        next=SEARCH_ORDERS[asked.sort].encode(last) if last else None,
        mode=found.mode,
        personal=found.is_personal,
        has_all_words=found.has_all_words,
        did_you_mean=found.did_you_mean,
        facets={
            name: [FacetCount(value=each.value, count=each.products) for each in values]
            for name, values in found.facets.items()
        },
        query_time_ms=round(1000 * (time.perf_counter() - started), 1),
    )


def _taste(services: Services, asked: SearchRequest | SearchParameters) -> Taste | None:
    """The taste of whoever searches, if the order is to count it."""
    if asked.user_id is None:
        return None
    # The order says what a user likes, as their recommendations do.
    assert auth.current_user is not None
    if Scope.RECOMMENDATIONS_READ not in auth.current_user.scopes:
        raise Forbidden("With user_id the key also needs the scope recommendations:read.")
    if not services.settings.personal_search:
        return None
    if asked.sort is not Sort.RELEVANCE or not asked.personal:
        return None
    return services.recommender.taste(asked.user_id, None)
