from urllib.parse import parse_qsl, urlsplit

import pytest
from flask import Flask
from pydantic import ValidationError

from apps.storefront.events.attribution import Attribution
from apps.storefront.presentation import product_url


def test_a_link_of_ours_is_read_back_as_it_was_written() -> None:
    written = Attribution(
        surface="home", position=3, model_version="20261101-7f", experiment="nightly:b"
    )
    assert Attribution.of(written.parameters) == written


def test_a_view_from_a_search_with_a_picture_is_known_as_one(lonely_shop: Flask) -> None:
    with lonely_shop.test_request_context():
        link = urlsplit(product_url("p1", surface="image_search", position=2))
    assert Attribution.of(dict(parse_qsl(link.query))) == Attribution(
        surface="image_search", position=2
    )


def test_a_page_whose_lists_nobody_would_know_again_makes_no_links(lonely_shop: Flask) -> None:
    with lonely_shop.test_request_context(), pytest.raises(ValidationError, match="surface"):
        product_url("p1", surface="a new page", position=2)


def test_nothing_in_the_link_is_no_attribution() -> None:
    assert Attribution.of({"from": "", "unrelated": "1"}) == Attribution()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("from", "homepage"),
        ("from", "home\n"),
        ("from", "<script>"),
        ("pos", "-1"),
        ("pos", "1001"),
        ("pos", "three"),
        ("pos", "1e9"),
        ("v", "a b"),
        ("v", "v" * 65),
        ("v", "\x00"),
        ("x", "nightly b"),
        ("x", "x" * 65),
    ],
)
def test_a_bad_value_is_ignored_and_the_others_stay(name: str, value: str) -> None:
    good = {"from": "search", "pos": "2", "v": "v1", "x": "nightly:a"}
    read = Attribution.of({**good, name: value}).parameters
    assert name not in read
    assert read == {
        key: int(text) if key == "pos" else text for key, text in good.items() if key != name
    }
