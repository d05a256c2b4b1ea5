"""Buying, and what was bought."""

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from flask import Blueprint, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, Field

from apps.storefront.accounts import authentication
from apps.storefront.cart.schemas import LineForm, most_of_a_product
from apps.storefront.catalog.listed_products import ListedProducts
from apps.storefront.events.activity import interaction
from apps.storefront.events.attribution import Attribution
from apps.storefront.forms import read_or_abort
from apps.storefront.orders import repository
from apps.storefront.recommendations.shelf import Shelf, ShelfPlan, filled_shelves
from apps.storefront.recommendations.shelves import (
    SHELF_LENGTH,
    bought_with_order,
    buy_again_of,
)
from apps.storefront.services import Services
from apps.storefront.submissions.submission import Submission, submitted_once
from streams.contracts import InteractionType, new_id

blueprint = Blueprint("orders", __name__, template_folder="templates")

_PAGE_SIZE = 10


class HistoryQuery(BaseModel):
    """Which page of the purchase history."""

    page: Annotated[int, Field(ge=1, le=10_000)] = 1


@blueprint.post("/orders")
def check_out() -> ResponseReturnValue:
    """Buy what is in the cart."""
    shopper = authentication.shopper()
    with submitted_once(shopper.user_id) as submission:
        purchases = repository.take_cart(submission.connection, shopper.user_id)
        if not purchases:
            flash("Your cart is empty.", "warning")
            return redirect(url_for("cart.index"))
        if repository.take_stock(submission.connection, purchases, region=_region()) is not None:
            flash("Some of your cart is not available any longer.", "warning")
            return redirect(url_for("cart.index"))
        order_id = _place(submission, shopper.user_id, purchases)
        return submission.lead_to(url_for("orders.order", order_id=order_id, placed=1))


@blueprint.post("/orders/now")
def buy_now() -> ResponseReturnValue:
    """Buy one product, leaving the cart as it is."""
    shopper = authentication.shopper()
    form = read_or_abort(LineForm, request.form)
    with submitted_once(shopper.user_id) as submission:
        purchases = repository.single(
            submission.connection,
            form.item_id,
            form.quantity,
            Attribution.of(request.form),
            region=_region(),
        )
        if not purchases:
            abort(404)
        left = repository.take_stock(submission.connection, purchases, region=_region())
        if left is not None:
            flash(most_of_a_product(left), "warning")
            return redirect(url_for("product.index", item_id=form.item_id))
        order_id = _place(submission, shopper.user_id, purchases)
        return submission.lead_to(url_for("orders.order", order_id=order_id, placed=1))


def _region() -> str | None:
    return Services.of_this_app().settings.region


def _place(submission: Submission, user_id: str, purchases: Sequence[repository.Purchase]) -> UUID:
    """Write an order and its events as the effect of a form."""
    order_id = new_id()
    repository.place(submission.connection, order_id, user_id, purchases)
    kind = InteractionType.PURCHASE
    submission.events.extend(
        interaction(
            kind,
            user_id,
            bought.item_id,
            bought.attribution,
            interaction_id=submission.interaction_id(kind, bought.item_id),
            quantity=bought.quantity,
        )
        for bought in purchases
    )
    return order_id


@blueprint.get("/orders")
def history() -> ResponseReturnValue:
    """The purchase history."""
    shopper = authentication.shopper()
    query = read_or_abort(HistoryQuery, request.args)
    services = Services.of_this_app()
    with services.database.reading() as connection:
        orders = repository.history(
            connection,
            shopper.user_id,
            limit=_PAGE_SIZE + 1,
            offset=(query.page - 1) * _PAGE_SIZE,
        )
    plans = [buy_again_of(services.recommender, shopper.user_id)] if query.page == 1 else []
    return render_template(
        "orders/history.html",
        orders=orders[:_PAGE_SIZE],
        page=query.page,
        has_more=len(orders) > _PAGE_SIZE,
        shelves=_filled(plans),
    )


@blueprint.get("/orders/<uuid:order_id>")
def order(order_id: UUID) -> ResponseReturnValue:
    """One order of the shopper."""
    shopper = authentication.shopper()
    is_new = "placed" in request.args
    services = Services.of_this_app()
    with services.database.reading() as connection:
        found = repository.find(connection, shopper.user_id, order_id)
        if found is None:
            abort(404)
    ordered = [line.item_id for line in found.lines] if is_new else []
    plans = [bought_with_order(services.recommender, ordered)]
    if is_new:
        plans.append(buy_again_of(services.recommender, shopper.user_id))
    return render_template(
        "orders/order.html", order=found, is_new=is_new, shelves=_filled(plans, shown=ordered)
    )


def _filled(plans: Sequence[ShelfPlan], shown: Sequence[str] = ()) -> Sequence[Shelf]:
    """The shelves of a page, by one query at most."""
    wanted = [item_id for plan in plans for item_id in plan.item_ids]
    known = ListedProducts.of_this_app().by_id(wanted)
    return filled_shelves(plans, known, SHELF_LENGTH, shown=shown)
