"""Rating a product."""

from flask import Blueprint, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from apps.storefront.accounts import session
from apps.storefront.catalog.routes import product_page
from apps.storefront.interactions import events
from apps.storefront.interactions.schemas import Attribution
from apps.storefront.reviews import repository
from apps.storefront.reviews.schemas import RatingForm
from apps.storefront.services import Services
from apps.storefront.validation import InvalidFormError, read_form
from streams.contracts import InteractionType

blueprint = Blueprint("reviews", __name__)


@blueprint.post("/reviews")
def rate() -> ResponseReturnValue:
    """Keep the shopper's rating and publish it."""
    shopper = session.shopper()
    services = Services.of_this_app()
    try:
        form = read_form(RatingForm, request.form)
    except InvalidFormError as mistakes:
        if "item_id" in mistakes.messages:
            raise
        return product_page(request.form["item_id"], mistakes), 422
    with services.database.connection() as connection:
        if not repository.save(connection, shopper.user_id, form):
            abort(404)
    services.events.send(
        events.interaction(
            InteractionType.RATE,
            shopper,
            form.item_id,
            Attribution.of(request.form),
            rating=form.rating,
            review_title=form.title,
            review_content=form.content,
        )
    )
    flash("Thank you. Your rating has been saved.", "success")
    return redirect(url_for("catalog.product", item_id=form.item_id, rated=1))
