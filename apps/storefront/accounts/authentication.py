"""Who is logged in, and what proves it.

Passwords are stored as Argon2id (RFC 9106); checking one takes the same time whether or not the
account exists.
"""

from functools import cache
from typing import cast

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from flask import Flask, abort, redirect, request, session, url_for
from flask_login import LoginManager, current_user, login_user

from apps.storefront.accounts import repository
from apps.storefront.accounts.repository import Shopper
from apps.storefront.services import Services

_hasher = PasswordHasher()


def install(app: Flask) -> None:
    """Let the app know its shoppers by their session."""
    manager = LoginManager()
    manager.session_protection = "basic"
    manager.user_loader(_load)
    # Pages ask `visitor` themselves: an error page must render without the database.
    manager.init_app(app, add_context_processor=False)


def visitor() -> Shopper | None:
    """The shopper who is logged in, or None."""
    return cast("Shopper", current_user) if current_user.is_authenticated else None


def shopper() -> Shopper:
    """The shopper who is logged in; anyone else is sent to the log-in page."""
    known = visitor()
    if known is None:
        target = request.full_path if request.method == "GET" else None
        abort(redirect(url_for("accounts.log_in", next=target)))
    return known


def session_user_id() -> str | None:
    """The id of who is logged in, as the session says, without a look at the account."""
    user_id = session.get("_user_id")
    return str(user_id) if user_id else None


def begin_session(account: Shopper) -> None:
    """Log a shopper in, in a session that carries nothing over from before."""
    session.clear()
    session.permanent = True
    login_user(account)


def hash_password(password: str) -> str:
    """The hash to store, with its salt and parameters."""
    return _hasher.hash(password)


def is_correct_password(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the stored hash; an account without one refuses every one."""
    try:
        return _hasher.verify(stored or _hash_of_no_account(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


def safe_redirect_path(target: str | None) -> str | None:
    r"""The page to go on to, if it is a path of this shop: never another site.

    Browsers read `//host`, `///host` and `/\host` as other sites, and drop control characters
    before they look (WHATWG URL Standard, 4.4).
    """
    if not target or not target.isprintable() or "\\" in target:
        return None
    return target if target.startswith("/") and not target.startswith("//") else None


def _load(user_id: str) -> Shopper | None:
    with Services.of_this_app().database.reading() as connection:
        return repository.find(connection, user_id)


@cache
def _hash_of_no_account() -> str:
    return hash_password("no account has this password")
