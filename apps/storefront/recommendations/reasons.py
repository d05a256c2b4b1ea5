"""Why a product is recommended, in words that are true of it and of the shopper."""

from collections.abc import Mapping, Sequence

from apps.storefront.catalog.label import label
from ml.serving.chain.candidates import Candidate, ReasonKind

_ABOUT_ITEM = {
    ReasonKind.VIEWED: "Because you looked at {}",
    ReasonKind.CARTED: "Because you added {} to your cart",
    ReasonKind.BOUGHT: "Because you bought {}",
    ReasonKind.BOUGHT_TOGETHER: "Others who bought {} bought this",
}
_ALONE = {
    ReasonKind.SEEN_BEFORE: "You looked at this before",
    ReasonKind.NEW: "New in the shop",
    ReasonKind.PROMOTED: "Promoted",
}


def named_items(candidates: Sequence[Candidate]) -> list[str]:
    """The items whose names the words need."""
    return [each.reason.about for each in candidates if each.reason.kind in _ABOUT_ITEM]


def words(candidates: Sequence[Candidate], names: Mapping[str, str]) -> dict[str, str]:
    """The reason of each item that has one of its own, by item id.

    Args:
        candidates: of a list.
        names: of the products that `named_items` names; what the shop no longer has is lacking.
    """
    found = {}
    for each in candidates:
        kind, about = each.reason.kind, each.reason.about
        if kind in _ABOUT_ITEM and about in names:
            found[each.item_id] = _ABOUT_ITEM[kind].format(names[about])
        elif kind is ReasonKind.PREFERENCE:
            found[each.item_id] = f"You like {label(about)}"
        elif kind in _ALONE:
            found[each.item_id] = _ALONE[kind]
    return found
