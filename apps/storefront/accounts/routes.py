"""Pages of the accounts."""

from flask import Blueprint, abort, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from apps.storefront.accounts import authentication, repository
from apps.storefront.accounts.repository import Shopper
from apps.storefront.accounts.schemas import (
    MIN_PASSWORD_LENGTH,
    LogInForm,
    PreferencesForm,
    SampleForm,
    SignUpForm,
)
from apps.storefront.catalog.counts import CatalogCounts
from apps.storefront.events.activity import new_user_event
from apps.storefront.events.guest_history import guest_history
from apps.storefront.forms import FormState, read_form, read_or_abort
from apps.storefront.security import limiter, log_in_limit, sign_up_limit
from apps.storefront.services import Services
from apps.storefront.submissions.submission import AlreadySubmittedError, submitted_once
from streams.contracts import NewUser, new_id
from streams.contracts.new_user import MAX_PREFERENCES

blueprint = Blueprint("accounts", __name__, template_folder="templates")

_SAMPLE_SHOPPERS = 8
_CARDS = 24


@blueprint.get("/sign-up")
def sign_up() -> ResponseReturnValue:
    """The empty form of a new account."""
    if authentication.visitor():
        return redirect(url_for("home.index"))
    return _sign_up_page(FormState())


@blueprint.post("/sign-up")
@limiter.limit(sign_up_limit)
def create_account() -> ResponseReturnValue:
    """Open an account, publish its shopper and log them in."""
    form = read_form(SignUpForm, request.form)
    if isinstance(form, FormState):
        return _sign_up_page(form), 422
    # Hashed outside the transaction: Argon2 takes its time and needs no connection.
    password_hash = authentication.hash_password(form.password)
    try:
        with submitted_once(None) as submission:
            account = repository.create(
                submission.connection,
                user_id=str(new_id()),
                email=form.email,
                user_name=form.user_name,
                password_hash=password_hash,
                preferences=form.preferences,
                birth_year=form.birth_year,
            )
            if account is None:
                errors = {"email": "There is already an account with this address. Log in instead."}
                return _sign_up_page(FormState(form.model_dump(), errors)), 422
            submission.events.append(_new_user_event(account))
            submission.events.extend(guest_history(account.user_id))
            answer = submission.lead_to(_next() or url_for("home.index"))
    except AlreadySubmittedError:
        # The browser may have dropped the first answer and its cookie with it.
        if known := _account_of(form.email, form.password):
            authentication.begin_session(known)
        raise
    authentication.begin_session(account)
    flash(f"Welcome, {account.user_name}.", "success")
    return answer


@blueprint.get("/log-in")
def log_in() -> ResponseReturnValue:
    """The form for a known shopper."""
    if authentication.visitor():
        return redirect(_next() or url_for("home.index"))
    return _log_in_page(FormState())


@blueprint.post("/log-in")
@limiter.limit(log_in_limit)
def check_credentials() -> ResponseReturnValue:
    """Log a shopper in by e-mail address and password."""
    form = read_form(LogInForm, request.form)
    if isinstance(form, FormState):
        return _log_in_page(form), 422
    account = _account_of(form.email, form.password)
    if account is None:
        errors = {"": "The e-mail address or the password is wrong."}
        return _log_in_page(FormState({"email": form.email}, errors)), 422
    authentication.begin_session(account)
    return redirect(_next() or url_for("home.index"))


@blueprint.post("/log-in/sample")
@limiter.limit(log_in_limit)
def continue_as_sample() -> ResponseReturnValue:
    """Log in as a shopper of the sample data, where the settings allow it."""
    services = Services.of_this_app()
    if not services.settings.sample_shoppers:
        abort(404)
    form = read_or_abort(SampleForm, request.form)
    with services.database.connection() as connection:
        account = repository.adopt_sample_shopper(connection, form.user_id)
    if account is None:
        abort(404)
    authentication.begin_session(account)
    return redirect(_next() or url_for("home.index"))


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
    shopper = authentication.shopper()
    return _preferences_page(shopper, FormState({"birth_year": shopper.birth_year or ""}))


@blueprint.post("/preferences")
def change_preferences() -> ResponseReturnValue:
    """Keep what the shopper likes, and publish it where it changed."""
    shopper = authentication.shopper()
    form = read_form(PreferencesForm, request.form)
    if isinstance(form, FormState):
        return _preferences_page(shopper, form), 422
    with submitted_once(shopper.user_id) as submission:
        changed = repository.change_preferences(
            submission.connection, shopper.user_id, form.preferences
        )
        if "birth_year" in form.model_fields_set:
            repository.change_birth_year(submission.connection, shopper.user_id, form.birth_year)
        if changed:
            submission.events.append(_new_user_event(changed))
        answer = submission.lead_to(url_for("accounts.preferences"))
    flash("Your preferences have been saved.", "success")
    return answer


def _account_of(email: str, password: str) -> Shopper | None:
    """The account with this address, if this is its password."""
    database = Services.of_this_app().database
    with database.reading() as connection:
        known = repository.credentials(connection, email)
    # Verified outside the transaction: Argon2 takes its time and needs no connection.
    if not authentication.is_correct_password(password, known[1] if known else None) or not known:
        return None
    with database.reading() as connection:
        return repository.find(connection, known[0])


def _new_user_event(account: Shopper) -> NewUser:
    return new_user_event(
        account.user_id, account.user_name, account.preferences, account.signup_date
    )


def _sign_up_page(form: FormState) -> str:
    services = Services.of_this_app()
    with services.database.reading() as connection:
        departments = CatalogCounts.of_this_app().departments(
            connection, _CARDS, services.settings.region
        )
    return render_template(
        "accounts/sign_up.html",
        form=form,
        departments=departments,
        max_preferences=MAX_PREFERENCES,
        min_password_length=MIN_PASSWORD_LENGTH,
        next=_next(),
    )


def _log_in_page(form: FormState) -> str:
    services = Services.of_this_app()
    samples: list[repository.SampleShopper] = []
    if services.settings.sample_shoppers:
        with services.database.connection() as connection:
            samples = repository.sample_shoppers(connection, _SAMPLE_SHOPPERS)
    return render_template("accounts/log_in.html", form=form, samples=samples, next=_next())


def _preferences_page(shopper: Shopper, form: FormState) -> str:
    services = Services.of_this_app()
    with services.database.reading() as connection:
        departments = CatalogCounts.of_this_app().departments(
            connection, _CARDS, services.settings.region
        )
    named = {department.name for department in departments}
    kept = [name for name in shopper.preferences if name not in named]
    return render_template(
        "accounts/preferences.html",
        is_owner=shopper.email is not None,
        form=form,
        departments=departments,
        kept=kept,
        chosen=form.values.get("preferences", shopper.preferences),
        max_preferences=MAX_PREFERENCES,
    )


def _next() -> str | None:
    return authentication.safe_redirect_path(request.values.get("next"))
