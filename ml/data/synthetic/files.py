"""The synthetic shop as files: Parquet tables, the held-out items and the ground truth."""

import csv
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel

from ml.data.synthetic.shop import SyntheticShop
from ml.data.synthetic.vocabulary import KINDS, SECOND_PARENTS
from streams.contracts.category import names

_INSTANT = pa.timestamp("ns")

USERS = pa.schema(
    {
        "user_id": pa.string(),
        "user_name": pa.string(),
        "signup_date": _INSTANT,
        "preferences": pa.string(),
    }
)
ITEMS = pa.schema(
    {
        "item_id": pa.string(),
        "product_name": pa.string(),
        "category": pa.string(),
        "discounted_price": pa.float64(),
        "actual_price": pa.float64(),
        "discount_percentage": pa.float64(),
        "rating": pa.float64(),
        "rating_count": pa.int64(),
        "about_product": pa.string(),
        "arrival_date": _INSTANT,
        "img_link": pa.string(),
        "product_link": pa.string(),
    }
)
INTERACTIONS = pa.schema(
    {
        "interaction_id": pa.string(),
        "user_id": pa.string(),
        "item_id": pa.string(),
        "timestamp": _INSTANT,
        "interaction_type": pa.string(),
        "review_title": pa.string(),
        "review_content": pa.string(),
        "rating": pa.float64(),
        "quantity": pa.float64(),
    }
)
CATEGORIES = pa.schema({"Category": pa.string(), "Parent Category": pa.string()})


def write(shop: SyntheticShop, folder: Path) -> None:
    """Write the shop into `folder`, replacing existing files.

    `recommendation_users`, `recommendation_items`, `recommendation_interactions` and
    `category_relationships` as Parquet, instants in UTC without a zone; `held_out.csv` with columns
    user_id and item_id; the ground truth as `GroundTruth.save` writes it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _write(folder / "recommendation_users.parquet", USERS, shop.users)
    _write(folder / "recommendation_items.parquet", ITEMS, shop.products)
    _write(folder / "recommendation_interactions.parquet", INTERACTIONS, shop.interactions)
    edges = sorted(set(SECOND_PARENTS).union(*(_edges(kind.path) for kind in KINDS)))
    table = pa.Table.from_pylist(
        [dict(zip(CATEGORIES.names, edge, strict=True)) for edge in edges], CATEGORIES
    )
    pq.write_table(table, folder / "category_relationships.parquet")
    with (folder / "held_out.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("user_id", "item_id"))
        rows.writerows(
            (user_id, item_id)
            for user_id, items in sorted(shop.held_out.items())
            for item_id in sorted(items)
        )
    shop.truth.save(folder)


def _edges(path: str) -> list[tuple[str, str]]:
    return list(pairwise(reversed(names(path))))


def _write(path: Path, schema: pa.Schema, rows: Iterable[BaseModel]) -> None:
    rows = list(rows)
    columns = [
        pa.array([_cell(getattr(row, field.name), field.type) for row in rows], field.type)
        for field in schema
    ]
    pq.write_table(pa.table(columns, schema=schema), path)


def _cell(value: Any, kind: pa.DataType) -> Any:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None)
    if value is None:
        return None
    if pa.types.is_string(kind):
        return str(value)
    return float(value) if pa.types.is_floating(kind) else value
