"""The catalogue for other programs."""

from flask.typing import ResponseReturnValue
from werkzeug.exceptions import NotFound

from apps.storefront.api.contracts import Blueprint
from apps.storefront.api.items.schemas import Item, ItemPage, ItemPageQuery, ItemRows
from apps.storefront.api.keys.authentication import auth
from apps.storefront.api.keys.scope import Scope
from apps.storefront.api.rows import CheckedRows, CheckedRowsAnswer
from apps.storefront.catalog import repository as catalog
from apps.storefront.catalog.availability_repository import set_hidden
from apps.storefront.catalog.repository import PicturedProduct
from apps.storefront.pictures.picture import image_url
from apps.storefront.services import Services
from streams.contracts import Product

blueprint = Blueprint("api_items", __name__, tag="Items", url_prefix="/items")


@blueprint.get("")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_READ])
@blueprint.input(ItemPageQuery, location="query")
@blueprint.output(ItemPage)
def page(query_data: ItemPageQuery) -> ItemPage:
    """Part of the catalogue.

    Items are in the order of their ids. To read all, send `next` of each page as `after` of the
    next one.
    """
    with Services.of_this_app().database.connection() as connection:
        found = catalog.page(
            connection,
            after=query_data.after,
            category=query_data.category,
            limit=query_data.limit + 1,
        )
    items = [_item(product) for product in found[: query_data.limit]]
    return ItemPage(items=items, next=items[-1].item_id if len(found) > len(items) else None)


@blueprint.get("/<path:item_id>")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_READ])
@blueprint.output(Item)
def one(item_id: str) -> Item:
    """One item."""
    with Services.of_this_app().database.connection() as connection:
        found = catalog.contents(connection, item_id)
    if found is None:
        raise NotFound("The catalogue has no such item.")
    return _item(found)


@blueprint.delete("/<path:item_id>")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_WRITE])
@blueprint.output({}, status_code=204)
def withdraw(item_id: str) -> ResponseReturnValue:
    """Take an item out of lists and search.

    What was done with it stays, and so does the item, hidden: it can be asked for by its id, and
    sending it again does not put it back. To withdraw it once more changes nothing.
    """
    with Services.of_this_app().database.connection() as connection:
        if set_hidden(connection, item_id, hidden=True) is None:
            raise NotFound("The catalogue has no such item.")
    return "", 204


@blueprint.post("/bulk")
@blueprint.auth_required(auth, roles=[Scope.ITEMS_WRITE])
@blueprint.input(ItemRows)
@blueprint.output(CheckedRowsAnswer)
def store(json_data: CheckedRows[Product]) -> CheckedRowsAnswer:
    """Add items or bring them up to date.

    A row replaces all that the catalogue has of the item with its id; of two rows with one id the
    last one counts. Rows that break the contract are left out and reported.
    """
    with Services.of_this_app().database.connection() as connection:
        catalog.upsert_products(connection, json_data.valid)
    return CheckedRowsAnswer.of(json_data)


def _item(product: PicturedProduct) -> Item:
    fields = dict(product)
    return Item.model_construct(image_url=image_url(fields.pop("picture")), **fields)
