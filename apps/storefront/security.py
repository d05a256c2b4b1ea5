"""What guards the shop: response headers, cookies, forms and limits."""

from datetime import timedelta

from flask import Flask, Response, request
from flask.sessions import SecureCookieSessionInterface, SessionMixin
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address
from flask_wtf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from apps.storefront.services import Services
from apps.storefront.settings import StorefrontSettings

_POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; "
    "form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_MAX_FORM_BYTES = 256 * 1024


class _Sessions(SecureCookieSessionInterface):
    """Leaves alone what everybody may keep: such an answer does not vary by cookie."""

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:
        if not response.cache_control.public:
            super().save_session(app, session, response)


limiter = Limiter(get_remote_address, storage_uri="memory://", headers_enabled=True)
csrf = CSRFProtect()


def log_in_limit() -> str:
    """How often one address may try to log in."""
    return Services.of_this_app().settings.log_in_limit


def sign_up_limit() -> str:
    """How many accounts one address may open."""
    return Services.of_this_app().settings.sign_up_limit


def image_search_limit() -> str:
    """How often one address may search with a picture."""
    return Services.of_this_app().settings.image_search_limit


def install(app: Flask, settings: StorefrontSettings) -> None:
    """Guard every page of the app."""
    app.config.update(
        SECRET_KEY=settings.secret_key.get_secret_value(),
        SESSION_COOKIE_NAME="__Host-shop" if settings.session_cookie_secure else "shop",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.session_cookie_secure,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
        MAX_CONTENT_LENGTH=_MAX_FORM_BYTES,
        WTF_CSRF_TIME_LIMIT=None,  # a form is good as long as its session
    )
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(  # type: ignore[method-assign]
            app.wsgi_app, x_for=count, x_proto=count, x_host=count
        )
    app.session_interface = _Sessions()
    csrf.init_app(app)
    limiter.init_app(app)
    app.after_request(_add_headers)


def _add_headers(response: Response) -> Response:
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)  # a page may have a policy of its own
    if request.is_secure:
        response.headers["Strict-Transport-Security"] = "max-age=31536000"
    if request.endpoint != "static":
        # A page shows a shopper's own things: no cache may show it again unasked.
        response.headers.setdefault("Cache-Control", "private, no-cache")
    return response
