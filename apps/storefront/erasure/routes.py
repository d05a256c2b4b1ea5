"""The page on which shoppers delete their accounts."""

from flask import Blueprint, abort, flash, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import logout_user

from apps.storefront.accounts import authentication
from apps.storefront.accounts import repository as accounts
from apps.storefront.accounts.repository import Shopper
from apps.storefront.erasure.erasing import erase
from apps.storefront.erasure.schemas import DeleteAccountForm
from apps.storefront.forms import FormState, read_form
from apps.storefront.security import limiter, log_in_limit
from apps.storefront.services import Services
from apps.storefront.submissions.submission import submitted_once

blueprint = Blueprint("erasure", __name__, template_folder="templates")


@blueprint.get("/account/delete")
def confirm() -> ResponseReturnValue:
    """What deleting the account means, and the form for it."""
    _owner()
    return _page(FormState())


@blueprint.post("/account/delete")
@limiter.limit(log_in_limit)
def delete() -> ResponseReturnValue:
    """Delete the account, if the password is right."""
    owner = _owner()
    form = read_form(DeleteAccountForm, request.form)
    if isinstance(form, FormState):
        return _page(form), 422
    services = Services.of_this_app()
    with services.database.connection() as connection:
        known = accounts.credentials(connection, owner.email or "")
    # Verified outside the transaction: Argon2 takes its time and needs no connection.
    if not authentication.is_correct_password(form.password, known[1] if known else None):
        return _page(FormState({}, {"password": "The password is wrong."})), 422
    with submitted_once(owner.user_id) as submission:
        erase(submission.connection, owner.user_id)
        answer = submission.lead_to(url_for("home.index"))
    services.events.announce()
    logout_user()
    session.clear()
    flash("Your account has been deleted.", "success")
    return answer


def _owner() -> Shopper:
    """The shopper who is logged in; a sample shopper is everybody's, so nobody may delete it."""
    shopper = authentication.shopper()
    if shopper.email is None:
        abort(404)
    return shopper


def _page(form: FormState) -> str:
    return render_template("erasure/delete_account.html", form=form)
