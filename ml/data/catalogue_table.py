"""Reads the catalogue and the users that belong to a log as tables, from CSV or Parquet."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from ml.data.amazon import read_amazon
from ml.data.csv_file import CsvFile
from ml.data.fields import RejectedRow, checked, number
from ml.data.text_table import ColumnParser, read_columns
from ml.dataset import ITEM_COLUMNS, USER_COLUMNS
from streams.contracts import Product
from streams.contracts.money import to_cents
from streams.errors import ContractError

_TEXTS = ("product_name", "category", "about_product", "preferences")
_INSTANTS = ("arrival_date", "signup_date")
_AMOUNTS = ("discounted_price", "actual_price")
_NUMBERS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(cast("Any", Product.model_fields[name].annotation))
    for name in ITEM_COLUMNS
    if name not in ("item_id", *_TEXTS, *_INSTANTS)
}


def read_items(path: Path) -> tuple[pd.DataFrame, list[RejectedRow]]:
    """A catalogue, ITEM_COLUMNS, and the rejected rows.

    The file needs the column `item_id` and may have the others. A CSV file with a column
    `product_id` instead is read by `read_amazon`.

    Raises:
        ContractError: the file cannot be read, lacks `item_id`, or has no usable row.
    """
    if path.suffix != ".parquet" and _is_amazon(path):
        shop = read_amazon(path)
        if not shop.products:
            raise ContractError(f"{path} has no usable row")
        rows = [product.model_dump(include=set(ITEM_COLUMNS)) for product in shop.products]
        table = pd.DataFrame(rows, columns=list(ITEM_COLUMNS))
        return table.astype(dict.fromkeys(_NUMBERS, np.float64)), shop.rejected
    return _read(path, ITEM_COLUMNS)


def read_users(path: Path) -> tuple[pd.DataFrame, list[RejectedRow]]:
    """Users, USER_COLUMNS, and the rejected rows; the file needs only the column `user_id`.

    Raises:
        ContractError: the file cannot be read, lacks `user_id`, or has no usable row.
    """
    return _read(path, USER_COLUMNS)


def no_items() -> pd.DataFrame:
    """An empty catalogue, ITEM_COLUMNS."""
    return _empty(ITEM_COLUMNS)


def no_users() -> pd.DataFrame:
    """No users, USER_COLUMNS."""
    return _empty(USER_COLUMNS)


def _is_amazon(path: Path) -> bool:
    columns = CsvFile.open(path, ()).columns
    return "product_id" in columns and "item_id" not in columns


def _read(path: Path, names: tuple[str, ...]) -> tuple[pd.DataFrame, list[RejectedRow]]:
    key, *others = names
    parser = ColumnParser(read_columns(path, (key,), others))
    keys = parser.keys(key)
    parser.reject(pd.Series(keys).duplicated().to_numpy(), f"{key} occurs on an earlier row")
    columns = {key: keys}
    for name in others:
        if name in _TEXTS:
            columns[name] = parser.parse(name, str, missing="", dtype=object)
        elif name in _INSTANTS:
            columns[name] = parser.instants(name, may_be_empty=True)
        else:
            columns[name] = parser.parse(
                name, partial(_number, name), missing=np.nan, dtype=np.float64
            )
    return parser.accepted(columns), parser.rejected


def _number(name: str, text: str) -> float:
    if not text:
        return np.nan
    value = number(name, text)
    return float(checked(name, _NUMBERS[name], to_cents(value) if name in _AMOUNTS else value))


def _empty(names: tuple[str, ...]) -> pd.DataFrame:
    kinds = dict.fromkeys(_INSTANTS, "datetime64[ns, UTC]") | dict.fromkeys(_NUMBERS, "float64")
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "object")) for name in names})
