"""Pages of the cart."""

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import session
from apps.storefront.cart import repository
from apps.storefront.cart.schemas import LARGEST_QUANTITY, LineForm, RemoveForm
from apps.storefront.interactions import events
from apps.storefront.interactions.schemas import Attribution
from apps.storefront.services import Services
from apps.storefront.validation import InvalidFormError, read_form, read_query
from streams.contracts import InteractionType

blueprint = Blueprint("cart", __name__, template_folder="templates")


@blueprint.get("/cart")
def index() -> ResponseReturnValue:
    """The cart."""
    return _page(InvalidFormError({}, {}))


@blueprint.post("/cart")
def add() -> ResponseReturnValue:
    """Put pieces of a product into the cart."""
    shopper = session.shopper()
    services = Services.of_this_app()
    form = read_form(LineForm, request.form)
    attribution = Attribution.of(request.form)
    with services.database.connection() as connection:
        added = repository.add(
            connection, shopper.user_id, form.item_id, form.quantity, attribution
        )
    if added is None:
        abort(404)
    if added:
        services.events.send(
            events.interaction(
                InteractionType.CART, shopper, form.item_id, attribution, quantity=added
            )
        )
        flash("Added to your cart.", "success")
    if added < form.quantity:
        flash(f"You can order at most {LARGEST_QUANTITY} of a product.", "warning")
    return redirect(url_for("cart.index"))


@blueprint.post("/cart/quantity")
def change() -> ResponseReturnValue:
    """Set the quantity of a line; more of a product is an event like adding it."""
    shopper = session.shopper()
    services = Services.of_this_app()
    try:
        form = read_form(LineForm, request.form)
    except InvalidFormError as mistakes:
        return _page(mistakes), 422
    with services.database.connection() as connection:
        growth = repository.change(connection, shopper.user_id, form.item_id, form.quantity)
    if growth is None:
        abort(404)
    if growth > 0:
        services.events.send(
            events.interaction(
                InteractionType.CART,
                shopper,
                form.item_id,
                Attribution(surface="cart"),
                quantity=growth,
            )
        )
    flash("The quantity has been updated.", "success")
    return redirect(url_for("cart.index"))


@blueprint.post("/cart/remove")
def remove() -> ResponseReturnValue:
    """Take a product out."""
    shopper = session.shopper()
    form = read_query(RemoveForm, request.form)
    with Services.of_this_app().database.connection() as connection:
        repository.remove(connection, shopper.user_id, form.item_id)
    flash("The product has been removed.", "success")
    return redirect(url_for("cart.index"))


def _page(mistakes: InvalidFormError) -> str:
    shopper = session.shopper()
    with Services.of_this_app().database.connection() as connection:
        lines = repository.lines(connection, shopper.user_id)
    return render_template(
        "cart/index.html",
        lines=lines,
        total=sum(line.price * line.quantity for line in lines if line.price is not None),
        open_prices=any(line.price is None for line in lines),
        largest=LARGEST_QUANTITY,
        mistakes=mistakes,
    )
