"""Pages of the cart."""

from decimal import Decimal

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import authentication
from apps.storefront.cart import repository
from apps.storefront.cart.schemas import MAX_QUANTITY, LineForm, RemoveForm, most_of_a_product
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.availability_repository import orderable
from apps.storefront.events.activity import interaction
from apps.storefront.events.attribution import Attribution
from apps.storefront.forms import FormState, read_form, read_or_abort
from apps.storefront.recommendations.shelf import filled_shelves
from apps.storefront.recommendations.shelves import SHELF_LENGTH, bought_with_cart
from apps.storefront.services import Services
from apps.storefront.submissions.submission import Submission, submitted_once
from streams.contracts import Interaction, InteractionType

blueprint = Blueprint("cart", __name__, template_folder="templates")


@blueprint.get("/cart")
def index() -> ResponseReturnValue:
    """The cart."""
    return _page(FormState())


@blueprint.post("/cart")
def add() -> ResponseReturnValue:
    """Put a quantity of a product into the cart."""
    shopper = authentication.shopper()
    form = read_or_abort(LineForm, request.form)
    attribution = Attribution.of(request.form)
    with submitted_once(shopper.user_id) as submission:
        done = repository.add(
            submission.connection,
            shopper.user_id,
            form.item_id,
            form.quantity,
            attribution,
            region=Services.of_this_app().settings.region,
        )
        if done is None:
            abort(404)
        if done.added:
            submission.events.append(
                _cart_event(submission, shopper.user_id, form.item_id, attribution, done.added)
            )
        answer = submission.lead_to(
            url_for("cart.index") if done.most else url_for("product.index", item_id=form.item_id)
        )
    if done.added:
        flash("Added to your cart.", "success")
    if done.added < form.quantity:
        flash(most_of_a_product(done.most), "warning")
    return answer


@blueprint.post("/cart/quantity")
def change() -> ResponseReturnValue:
    """Set the quantity of a line; more of a product is an event like adding it."""
    services = Services.of_this_app()
    shopper = authentication.shopper()
    form = read_form(LineForm, request.form)
    if isinstance(form, FormState):
        return _page(form), 422
    with services.database.connection() as connection:
        most = orderable(connection, form.item_id, services.settings.region)
    if most is None:
        abort(404)
    if form.quantity > most:
        shown = FormState(form.model_dump(), {"quantity": most_of_a_product(most)})
        return _page(shown), 422
    with submitted_once(shopper.user_id) as submission:
        growth = repository.change(
            submission.connection, shopper.user_id, form.item_id, form.quantity
        )
        if growth is None:
            abort(404)
        if growth > 0:
            attribution = Attribution(surface="cart")
            submission.events.append(
                _cart_event(submission, shopper.user_id, form.item_id, attribution, growth)
            )
        answer = submission.lead_to(url_for("cart.index"))
    flash("The quantity has been updated.", "success")
    return answer


@blueprint.post("/cart/remove")
def remove() -> ResponseReturnValue:
    """Take a product out."""
    shopper = authentication.shopper()
    form = read_or_abort(RemoveForm, request.form)
    with submitted_once(shopper.user_id) as submission:
        repository.remove(submission.connection, shopper.user_id, form.item_id)
        answer = submission.lead_to(url_for("cart.index"))
    flash("The product has been removed.", "success")
    return answer


def _cart_event(
    submission: Submission, user_id: str, item_id: str, attribution: Attribution, quantity: int
) -> Interaction:
    kind = InteractionType.CART
    return interaction(
        kind,
        user_id,
        item_id,
        attribution,
        interaction_id=submission.interaction_id(kind, item_id),
        quantity=quantity,
    )


def _page(form: FormState) -> str:
    services = Services.of_this_app()
    shopper = authentication.shopper()
    region = services.settings.region
    with services.database.reading() as connection:
        lines = repository.lines(connection, shopper.user_id, region=region)
        in_cart = [line.item_id for line in lines]
        plan = bought_with_cart(services.recommender, in_cart)
        known = catalog.by_id(connection, plan.item_ids, region=region)
    return render_template(
        "cart/index.html",
        lines=lines,
        total=sum((line.price * line.quantity for line in lines if line.price), Decimal(0)),
        open_prices=any(line.price is None for line in lines),
        has_shortage=any(line.is_short for line in lines),
        max_quantity=MAX_QUANTITY,
        shelves=filled_shelves([plan], known, SHELF_LENGTH, shown=in_cart),
        form=form,
    )
