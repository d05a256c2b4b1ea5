"""What the components of one worker share."""

from dataclasses import dataclass

from flask import current_app

from apps.storefront.events.background import BackgroundSender
from apps.storefront.events.publishing import EventSender
from apps.storefront.events.relay import OutboxRelay
from apps.storefront.recommender import Recommender
from apps.storefront.settings import StorefrontSettings
from streams.database import Database
from streams.publisher import Publisher

_KEY = "storefront"


@dataclass(frozen=True, slots=True)
class Services:
    """One set per worker; every member is safe for threads."""

    settings: StorefrontSettings
    database: Database
    publisher: Publisher
    events: EventSender
    relay: OutboxRelay
    impressions: BackgroundSender
    searches: BackgroundSender
    recommender: Recommender

    @classmethod
    def of_this_app(cls) -> "Services":
        """The services of the app that answers the current request."""
        services = current_app.extensions[_KEY]
        assert isinstance(services, cls)
        return services

    def close(self) -> None:
        """End the relay's round, and send what is under way to Kafka."""
        self.relay.stop()
        self.impressions.stop()
        self.searches.stop()
        self.publisher.close()

    def install(self, extensions: dict[str, object]) -> None:
        """Hand the services to an app."""
        extensions[_KEY] = self
