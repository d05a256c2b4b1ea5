import csv
from decimal import Decimal
from pathlib import Path

import pytest

from ml.data.amazon import COLLECTED_AT, AmazonShop, MergedRow, RepairedField, read_amazon
from ml.data.amazon.fields import count, fraction, price, split_texts, stars
from streams.errors import ContractError

ROW = {
    "product_id": "B01",
    "product_name": "Kettle",
    "category": "Home|Kitchen|Kettles",
    "discounted_price": "₹1,099",
    "actual_price": "₹2,198.50",
    "discount_percentage": "50%",
    "rating": "4.2",
    "rating_count": "24,269",
    "about_product": "Boils water|Quickly",
    "user_id": "U1,U2",
    "user_name": "Ada,Ben",
    "review_id": "R1,R2",
    "review_title": "Good,Bad, very bad",
    "review_content": "I like it,It broke",
    "img_link": "https://example.org/1.jpg",
    "product_link": "https://example.org/1",
}


def read(folder: Path, *rows: dict[str, str]) -> AmazonShop:
    path = folder / "products.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return read_amazon(path)


def notes(shop: AmazonShop) -> list[tuple[int, str]]:
    return [(note.line, note.field) for note in shop.repaired]


def test_a_clean_row_becomes_a_product_its_reviewers_and_their_ratings(tmp_path: Path) -> None:
    shop = read(tmp_path, ROW)
    assert (shop.rejected, shop.repaired, shop.merged) == ([], [], [])
    [product] = shop.products
    assert (product.item_id, product.category) == ("B01", "Home|Kitchen|Kettles")
    assert (product.discounted_price, product.actual_price) == (Decimal(1_099), Decimal("2198.5"))
    assert product.discount_percentage == 0.5
    assert (product.rating, product.rating_count) == (4.2, 24_269)
    assert [(u.user_id, u.user_name, u.preferences) for u in shop.users] == [
        ("U1", "Ada", "Home"),
        ("U2", "Ben", "Home"),
    ]
    ratings = {e.user_id: (e.rating, e.review_title, e.review_content) for e in shop.interactions}
    assert ratings == {"U1": (4.0, "Good", "I like it"), "U2": (4.0, "Bad, very bad", "It broke")}


def test_arrival_precedes_sign_up_which_precedes_the_review(tmp_path: Path) -> None:
    shop = read(tmp_path, ROW)
    signup = {user.user_id: user.signup_date for user in shop.users}
    for event in shop.interactions:
        assert shop.products[0].arrival_date < signup[event.user_id] < event.timestamp
        assert event.timestamp < COLLECTED_AT
    times = [event.timestamp for event in shop.interactions]
    assert times == sorted(times)


def test_reading_twice_gives_the_same_shop(tmp_path: Path) -> None:
    assert read(tmp_path, ROW) == read(tmp_path, ROW)


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("rating", "|"),
        ("rating", "6"),
        ("rating_count", ""),
        ("rating_count", "12.5"),
        ("actual_price", "1.099,00"),
        ("discounted_price", "-5"),
        ("discounted_price", "free"),
        ("discount_percentage", "164%"),
        ("discount_percentage", "0.5"),
    ],
)
def test_an_unreadable_number_is_noted_and_its_value_unknown(
    tmp_path: Path, field: str, text: str
) -> None:
    shop = read(tmp_path, ROW | {field: text, "user_id": "", "review_id": ""})
    assert getattr(shop.products[0], field) is None
    assert notes(shop) == [(2, field)]
    assert shop.repaired[0].source == "products.csv"
    assert shop.repaired[0].reason.endswith("value unknown")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"product_id": ""}, "product_id"),
        ({"product_id": "x" * 129}, "product_id"),
        ({"product_name": " "}, "product_name is empty"),
    ],
)
def test_a_row_without_identity_is_rejected_alone(
    tmp_path: Path, change: dict[str, str], reason: str
) -> None:
    shop = read(tmp_path, ROW | change, ROW)
    assert [product.item_id for product in shop.products] == ["B01"]
    assert [(row.source, row.line) for row in shop.rejected] == [("products.csv", 2)]
    assert reason in shop.rejected[0].reason


def test_a_line_that_is_no_record_is_rejected_with_its_number(tmp_path: Path) -> None:
    path = tmp_path / "products.csv"
    path.write_bytes(
        b"product_id,product_name,category\n"
        b'A,"two\nlines",Home\n'
        b"B,Lamp\n"
        b'C,"Lamp,Home\n'
        b"D,La\xffmp,Home\n"
        b"E,Desk,Office\n"
    )
    shop = read_amazon(path)
    assert [product.item_id for product in shop.products] == ["A", "E"]
    assert [row.line for row in shop.rejected] == [4, 5, 6]
    assert all(note.line == 1 for note in shop.repaired)
    assert len(shop.repaired) == 13


