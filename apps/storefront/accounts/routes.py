"""Pages of the accounts."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from apps.storefront.accounts import passwords, repository
from apps.storefront.accounts import session as accounts_session
from apps.storefront.accounts.schemas import (
    SHORTEST_PASSWORD,
    LogInForm,
    PreferencesForm,
    SampleForm,
    SignUpForm,
)
from apps.storefront.accounts.shopper import Shopper
from apps.storefront.catalog import repository as catalog
from apps.storefront.interactions import events
from apps.storefront.security import limiter, log_in_limit, sign_up_limit
from apps.storefront.services import Services
from apps.storefront.validation import InvalidFormError, read_form
from streams.contracts import new_id
from streams.contracts.new_user import MAX_PREFERENCES

blueprint = Blueprint("accounts", __name__, template_folder="templates")

_SAMPLE_SHOPPERS = 8
_CARDS = 24


@blueprint.get("/sign-up")
def sign_up() -> ResponseReturnValue:
    """The empty form of a new account."""
    if accounts_session.visitor():
        return redirect(url_for("home.index"))
    return _sign_up_page(InvalidFormError({}, {}))


@blueprint.post("/sign-up")
@limiter.limit(sign_up_limit)
def create_account() -> ResponseReturnValue:
    """Open an account, log its shopper in and tell the recommender's side of them."""
    try:
        form = read_form(SignUpForm, request.form)
        account = _open_account(form)
    except InvalidFormError as mistakes:
        return _sign_up_page(mistakes), 422
    Services.of_this_app().events.send(events.new_user(account))
    accounts_session.begin(account)
    flash(f"Welcome, {account.user_name}.", "success")
    return redirect(_next() or url_for("home.index"))


def _open_account(form: SignUpForm) -> Shopper:
    with Services.of_this_app().database.connection() as connection:
        account = repository.create(
            connection,
            user_id=str(new_id()),
            email=form.email,
            user_name=form.user_name,
            password_hash=passwords.hashed(form.password),
            preferences=form.preferences,
        )
    if account is None:
        raise InvalidFormError(
            {"email": "There is already an account with this address. Log in instead."},
            form.model_dump(),
        )
    return account


def _sign_up_page(mistakes: InvalidFormError) -> str:
    with Services.of_this_app().database.connection() as connection:
        departments = catalog.departments(connection, _CARDS)
    return render_template(
        "accounts/sign_up.html",
        mistakes=mistakes,
        departments=departments,
        most=MAX_PREFERENCES,
        shortest_password=SHORTEST_PASSWORD,
        next=_next(),
    )


@blueprint.get("/log-in")
def log_in() -> ResponseReturnValue:
    """The form for a known shopper."""
    if accounts_session.visitor():
        return redirect(_next() or url_for("home.index"))
    return _log_in_page(InvalidFormError({}, {}))


@blueprint.post("/log-in")
@limiter.limit(log_in_limit)
def check_credentials() -> ResponseReturnValue:
    """Log a shopper in by e-mail address and password."""
    try:
        form = read_form(LogInForm, request.form)
        account = _known_account(form)
    except InvalidFormError as mistakes:
        return _log_in_page(mistakes), 422
    accounts_session.begin(account)
    return redirect(_next() or url_for("home.index"))


def _known_account(form: LogInForm) -> Shopper:
    database = Services.of_this_app().database
    with database.connection() as connection:
        known = repository.credentials(connection, form.email)
    # Verified outside the transaction: Argon2 takes its time and needs no connection.
    if passwords.is_correct(form.password, known[1] if known else None) and known:
        with database.connection() as connection:
            account = repository.find(connection, known[0])
        if account:
            return account
    raise InvalidFormError(
        {"": "The e-mail address or the password is wrong."}, {"email": form.email}
    )


@blueprint.post("/log-in/sample")
@limiter.limit(log_in_limit)
def continue_as_sample() -> ResponseReturnValue:
    """Log in as a shopper of the sample data, where the settings allow it."""
    services = Services.of_this_app()
    if not services.settings.sample_shoppers:
        abort(404)
    form = read_form(SampleForm, request.form)
    with services.database.connection() as connection:
        account = repository.adopt_sample_shopper(connection, form.user_id)
    if account is None:
        abort(404)
    accounts_session.begin(account)
    return redirect(_next() or url_for("home.index"))


def _log_in_page(mistakes: InvalidFormError) -> str:
    services = Services.of_this_app()
    samples: list[repository.SampleShopper] = []
    if services.settings.sample_shoppers:
        with services.database.connection() as connection:
            samples = repository.sample_shoppers(connection, _SAMPLE_SHOPPERS)
    return render_template("accounts/log_in.html", mistakes=mistakes, samples=samples, next=_next())


@blueprint.post("/log-out")
def log_out() -> ResponseReturnValue:
    """End the session."""
    logout_user()
    session.clear()
    flash("You have been logged out.", "success")
    return redirect(url_for("home.index"))


@blueprint.get("/preferences")
def preferences() -> ResponseReturnValue:
    """What the shopper likes."""
    return _preferences_page(accounts_session.shopper(), InvalidFormError({}, {}))


@blueprint.post("/preferences")
def change_preferences() -> ResponseReturnValue:
    """Keep what the shopper likes, and tell the recommender's side."""
    shopper = accounts_session.shopper()
    services = Services.of_this_app()
    try:
        form = read_form(PreferencesForm, request.form)
    except InvalidFormError as mistakes:
        return _preferences_page(shopper, mistakes), 422
    with services.database.connection() as connection:
        changed = repository.change_preferences(connection, shopper.user_id, form.preferences)
    if changed and changed.preferences != shopper.preferences:
        services.events.send(events.new_user(changed))
    flash("Your preferences have been saved.", "success")
    return redirect(url_for("accounts.preferences"))


def _preferences_page(shopper: Shopper, mistakes: InvalidFormError) -> str:
    with Services.of_this_app().database.connection() as connection:
        departments = catalog.departments(connection, _CARDS)
    named = {department.name for department in departments}
    kept = [name for name in shopper.preferences if name not in named]
    return render_template(
        "accounts/preferences.html",
        mistakes=mistakes,
        departments=departments,
        kept=kept,
        chosen=mistakes.values.get("preferences", shopper.preferences),
        most=MAX_PREFERENCES,
    )


def _next() -> str | None:
    return accounts_session.safe_redirect_path(request.values.get("next"))
