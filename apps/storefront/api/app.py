"""The API as an app of its own below /api/v1: without the pages' sessions, forms and headers."""

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from apiflask import APIFlask
from flask import Flask, Response
from werkzeug.middleware.dispatcher import DispatcherMiddleware

from apps.storefront import http_metrics
from apps.storefront.api import openapi, problems, request_ids
from apps.storefront.api.autocomplete import routes as autocompletion
from apps.storefront.api.health import routes as health
from apps.storefront.api.image_search import routes as image_search
from apps.storefront.api.impressions import routes as impressions
from apps.storefront.api.interactions import routes as interactions
from apps.storefront.api.items import routes as items
from apps.storefront.api.keys import authentication
from apps.storefront.api.keys.key_ring import KeyRing
from apps.storefront.api.keys.rate_limits import RateLimits
from apps.storefront.api.recommendations import routes as recommendations
from apps.storefront.api.search import routes as search_routes
from apps.storefront.api.shelves import routes as shelves
from apps.storefront.services import Services

PREFIX = "/api/v1"

_MAX_BODY_BYTES = 32 * 1024 * 1024
_DOMAINS = (
    recommendations,
    shelves,
    search_routes,
    image_search,
    items,
    autocompletion,
    interactions,
    impressions,
    health,
)


class _PlainApp(APIFlask):
    """APIFlask for views that are all plain functions."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """The function: Flask would ask eleven times per request whether it is a coroutine."""
        return func


class Installed(Protocol):
    """What the shop's pages and the API share: one of it in a process."""

    def install(self, extensions: dict[str, object]) -> None:
        """Be found by requests of the app that has these extensions."""
        ...


def install(shop: Flask, services: Services, shared: Iterable[Installed]) -> None:
    """Answer what is below `PREFIX` by the API, with what the shop's pages use too."""
    api = create_api()
    for each in (services, *shared):
        each.install(api.extensions)
    authentication.install(api, KeyRing(services.database), RateLimits(services.settings.api_limit))
    shop.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        shop.wsgi_app, {PREFIX: api.wsgi_app}
    )


def create_api() -> APIFlask:
    """The API's routes; `install` gives them what they need to answer."""
    api = _PlainApp(
        __name__,
        title=openapi.TITLE,
        version=openapi.VERSION,
        spec_path=None,
        docs_path=None,
        static_folder=None,  # type: ignore[arg-type] # Flask takes it; APIFlask says str
    )
    api.config["MAX_CONTENT_LENGTH"] = _MAX_BODY_BYTES
    http_metrics.install(api)
    request_ids.install(api)
    problems.install(api)
    for domain in _DOMAINS:
        api.register_blueprint(domain.blueprint)
    api.after_request(_add_headers)
    return api


def document() -> dict[str, Any]:
    """The OpenAPI document."""
    return openapi.document(create_api(), PREFIX)


def _add_headers(response: Response) -> Response:
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
