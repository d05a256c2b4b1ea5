from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from ml.serving import filters
from ml.serving.filters import Shopper, apply_filters, not_seen, search_filtered
from support.interactions import interaction

CATALOGUE = [f"i{number}" for number in range(100)]
SOMEONE = Shopper(
    "u",
    history=[interaction("u", item, "view", datetime.now(UTC)) for item in ("i0", "i2", "i2")],
)


def _only_the_last_ten(item_ids: Sequence[str], _shopper: Shopper) -> list[str]:
    return [item for item in item_ids if item in CATALOGUE[-10:]]


class Search:
    """A search of the catalogue that notes how many items it is asked for."""

    def __init__(self) -> None:
        self.wanted: list[int] = []

    def __call__(self, wanted: int) -> list[str]:
        self.wanted.append(wanted)
        return CATALOGUE[:wanted]


def test_what_the_shopper_saw_is_left_out_in_order() -> None:
    assert not_seen(["i3", "i2", "i1", "i0"], SOMEONE) == ["i3", "i1"]


def test_a_visitor_has_seen_nothing() -> None:
    assert apply_filters(["i1", "i0"], Shopper(None)) == ("i1", "i0")


def test_every_filter_is_applied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "FILTERS", (not_seen, _only_the_last_ten))
    assert apply_filters(["i99", "i0", "i95", "i3"], SOMEONE) == ("i99", "i95")


def test_one_search_fills_a_list_beside_the_history() -> None:
    search = Search()
    assert search_filtered(search, SOMEONE, 3) == ("i1", "i3", "i4")
    assert search.wanted == [6]


def test_a_filter_that_removes_most_items_does_not_starve_the_list(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(filters, "FILTERS", (not_seen, _only_the_last_ten))
    search = Search()
    assert search_filtered(search, SOMEONE, 3) == ("i90", "i91", "i92")
    assert search.wanted == [6, 24, 96]


def test_a_list_ends_where_the_search_has_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(filters, "FILTERS", (_only_the_last_ten,))
    assert search_filtered(Search(), SOMEONE, 20) == tuple(CATALOGUE[-10:])
