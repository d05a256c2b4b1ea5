"""A shelf: a few products in a row on a page, under words that say why they are there."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from apps.storefront.catalog.repository import ListedProduct
from apps.storefront.events.impressions import note_list


@dataclass(frozen=True, slots=True)
class Shelf:
    """Products in their order; what is empty is not shown."""

    title: str
    surface: str
    """As the links of its products say, and its impressions."""
    products: Sequence[ListedProduct]
    reason: str = ""
    """More about why they are there; true of each of them."""
    model_version: str | None = None
    """The version that chose them; None: no model did."""

    def note(self) -> None:
        """Note that the page of this request shows it."""
        item_ids = [product.item_id for product in self.products]
        note_list(self.surface, item_ids, model_version=self.model_version)


@dataclass(frozen=True, slots=True)
class ShelfPlan:
    """A shelf before its products have been looked up: the shop may not sell all of them."""

    title: str
    surface: str
    item_ids: Sequence[str]
    reason: str = ""
    """`{shoppers}` in it stands for the smallest number of `shoppers` of what is shown."""
    model_version: str | None = None
    shoppers: Mapping[str, int] = field(default_factory=dict)
    """By item."""

    def filled(
        self, known: Mapping[str, ListedProduct], limit: int, without: Collection[str]
    ) -> Shelf:
        """The shelf of the first `limit` that are known."""
        shown = [item for item in self.item_ids if item in known and item not in without][:limit]
        support = min((self.shoppers[item] for item in shown if item in self.shoppers), default=0)
        return Shelf(
            self.title,
            self.surface,
            [known[item] for item in shown],
            self.reason.format(shoppers=support),
            self.model_version,
        )


def filled_shelves(
    plans: Sequence[ShelfPlan],
    known: Mapping[str, ListedProduct],
    limit: int,
    *,
    shown: Collection[str] = (),
) -> list[Shelf]:
    """The shelves of a page that are not empty; they are noted as shown.

    No product is on a page twice: an earlier shelf has it.

    Args:
        plans: in the order of the page.
        known: the products that the shop sells, by id.
        limit: products of a shelf at most.
        shown: what the page has elsewhere.
    """
    taken = set(shown)
    shelves = []
    for plan in plans:
        shelf = plan.filled(known, limit, taken)
        if shelf.products:
            taken.update(product.item_id for product in shelf.products)
            shelf.note()
            shelves.append(shelf)
    return shelves
