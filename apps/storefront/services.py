"""What the parts of one worker share."""

from dataclasses import dataclass

from flask import current_app

from apps.storefront.database import Database
from apps.storefront.interactions.publishing import EventSender
from apps.storefront.interactions.relay import Relay
from apps.storefront.recommendations.recommending import Recommends
from apps.storefront.settings import StorefrontSettings

_KEY = "storefront"


@dataclass(frozen=True, slots=True)
class Services:
    """One set a worker; every member is safe for threads."""

    settings: StorefrontSettings
    database: Database
    events: EventSender
    relay: Relay
    recommender: Recommends

    @classmethod
    def of_this_app(cls) -> "Services":
        """The services of the app that answers the current request."""
        services = current_app.extensions[_KEY]
        assert isinstance(services, cls)
        return services

    def install(self, extensions: dict[str, object]) -> None:
        """Hand the services to an app."""
        extensions[_KEY] = self
