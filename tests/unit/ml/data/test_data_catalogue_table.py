from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.data.catalogue_table import no_items, no_users, read_items, read_users
from ml.data.synthetic import SyntheticConfig, generate
from ml.data.synthetic.files import write
from ml.dataset import ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.evaluation.recovery import as_dataset
from ml.towers.preprocessing import Preprocessing
from streams.errors import ContractError


def file(folder: Path, text: str) -> Path:
    path = folder / "items.csv"
    path.write_text(text)
    return path


def test_a_catalogue_may_have_some_columns_only(tmp_path: Path) -> None:
    items, rejected = read_items(
        file(
            tmp_path,
            "category,item_id,discounted_price,rating_count,arrival_date,about_product\n"
            'Shop|Tea,i1,4.25,12,2026-01-02,"Green,\nfrom Japan"\n'
            ",i2,,,,\n",
        )
    )
    assert rejected == []
    assert tuple(items.columns) == ITEM_COLUMNS
    assert items["category"].tolist() == ["Shop|Tea", ""]
    assert items["about_product"].tolist() == ["Green,\nfrom Japan", ""]
    assert items["product_name"].tolist() == ["", ""]
    np.testing.assert_array_equal(items["discounted_price"], [4.25, np.nan])
    np.testing.assert_array_equal(items["rating_count"], [12, np.nan])
    assert items["rating"].isna().all()
    assert items["arrival_date"].tolist() == [datetime(2026, 1, 2, tzinfo=UTC), pd.NaT]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",1,", "item_id: String should have at least 1 character"),
        ("i1,1,", "item_id occurs on an earlier row"),
        ("i2,-1,", "discounted_price: Input should be greater than or equal to 0"),
        ("i2,cheap,", "discounted_price 'cheap' is not a number"),
        ("i2,1,then", "arrival_date 'then' is neither"),
    ],
)
def test_bad_rows_are_reported(tmp_path: Path, row: str, reason: str) -> None:
    header = "item_id,discounted_price,arrival_date\n"
    items, [only] = read_items(file(tmp_path, f"{header}i1,1,\n{row}\ni3,3,\n"))
    assert items["item_id"].tolist() == ["i1", "i3"]
    assert only.line == 3
    assert only.reason.startswith(reason)


def test_an_amazon_table_is_recognised_by_its_header(tmp_path: Path) -> None:
    items, rejected = read_items(
        file(
            tmp_path,
            "product_id,product_name,category,discounted_price,rating\n"
            'p1,A kettle,Home|Kitchen,"₹1,299",4.1\n,,,,\n',
        )
    )
    assert tuple(items.columns) == ITEM_COLUMNS
    assert items["item_id"].tolist() == ["p1"]
    assert items["discounted_price"].tolist() == [1299]
    assert items["rating_count"].dtype == np.float64
    assert [row.line for row in rejected] == [3]


def test_an_amazon_table_without_products_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="has no usable row"):
        read_items(file(tmp_path, "product_id,product_name,category\n,,\n"))


def test_the_synthetic_shops_parquet_tables_are_its_dataset(tmp_path: Path) -> None:
    shop = generate(SyntheticConfig(n_users=20, n_items=30, n_interactions=200, seed=2))
    write(shop, tmp_path)
    expected = as_dataset(shop)
    items, rejected_items = read_items(tmp_path / "recommendation_items.parquet")
    users, rejected_users = read_users(tmp_path / "recommendation_users.parquet")
    assert rejected_items == rejected_users == []
    pd.testing.assert_frame_equal(items, expected.items, check_dtype=False)
    pd.testing.assert_frame_equal(users, expected.users, check_dtype=False)


def test_users_need_only_an_id(tmp_path: Path) -> None:
    users, _ = read_users(file(tmp_path, "user_id,name\nu1,Ada\nu2,Alan\n"))
    assert tuple(users.columns) == USER_COLUMNS
    assert users["user_id"].tolist() == ["u1", "u2"]
    assert users["preferences"].tolist() == ["", ""]
    assert users["signup_date"].isna().all()


def test_the_key_is_required(tmp_path: Path) -> None:
    path = file(tmp_path, "sku,product_name\n1,Tea\n")
    with pytest.raises(ContractError, match="lacks the columns item_id"):
        read_items(path)
    with pytest.raises(ContractError, match="lacks the columns user_id"):
        read_users(path)


def test_empty_tables_can_be_saved_and_loaded(tmp_path: Path) -> None:
    log = pd.DataFrame(
        {
            "user_id": ["u"],
            "item_id": ["i"],
            "timestamp": pd.Series([pd.NaT], dtype="datetime64[ns, UTC]"),
            "interaction_type": ["purchase"],
            "rating": [np.nan],
            "quantity": [np.nan],
        }
    )
    Dataset(log, no_users(), no_items()).save(tmp_path)
    loaded = Dataset.load(tmp_path)
    assert loaded.known_items()["item_id"].tolist() == ["i"]
    assert loaded.known_users()["user_id"].tolist() == ["u"]
    assert Preprocessing.fit(loaded, None).item_ids == ("i",)
