"""The shop as a Flask app."""

from flask import Flask, request

from apps.storefront import errors, metrics, presentation, security
from apps.storefront.accounts import routes as accounts
from apps.storefront.accounts import session
from apps.storefront.cart import routes as cart
from apps.storefront.catalog import routes as catalog
from apps.storefront.database import Database
from apps.storefront.health import routes as health
from apps.storefront.home import routes as home
from apps.storefront.interactions import browsing
from apps.storefront.interactions.circuit import Circuit
from apps.storefront.interactions.publishing import EventSender
from apps.storefront.interactions.relay import Relay
from apps.storefront.orders import routes as orders
from apps.storefront.recommendations import routes as recommendations
from apps.storefront.recommendations.recommending import Recommends
from apps.storefront.reviews import routes as reviews
from apps.storefront.services import Services
from apps.storefront.settings import StorefrontSettings
from streams.publisher import Publisher


def create_app(
    settings: StorefrontSettings | None = None, *, recommender: Recommends | None = None
) -> Flask:
    """A shop that has opened no connection yet; its relay is started by whoever serves it.

    Args:
        settings: read from the environment if absent.
        recommender: `ml.serving.recommender.Recommender`, made from the environment, if absent.
    """
    settings = settings or StorefrontSettings()
    app = Flask(__name__)
    _services(settings, recommender or _recommender()).install(app.extensions)
    metrics.install(app)
    security.install(app, settings)
    session.install(app)
    presentation.install(app, settings)
    errors.install(app)
    for domain in (home, catalog, reviews, accounts, cart, orders, recommendations, health):
        app.register_blueprint(domain.blueprint)
    app.before_request(_note_activity)
    return app


def _services(settings: StorefrontSettings, recommender: Recommends) -> Services:
    database = Database(settings.database_url, connections=settings.database_connections)
    publisher = Publisher(
        settings,
        timeout=settings.publish_timeout.total_seconds(),
        client_id="storefront",
    )
    circuit = Circuit(settings.kafka_pause.total_seconds())
    events = EventSender(database, publisher, circuit)
    relay = Relay(database, publisher, circuit, events.stored)
    return Services(settings, database, events, relay, recommender)


def _recommender() -> Recommends:
    # Imported here: it brings Feast with it, which a shop with another recommender does not need.
    from ml.serving.recommender import Recommender
    from ml.settings import MlSettings

    return Recommender(MlSettings())


def _note_activity() -> None:
    if request.blueprint not in (None, "health") and session.visitor():
        browsing.touch()
