"""Buying, and what was bought."""

from collections.abc import Sequence
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from psycopg import Connection

from apps.storefront.accounts import session
from apps.storefront.accounts.shopper import Shopper
from apps.storefront.cart.schemas import LineForm
from apps.storefront.interactions import events
from apps.storefront.interactions.schemas import Attribution
from apps.storefront.orders import repository
from apps.storefront.orders.schemas import HistoryQuery
from apps.storefront.services import Services
from apps.storefront.validation import read_form, read_query
from streams.contracts import InteractionType, new_id

blueprint = Blueprint("orders", __name__, template_folder="templates")

_PAGE_SIZE = 10


@blueprint.post("/orders")
def check_out() -> ResponseReturnValue:
    """Buy what is in the cart."""
    shopper = session.shopper()
    services = Services.of_this_app()
    with services.database.connection() as connection:
        purchases = repository.take_cart(connection, shopper.user_id)
        order_id = _place(connection, shopper, purchases)
    if order_id is None:
        flash("Your cart is empty.", "warning")
        return redirect(url_for("cart.index"))
    services.events.announce()
    return redirect(url_for("orders.order", order_id=order_id, placed=1))


@blueprint.post("/orders/now")
def buy_now() -> ResponseReturnValue:
    """Buy one product, leaving the cart as it is."""
    shopper = session.shopper()
    services = Services.of_this_app()
    form = read_form(LineForm, request.form)
    with services.database.connection() as connection:
        purchases = repository.single(
            connection, form.item_id, form.quantity, Attribution.of(request.form)
        )
        order_id = _place(connection, shopper, purchases)
    if order_id is None:
        abort(404)
    services.events.announce()
    return redirect(url_for("orders.order", order_id=order_id, placed=1))


def _place(
    connection: Connection, shopper: Shopper, purchases: Sequence[repository.Purchase]
) -> UUID | None:
    """Write an order and its events in the caller's one transaction."""
    if not purchases:
        return None
    order_id = new_id()
    repository.place(connection, order_id, shopper.user_id, purchases)
    Services.of_this_app().events.store(
        connection,
        [
            events.interaction(
                InteractionType.PURCHASE,
                shopper,
                bought.item_id,
                bought.attribution,
                quantity=bought.quantity,
            )
            for bought in purchases
        ],
    )
    return order_id


@blueprint.get("/orders")
def history() -> ResponseReturnValue:
    """The purchase history."""
    shopper = session.shopper()
    query = read_query(HistoryQuery, request.args)
    with Services.of_this_app().database.connection() as connection:
        orders = repository.history(
            connection,
            shopper.user_id,
            limit=_PAGE_SIZE + 1,
            offset=(query.page - 1) * _PAGE_SIZE,
        )
    return render_template(
        "orders/history.html",
        orders=orders[:_PAGE_SIZE],
        page=query.page,
        has_more=len(orders) > _PAGE_SIZE,
    )


@blueprint.get("/orders/<uuid:order_id>")
def order(order_id: UUID) -> ResponseReturnValue:
    """One order of the shopper."""
    shopper = session.shopper()
    with Services.of_this_app().database.connection() as connection:
        found = repository.find(connection, shopper.user_id, order_id)
    if found is None:
        abort(404)
    return render_template("orders/order.html", order=found, is_new="placed" in request.args)
