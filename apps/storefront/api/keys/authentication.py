"""Who sends a request: a program that shows a key, and may do what the key's scopes name."""

from dataclasses import dataclass

from apiflask import HTTPTokenAuth
from flask import Flask, Response, current_app, g
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import TooManyRequests

from apps.storefront.api.keys.key_ring import KeyRing
from apps.storefront.api.keys.rate_limits import RateLimits
from apps.storefront.api.keys.repository import ApiKey
from apps.storefront.api.problems import problem

_EXTENSION = "api keys"
_REFUSALS = {
    401: "Send a valid key in the header Authorization: Bearer KEY.",
    403: "The key does not have the scope that this operation needs.",
}

auth = HTTPTokenAuth(
    name="key", realm="recsys", description="A key that `recsys api-key create` has made."
)
"""Guards a view: `@blueprint.auth_required(auth, roles=[scope])`."""


@dataclass(frozen=True, slots=True)
class _Guard:
    ring: KeyRing
    limits: RateLimits


def install(app: Flask, ring: KeyRing, limits: RateLimits) -> None:
    """Let the app know keys, and count their requests."""
    app.extensions[_EXTENSION] = _Guard(ring, limits)
    app.after_request(_add_standing)


@auth.verify_token  # type: ignore[untyped-decorator]
def _verify(token: str) -> ApiKey | None:
    guard = current_app.extensions[_EXTENSION]
    assert isinstance(guard, _Guard)
    key = guard.ring.find(token)
    if key is not None:
        g.standing = guard.limits.hit(key.key_id)
        if g.standing.is_exceeded:
            raise TooManyRequests("The key has sent more requests than it may.")
    return key


@auth.get_user_roles  # type: ignore[untyped-decorator]
def _scopes(key: ApiKey) -> list[str]:
    return list(key.scopes)


@auth.error_handler  # type: ignore[untyped-decorator]
def _refuse(status: int) -> ResponseReturnValue:
    return problem(status, _REFUSALS[status])


def _add_standing(response: Response) -> Response:
    if standing := g.get("standing"):
        response.headers.update(standing.headers)
    return response
