"""The page of a product: looking at it, and rating it."""

from flask import Blueprint, abort, flash, render_template, request, url_for
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError

from apps.storefront.accounts import authentication
from apps.storefront.events.activity import interaction
from apps.storefront.events.attribution import Attribution
from apps.storefront.events.audience import is_seen
from apps.storefront.events.guest_history import note_view
from apps.storefront.forms import FormState, read_form
from apps.storefront.product.page import ProductPage
from apps.storefront.reviews import repository as reviews
from apps.storefront.reviews.schemas import RatingForm
from apps.storefront.services import Services
from apps.storefront.submissions.submission import submitted_once
from streams.contracts import InteractionType
from streams.contracts.text import Key

blueprint = Blueprint("product", __name__, template_folder="templates")

_ITEM_ID: TypeAdapter[str] = TypeAdapter(Key)


@blueprint.get("/products/<path:item_id>")
def index(item_id: str) -> ResponseReturnValue:
    """One product; looking at it is an event."""
    page = _page(item_id, FormState())
    shopper = authentication.visitor()
    if not _is_looked_at():
        return page
    if shopper is None:
        note_view(item_id)
    else:
        view = interaction(
            InteractionType.VIEW, shopper.user_id, item_id, Attribution.of(request.args)
        )
        Services.of_this_app().events.send(view)
    return page


@blueprint.post("/reviews")
def rate() -> ResponseReturnValue:
    """Keep the shopper's rating and publish it."""
    shopper = authentication.shopper()
    form = read_form(RatingForm, request.form)
    if isinstance(form, FormState):
        if "item_id" in form.errors:
            abort(400, form.errors["item_id"])
        return _page(request.form["item_id"], form), 422
    kind = InteractionType.RATE
    with submitted_once(shopper.user_id) as submission:
        if not reviews.save(submission.connection, shopper.user_id, form):
            abort(404)
        submission.events.append(
            interaction(
                kind,
                shopper.user_id,
                form.item_id,
                Attribution.of(request.form),
                interaction_id=submission.interaction_id(kind, form.item_id),
                rating=form.rating,
                review_title=form.title,
                review_content=form.content,
            )
        )
        answer = submission.lead_to(url_for("product.index", item_id=form.item_id, rated=1))
    flash("Thank you. Your rating has been saved.", "success")
    return answer


def _page(item_id: str, form: FormState) -> str:
    shopper = authentication.visitor()
    try:
        _ITEM_ID.validate_python(item_id)
    except ValidationError:  # no product can have this id
        abort(404)
    services = Services.of_this_app()
    with services.database.reading() as connection:
        page = ProductPage.load(
            connection,
            item_id,
            shopper.user_id if shopper else None,
            Attribution.of(request.values),
            services.recommender,
            region=services.settings.region,
        )
    if page is None:
        abort(404, "We do not sell this product.")
    return render_template("product/index.html", page=page, form=form)


def _is_looked_at() -> bool:
    """Whether this request shows the product to the shopper, who chose to see it.

    After a rating the shopper sees the page again without choosing it: a view there would become a
    negative verdict.
    """
    return is_seen(request) and "rated" not in request.args
