"""`recsys products cost` and `costs`: what the shop pays for its products."""

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest
from typer.testing import CliRunner, Result

from apps.cli.main import cli
from apps.storefront.catalog.repository import upsert_products
from streams.contracts import Product
from streams.errors import ConfigurationError, ContractError

pytestmark = pytest.mark.integration


@pytest.fixture
def sold(database_url: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A shop that sells p1 to p3, of which p1 costs it 5."""
    with psycopg.connect(database_url) as connection:
        arrival = datetime(2026, 1, 1, tzinfo=UTC)
        names = ("p1", "p2", "p3")
        upsert_products(
            connection,
            [Product(item_id=each, product_name=each, arrival_date=arrival) for each in names],
        )
    monkeypatch.setenv("RECSYS_DATABASE_URL", database_url)
    assert run("cost", "p1", "5").exit_code == 0
    return database_url


def run(*arguments: str) -> Result:
    return CliRunner().invoke(cli, ["products", *arguments])


def costs(database_url: str) -> dict[str, Decimal]:
    with psycopg.connect(database_url) as connection:
        return dict(connection.execute("select item_id, cost from shop.unit_costs").fetchall())


def test_the_cost_of_a_product_is_said_and_forgotten(sold: str) -> None:
    assert run("cost", "p2", "7.50").output == "p2: 7.50\n"
    assert costs(sold) == {"p1": Decimal(5), "p2": Decimal("7.50")}
    assert run("cost", "p1").output == "p1: not known\n"
    assert costs(sold) == {"p2": Decimal("7.50")}


def test_a_file_says_what_many_products_cost(sold: str, tmp_path: Path) -> None:
    file = tmp_path / "costs.csv"
    file.write_text("cost,name,item_id\n12.34,a,p2\n,b,p1\n")
    assert run("costs", str(file)).output == "1 costs, 1 of products whose cost is not known\n"
    assert costs(sold) == {"p2": Decimal("12.34")}


def test_the_file_that_is_written_can_be_read_again(sold: str, tmp_path: Path) -> None:
    file = tmp_path / "costs.csv"
    assert run("costs", "--write", str(file)).exit_code == 0
    assert file.read_text().splitlines() == [
        "item_id,product_name,cost", "p1,p1,5.00", "p2,p2,", "p3,p3,",
    ]  # fmt: skip
    file.write_text(file.read_text().replace("p3,p3,", "p3,p3,8"))
    assert run("costs", str(file)).output == "2 costs, 1 of products whose cost is not known\n"
    assert costs(sold) == {"p1": Decimal(5), "p3": Decimal(8)}
    again = run("costs", "--write", str(file))
    assert "File exists" in str(again.exception)
    assert isinstance(run("costs").exception, ConfigurationError)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ("p2,1\np3,-1\n", "line 3: '-1' is no cost"),
        ("p2,1\np3,1.005\n", "line 3: '1.005' is no cost"),
        ("p2,1\np3,NaN\n", "line 3: 'NaN' is no cost"),
        ("p2,1\np3,cheap\n", "line 3: 'cheap' is no cost"),
        ("p2,1\np2,2\n", "line 3: the item id is there twice"),
        ("p2,1\n,2\n", "line 3: the item id is empty"),
        ("p2,1\np3\n", "line 3: "),
        ("", "has no costs"),
    ],
)
def test_a_file_with_a_row_that_cannot_be_read_changes_nothing(
    sold: str, tmp_path: Path, rows: str, said: str
) -> None:
    file = tmp_path / "costs.csv"
    file.write_text(f"item_id,cost\n{rows}")
    answer = run("costs", str(file))
    assert isinstance(answer.exception, ContractError)
    assert said in str(answer.exception)
    assert costs(sold) == {"p1": Decimal(5)}


def test_a_product_that_the_catalogue_lacks_is_named_and_nothing_changes(
    sold: str, tmp_path: Path
) -> None:
    file = tmp_path / "costs.csv"
    file.write_text("item_id,cost\np2,1\n" + "".join(f"x{number},1\n" for number in range(7)))
    answer = run("costs", str(file))
    assert isinstance(answer.exception, ConfigurationError)
    assert "the catalogue has no product x0, x1, x2, x3, x4 and 2 more" in str(answer.exception)
    assert costs(sold) == {"p1": Decimal(5)}


def test_a_product_that_goes_takes_its_cost_with_it(sold: str) -> None:
    with psycopg.connect(sold) as connection:
        connection.execute("delete from shop.products where item_id = 'p1'")
    assert costs(sold) == {}
