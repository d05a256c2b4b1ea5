"""The shop as a Flask app."""

from http import HTTPStatus

from flask import Flask, Response, request

from apps.storefront import errors, http_metrics, presentation, security
from apps.storefront.accounts import authentication
from apps.storefront.accounts import routes as accounts
from apps.storefront.api import app as api
from apps.storefront.api import documentation
from apps.storefront.autocomplete import routes as autocomplete
from apps.storefront.autocomplete.recent_searches import remember
from apps.storefront.autocomplete.suggestions import Autocomplete
from apps.storefront.cart import routes as cart
from apps.storefront.catalog.counts import CatalogCounts
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.erasure import routes as erasure
from apps.storefront.events.activity import shopping_session
from apps.storefront.events.audience import is_seen
from apps.storefront.events.background import BackgroundSender
from apps.storefront.events.impressions import DROPPED as IMPRESSIONS_DROPPED
from apps.storefront.events.impressions import has_noted_lists, impressions_of
from apps.storefront.events.publishing import EventSender, kafka_breaker
from apps.storefront.events.relay import OutboxRelay
from apps.storefront.events.searches import DROPPED as SEARCHES_DROPPED
from apps.storefront.events.searches import noted_query, search_of
from apps.storefront.explain import routes as explain
from apps.storefront.health import routes as health
from apps.storefront.home import routes as home
from apps.storefront.image_search import routes as image_search
from apps.storefront.image_search.search import ImageSearch
from apps.storefront.orders import routes as orders
from apps.storefront.pictures import routes as pictures
from apps.storefront.product import routes as product
from apps.storefront.recommendations import routes as recommendations
from apps.storefront.recommender import Recommender
from apps.storefront.search import routes as catalog
from apps.storefront.search.encoder_client import EncoderClient
from apps.storefront.search.search import Search
from apps.storefront.services import Services
from apps.storefront.settings import StorefrontSettings
from streams.contracts import IMPRESSIONS, SEARCHES
from streams.database import Database
from streams.publisher import Publisher

_CONNECTION_TIMEOUT = 3.0  # seconds


def create_app(
    settings: StorefrontSettings | None = None, *, recommender: Recommender | None = None
) -> Flask:
    """A shop that has opened no connection yet; its relay is started by whoever serves it.

    Args:
        settings: read from the environment if absent.
        recommender: `ml.serving.recommender.Recommender`, made from the environment, if absent.
    """
    settings = settings or StorefrontSettings()
    app = Flask(__name__)
    services = _services(settings, recommender or _recommender())
    shared = (
        ListedProducts(services.database, settings.region),
        Autocomplete(services.database, settings.region),
        _search(settings, services.database),
        ImageSearch(settings, services.database),
    )
    for each in (services, CatalogCounts(), *shared):
        each.install(app.extensions)
    api.install(app, services, shared)
    http_metrics.install(app)
    security.install(app, settings)
    authentication.install(app)
    presentation.install(app, settings)
    errors.install(app)
    for domain in (
        home,
        catalog,
        autocomplete,
        image_search,
        product,
        accounts,
        cart,
        orders,
        recommendations,
        erasure,
        explain,
        health,
        documentation,
        pictures,
    ):
        app.register_blueprint(domain.blueprint)
    app.before_request(_note_activity)
    app.after_request(_publish_impressions)
    app.after_request(_publish_search)
    return app


def _services(settings: StorefrontSettings, recommender: Recommender) -> Services:
    database = Database(
        settings.pooled_database_url or settings.database_url,
        connections=settings.database_connections,
        timeout=_CONNECTION_TIMEOUT,
        pooled=settings.pooled_database_url is not None,
    )
    page_seconds = settings.publish_timeout.total_seconds()
    relay_seconds = settings.relay_timeout.total_seconds()
    publisher = Publisher(
        settings, timeout=max(page_seconds, relay_seconds), client_id="storefront"
    )
    breaker = kafka_breaker(settings.kafka_pause.total_seconds())
    events = EventSender(
        database, publisher, breaker, timeout=page_seconds, limit=settings.outbox_limit
    )
    relay = OutboxRelay(database, publisher, breaker, events.stored, timeout=relay_seconds)
    impressions = BackgroundSender(publisher, breaker, IMPRESSIONS, IMPRESSIONS_DROPPED)
    searches = BackgroundSender(publisher, breaker, SEARCHES, SEARCHES_DROPPED)
    return Services(
        settings,
        database,
        publisher,
        events,
        relay,
        impressions,
        searches,
        recommender,
    )


def _search(settings: StorefrontSettings, database: Database) -> Search:
    encoder = (
        EncoderClient(settings.encoder_url, settings.encoder_budget.total_seconds())
        if settings.encoder_url
        else None
    )
    return Search(database, encoder, region=settings.region)


def _recommender() -> Recommender:
    # Imported here: it brings Feast with it, which a shop with another recommender does not need.
    from ml.serving import recommender
    from ml.settings import MlSettings

    return recommender.Recommender(MlSettings())


def _note_activity() -> None:
    aside = (None, "autocomplete", "documentation", "explain", "health", "pictures")
    if request.blueprint not in aside and authentication.visitor():
        shopping_session()


def _publish_impressions(response: Response) -> Response:
    """Publish what the page shows, if a shopper sees it; a failed page shows nothing.

    A page that does not exist is no failure: it shows what else there is.
    """
    shows = response.status_code in (HTTPStatus.OK, HTTPStatus.NOT_FOUND) and has_noted_lists()
    if shows and is_seen(request):
        shopper = authentication.visitor()
        if shopper:
            Services.of_this_app().impressions.send(impressions_of(shopper.user_id))
    return response


def _publish_search(response: Response) -> Response:
    """Publish what the shopper searched for, if the page answers it and somebody sees it."""
    query = noted_query()
    if response.status_code == HTTPStatus.OK and query and is_seen(request):
        remember(query)
        shopper = authentication.visitor()
        if shopper:
            Services.of_this_app().searches.send([search_of(shopper.user_id)])
    return response
