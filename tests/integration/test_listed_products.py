"""What a worker remembers of products is what the shop has of them."""

import time
from collections.abc import Iterator

import psycopg
import pytest

from apps.storefront.catalog import listed_products
from apps.storefront.catalog.listed_products import ListedProducts
from streams.database import Database

pytestmark = pytest.mark.integration


@pytest.fixture
def products(stocked: str) -> Iterator[ListedProducts]:
    database = Database(stocked, connections=2, timeout=5)
    yield ListedProducts(database, None)
    database.close()


def _change(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


def _names(products: ListedProducts, *item_ids: str) -> dict[str, str]:
    return {item: each.product_name for item, each in products.by_id(item_ids).items()}


def test_what_is_remembered_is_not_read_again(
    products: ListedProducts, monkeypatch: pytest.MonkeyPatch
) -> None:
    products.look()
    before = products.by_id(["p0", "p1", "nothing"])
    assert before.keys() == {"p0", "p1"}
    monkeypatch.setattr(Database, "reading", None)
    assert products.by_id(["p1", "p0"]) == before


def test_what_is_read_ahead_needs_no_query(
    products: ListedProducts, stocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_products, "_READ_AHEAD", 3)
    _change(stocked, "update shop.products set hidden = true where item_id = 'p3'")
    with psycopg.connect(stocked) as connection:
        rows = connection.execute("select item_id from shop.products where not hidden")
        listed = {item_id for (item_id,) in rows}
    products.look()
    for _ in range(len(listed) // 3 + 1):
        products.read_ahead()
    monkeypatch.setattr(Database, "reading", None)
    products.read_ahead()  # there are no more
    assert products.by_id(sorted(listed)).keys() == listed


def test_a_change_after_reading_ahead_is_known_after_a_look(
    products: ListedProducts, stocked: str
) -> None:
    products.look()
    products.read_ahead()
    _change(stocked, "update shop.products set product_name = 'New' where item_id = 'p0'")
    products.look()
    assert _names(products, "p0") == {"p0": "New"}
    _change(stocked, "truncate shop.products cascade")
    products.look()
    products.read_ahead()
    assert _names(products, "p0") == {}


def test_no_more_is_read_ahead_than_is_remembered(
    products: ListedProducts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listed_products, "_READ_AHEAD", 2)
    monkeypatch.setattr(listed_products, "_MAX_REMEMBERED", 4)
    products.look()
    for _ in range(5):
        products.read_ahead()
    assert len(products._known) == 4


def test_without_a_look_everything_is_read(products: ListedProducts, stocked: str) -> None:
    assert _names(products, "p0") == {"p0": "Product 0"}
    _change(stocked, "update shop.products set product_name = 'New' where item_id = 'p0'")
    assert _names(products, "p0") == {"p0": "New"}


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        ("update shop.products set product_name = 'New' where item_id = 'p0'", {"p0": "New"}),
        ("update shop.products set hidden = true where item_id = 'p0'", {}),
        ("update shop.products set stock = 0 where item_id = 'p0'", {}),
        ("update shop.products set arrival_date = now() + interval '1 day'", {}),
        ("delete from shop.products where item_id = 'p0'", {}),
        ("truncate shop.products cascade", {}),
        (
            "update shop.products set product_name = 'New' where item_id = 'p1'",
            {"p0": "Product 0"},
        ),
    ],
)
def test_a_change_is_known_after_a_look(
    products: ListedProducts, stocked: str, statement: str, left: dict[str, str]
) -> None:
    products.look()
    assert _names(products, "p0") == {"p0": "Product 0"}
    _change(stocked, statement)
    products.look()
    assert _names(products, "p0") == left


def test_a_transaction_that_began_before_the_look_is_not_missed(
    products: ListedProducts, stocked: str
) -> None:
    with psycopg.connect(stocked) as slow:
        slow.execute("update shop.products set product_name = 'Slow' where item_id = 'p0'")
        products.look()
        assert _names(products, "p0") == {"p0": "Product 0"}
        _change(stocked, "update shop.products set product_name = 'Quick' where item_id = 'p1'")
        products.look()
        assert _names(products, "p0", "p1") == {"p0": "Product 0", "p1": "Quick"}
    products.look()
    assert _names(products, "p0") == {"p0": "Slow"}


def test_what_was_read_before_a_look_is_not_remembered_after_it(
    products: ListedProducts, stocked: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    products.look()
    remember = products._remember

    def remember_late(*arguments: object) -> None:
        _change(stocked, "update shop.products set product_name = 'New' where item_id = 'p0'")
        products.look()
        remember(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(products, "_remember", remember_late)
    assert _names(products, "p0") == {"p0": "Product 0"}
    monkeypatch.undo()
    assert _names(products, "p0") == {"p0": "New"}


def test_the_thread_knows_a_change_within_a_second(products: ListedProducts, stocked: str) -> None:
    products.start()
    try:
        time.sleep(0.5)
        assert _names(products, "p0") == {"p0": "Product 0"}
        _change(
            stocked, "update shop.products set actual_price = 7, hidden = true where item_id = 'p0'"
        )
        time.sleep(1)
        assert _names(products, "p0") == {}
    finally:
        products.stop()