def test_a_duplicate_fills_empty_fields_and_adds_its_reviews(tmp_path: Path) -> None:
    again = ROW | {
        "product_name": "Another name",
        "rating_count": "7",
        "user_id": "U2,U3",
        "user_name": "Ben,Cem",
        "review_id": "R2,R3",
        "review_title": "Bad,Fine",
        "review_content": "It broke,ok",
    }
    shop = read(tmp_path, ROW | {"rating_count": ""}, ROW | {"product_id": "B02"}, again)
    assert shop.merged == [MergedRow(line=4, kept_line=2, item_id="B01")]
    first = shop.products[0]
    assert (first.product_name, first.rating_count) == ("Kettle", 7)
    events = [event for event in shop.interactions if event.item_id == "B01"]
    assert sorted(event.user_id for event in events) == ["U1", "U2", "U3"]
    assert len({event.interaction_id for event in shop.interactions}) == 5


def test_texts_that_cannot_be_split_are_ignored_and_noted(tmp_path: Path) -> None:
    shop = read(tmp_path, ROW | {"review_content": "a,b,c", "user_name": "Ada"})
    assert notes(shop) == [(2, "user_name"), (2, "review_content")]
    assert all(event.review_content is None for event in shop.interactions)
    assert [user.user_name for user in shop.users] == ["Shopper U1", "Shopper U2"]


def test_reviews_without_their_users_are_ignored_and_noted(tmp_path: Path) -> None:
    shop = read(tmp_path, ROW | {"review_id": "R1"})
    assert (shop.users, shop.interactions) == ([], [])
    assert shop.repaired == [
        RepairedField(
            "products.csv", 2, "review_id", "1 review ids, but 2 user ids: reviews ignored"
        )
    ]


def test_a_review_without_a_user_is_ignored_alone(tmp_path: Path) -> None:
    shop = read(tmp_path, ROW | {"user_id": "U1,"})
    assert [user.user_id for user in shop.users] == ["U1"]
    assert notes(shop) == [(2, "review_id")]


def test_reviews_of_a_product_without_rating_are_ignored_but_not_their_users(
    tmp_path: Path,
) -> None:
    shop = read(tmp_path, ROW | {"rating": "|"})
    assert shop.interactions == []
    assert len(shop.users) == 2
    assert [note.reason for note in shop.repaired][-1].startswith("2 reviews ignored")


def test_overlong_texts_are_truncated_and_noted(tmp_path: Path) -> None:
    shop = read(tmp_path, ROW | {"product_name": "x" * 600, "about_product": "y" * 30_000})
    assert len(shop.products[0].product_name) == 512
    assert len(shop.products[0].about_product) == 20_000
    assert notes(shop) == [(2, "product_name"), (2, "about_product")]


def test_preferences_are_the_departments_reviewed_most(tmp_path: Path) -> None:
    rows = [
        ROW | {"product_id": f"B{at}", "category": f"{name}|x", "review_id": f"R{at},S{at}"}
        for at, name in enumerate("CCCBBADEFG")
    ]
    shop = read(tmp_path, *rows)
    assert shop.users[0].preferences == "C|B|A|D|E"


def test_a_table_without_its_columns_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="lacks the columns product_id, category; it has id"):
        read(tmp_path, {"id": "1", "product_name": "Kettle"})


def test_amounts() -> None:
    assert price("₹1,39,900") == 139_900
    assert price("$ 12.50") == 12.5
    assert price("1,000,000 €") == 1_000_000
    assert price("£7") == 7
    assert fraction("9%") == 0.09
    assert count("2,42,269") == 242_269
    assert stars("4") == 4.0
    for wrong in ("", "399,00", "1,09", "₹", "12 34", "1e3", "9" * 16, "٣"):
        with pytest.raises(ValueError, match=r"not|too large"):
            price(wrong)


def test_texts_of_a_list_may_contain_commas() -> None:
    assert split_texts("a,b,c", 3) == ["a", "b", "c"]
    assert split_texts("a, really,b", 2) == ["a, really", "b"]
    assert split_texts("a, really,b", 3) == ["a", "really", "b"]
    assert split_texts("a,b,c", 1) == ["a,b,c"]
    assert split_texts("a,b,c", 2) is None


def test_the_real_table_is_read_with_its_errors(real_data: Path) -> None:
    shop = read_amazon(real_data / "amazon-sales" / "amazon.csv")
    assert shop.rejected == []
    assert len(shop.products) == 1_351
    assert len(shop.merged) == 114
    assert len(shop.products) + len(shop.merged) == 1_465
    unknown = [note for note in shop.repaired if note.reason.endswith("value unknown")]
    assert {(note.line, note.field) for note in unknown} == {
        (1281, "rating"),
        (284, "rating_count"),
        (326, "rating_count"),
    }
    assert len({product.category for product in shop.products}) == 211
    assert all(product.actual_price and product.discounted_price for product in shop.products)
    assert len(shop.users) == 9_050
    assert len(shop.interactions) == 10_597
    assert len({event.interaction_id for event in shop.interactions}) == 10_597
