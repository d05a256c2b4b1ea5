from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.data.gorse import FEEDBACK_TYPES, GorseShop, read_gorse
from streams.contracts import InteractionType
from streams.errors import ContractError
from support.gorse import write_dump, write_lines

TYPES = {**FEEDBACK_TYPES, "star": InteractionType.CART}


@pytest.fixture(params=["lines", "dump"])
def source(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    return write_lines(tmp_path) if request.param == "lines" else write_dump(tmp_path / "x.dump")


@pytest.fixture
def shop(source: Path) -> GorseShop:
    return read_gorse(source, TYPES)


def test_items_become_products_without_what_gorse_does_not_know(shop: GorseShop) -> None:
    kettle, lamp = shop.products
    assert (kettle.item_id, kettle.product_name, kettle.category) == ("kettle", "Kettle", "Home")
    assert kettle.about_product == "boils, water"
    assert kettle.arrival_date == datetime(2026, 3, 1, 10, 0, 0, 123456, UTC)
    assert (lamp.product_name, lamp.category, lamp.about_product) == ("lamp", "", "")
    assert lamp.arrival_date == datetime(2026, 3, 2, 8, tzinfo=UTC)
    assert lamp.discounted_price is None


def test_feedback_becomes_interactions_in_the_order_of_time(shop: GorseShop) -> None:
    found = [(each.user_id, each.item_id, each.interaction_type) for each in shop.interactions]
    assert found == [
        ("ben", "lamp", InteractionType.PURCHASE),
        ("ada", "lamp", InteractionType.VIEW),
        ("ada", "kettle", InteractionType.CART),
    ]


def test_users_are_those_who_did_something_since_they_did(shop: GorseShop) -> None:
    found = [(each.user_id, each.user_name, each.signup_date.day) for each in shop.users]
    assert found == [("ben", "Shopper ben", 1), ("ada", "Ada", 2)]


def test_what_is_hidden_or_has_no_instant_is_rejected_with_the_reason(shop: GorseShop) -> None:
    hidden, without_instant = shop.rejected
    assert "hidden" in hidden.reason
    assert "1990" in without_instant.reason
    assert hidden.line in {3, 6}


def test_feedback_of_an_unknown_name_is_rejected(source: Path) -> None:
    rejected = read_gorse(source).rejected
    assert any("'star'" in row.reason for row in rejected)


def test_both_forms_give_the_same_shop_each_time(tmp_path: Path) -> None:
    lines = read_gorse(write_lines(tmp_path), TYPES)
    dump = read_gorse(write_dump(tmp_path / "x.dump"), TYPES)
    assert lines.products == dump.products
    assert lines.users == dump.users
    assert lines.interactions == dump.interactions


@pytest.mark.parametrize("kept", [4, 40, -12])
def test_a_dump_that_was_cut_off_is_refused(tmp_path: Path, kept: int) -> None:
    whole = write_dump(tmp_path / "whole.dump").read_bytes()
    cut = tmp_path / "cut.dump"
    cut.write_bytes(whole[: len(whole) - 19][:kept] if kept < 0 else whole[:kept])
    with pytest.raises(ContractError):
        read_gorse(cut)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "users.csv"
    other.write_text("user_id,labels\n")
    with pytest.raises(ContractError, match="neither a dump"):
        read_gorse(other)


def test_a_folder_without_its_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match=r"items\.jsonl"):
        read_gorse(tmp_path)


def test_a_line_that_cannot_be_read_is_rejected_alone(tmp_path: Path) -> None:
    folder = write_lines(tmp_path)
    with (folder / "items.jsonl").open("a", encoding="utf-8") as file:
        file.write("{\n\n")
    rejected = [row for row in read_gorse(folder, TYPES).rejected if row.source == "items.jsonl"]
    assert [row.line for row in rejected] == [3, 4]
