import pytest
from werkzeug.datastructures import MultiDict

from apps.storefront.accounts.schemas import PreferencesForm
from apps.storefront.cart.schemas import LineForm
from apps.storefront.catalog.orders import Sort
from apps.storefront.forms import FormState, read_form
from apps.storefront.reviews.schemas import RatingForm
from apps.storefront.search.schemas import CatalogQuery


@pytest.mark.parametrize(
    ("quantity", "why"),
    [
        ("0", "Enter 1 or more."),
        ("-3", "Enter 1 or more."),
        ("100", "Enter 99 or less."),
        ("two", "Enter a whole number."),
        ("1.5", "Enter a whole number."),
        ("", "Enter a whole number."),
    ],
)
def test_a_wrong_quantity_is_explained_and_kept(quantity: str, why: str) -> None:
    form = read_form(LineForm, MultiDict({"item_id": "a", "quantity": quantity}))
    assert isinstance(form, FormState)
    assert form.errors == {"quantity": why}
    assert form.values["quantity"] == quantity


@pytest.mark.parametrize(
    ("rating", "why"),
    [
        ("0.5", "Enter 1 or more."),
        ("5.5", "Enter 5 or less."),
        ("3.3", "Choose whole or half stars."),
        ("nan", None),
        ("many", "Enter a number."),
    ],
)
def test_only_whole_and_half_stars_from_1_to_5_count(rating: str, why: str | None) -> None:
    form = read_form(RatingForm, MultiDict({"item_id": "a", "rating": rating}))
    assert isinstance(form, FormState)
    assert set(form.errors) == {"rating"}
    if why:
        assert form.errors["rating"] == why


def test_half_stars_are_read() -> None:
    form = read_form(RatingForm, MultiDict({"item_id": "a", "rating": "4.5"}))
    assert isinstance(form, RatingForm)
    assert form.rating == 4.5


def test_all_values_of_a_list_are_read() -> None:
    sent = MultiDict([("preferences", "Books"), ("preferences", "Pets")])
    form, empty = read_form(PreferencesForm, sent), read_form(PreferencesForm, MultiDict())
    assert isinstance(form, PreferencesForm)
    assert tuple(form.preferences) == ("Books", "Pets")
    assert isinstance(empty, PreferencesForm)
    assert tuple(empty.preferences) == ()


def test_a_search_is_ordered_by_relevance_and_a_listing_by_arrival() -> None:
    assert CatalogQuery(q="lamp").order is Sort.RELEVANCE
    assert CatalogQuery().order is Sort.POPULAR
    assert CatalogQuery(sort=Sort.RELEVANCE).order is Sort.POPULAR
    assert Sort.RELEVANCE not in CatalogQuery().orders


def test_a_link_keeps_the_query_and_starts_at_the_first_page() -> None:
    query = CatalogQuery(q="lamp", category="Home", sort=Sort.RATING, page=4)
    assert query.link(category=None) == {"q": "lamp", "sort": "rating"}
    assert query.link(page=5)["page"] == 5
