"""The catalogue and the users beside a log, as tables: CSV or Parquet, whole or in part."""

from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
from pydantic import TypeAdapter

from ml.data.amazon import read_amazon
from ml.data.csv_file import CsvFile
from ml.data.log_fields import checked, number
from ml.data.rejection import RejectedRow
from ml.data.text_table import Fields, read_columns
from ml.dataset import ITEM_COLUMNS, USER_COLUMNS
from streams.contracts import Product
from streams.errors import ContractError

_TEXTS = ("product_name", "category", "about_product", "preferences")
_INSTANTS = ("arrival_date", "signup_date")
_NUMBERS: dict[str, TypeAdapter[Any]] = {
    name: TypeAdapter(cast("Any", Product.model_fields[name].annotation))
    for name in ITEM_COLUMNS
    if name not in ("item_id", *_TEXTS, *_INSTANTS)
}


def read_items(path: Path) -> tuple[pd.DataFrame, list[RejectedRow]]:
    """A catalogue, ITEM_COLUMNS, and the rows left out.

    The file has the column `item_id` and whichever of the others; or it is an Amazon-style table,
    known by its column `product_id`, read with what `read_amazon` can mend.

    Raises:
        ContractError: the file cannot be read, lacks `item_id`, or holds no usable row.
    """
    if path.suffix != ".parquet" and _is_amazon(path):
        shop = read_amazon(path)
        if not shop.products:
            raise ContractError(f"{path} holds nothing that can be used")
        rows = [product.model_dump(include=set(ITEM_COLUMNS)) for product in shop.products]
        table = pd.DataFrame(rows, columns=list(ITEM_COLUMNS))
        return table.astype(dict.fromkeys(_NUMBERS, np.float64)), shop.rejected
    return _read(path, ITEM_COLUMNS)


def read_users(path: Path) -> tuple[pd.DataFrame, list[RejectedRow]]:
    """Users, USER_COLUMNS, of which the file needs `user_id` alone; and the rows left out.

    Raises:
        ContractError: the file cannot be read, lacks `user_id`, or holds no usable row.
    """
    return _read(path, USER_COLUMNS)


def no_items() -> pd.DataFrame:
    """ITEM_COLUMNS of a catalogue of which nothing is known."""
    return _empty(ITEM_COLUMNS)


def no_users() -> pd.DataFrame:
    """USER_COLUMNS where no user signed up."""
    return _empty(USER_COLUMNS)


def _is_amazon(path: Path) -> bool:
    columns = CsvFile.open(path, ()).columns
    return "product_id" in columns and "item_id" not in columns


def _read(path: Path, names: tuple[str, ...]) -> tuple[pd.DataFrame, list[RejectedRow]]:
    key, *others = names
    fields = Fields(read_columns(path, (key,), others))
    keys = fields.keys(key)
    fields.reject(pd.Series(keys).duplicated().to_numpy(), f"{key} has been on an earlier row")
    columns = {key: keys}
    for name in others:
        if name in _TEXTS:
            columns[name] = fields.read(name, str, absent="", dtype=object)
        elif name in _INSTANTS:
            columns[name] = fields.instants(name, may_be_empty=True)
        else:
            columns[name] = fields.read(
                name, partial(_number, name), absent=np.nan, dtype=np.float64
            )
    return fields.good(columns), fields.rejected


def _number(name: str, text: str) -> float:
    return float(checked(name, _NUMBERS[name], number(name, text))) if text else np.nan


def _empty(names: tuple[str, ...]) -> pd.DataFrame:
    kinds = dict.fromkeys(_INSTANTS, "datetime64[ns, UTC]") | dict.fromkeys(_NUMBERS, "float64")
    return pd.DataFrame({name: pd.Series(dtype=kinds.get(name, "object")) for name in names})
