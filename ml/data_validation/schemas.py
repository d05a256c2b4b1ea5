"""The schemas of the three tables, by pandera."""

from collections.abc import Iterator, Mapping

import pandas as pd
import pandera.pandas as pa
from pandera.errors import SchemaErrors

from ml.checks import Check
from ml.dataset import Dataset
from streams.contracts import InteractionType

_MAX_STARS = 5.0


def _is_instant(column: pd.Series) -> bool:
    return isinstance(column.dtype, pd.DatetimeTZDtype)


def _key(*, unique: bool = False) -> pa.Column:
    return pa.Column(checks=pa.Check.ne("", error="an empty id"), unique=unique)


def _instant(*, nullable: bool = False) -> pa.Column:
    check = pa.Check(_is_instant, error="no instant with a time zone")
    return pa.Column(checks=check, nullable=nullable)


def _number(low: float, high: float | None = None) -> pa.Column:
    bounds = f"not in {low:g} to {high:g}" if high is not None else f"below {low:g}"
    check = (
        pa.Check.in_range(low, high, error=bounds)
        if high is not None
        else pa.Check.ge(low, error=bounds)
    )
    return pa.Column(float, checks=check, nullable=True)


_TEXT = pa.Column()

SCHEMAS: Mapping[str, pa.DataFrameSchema] = {
    "interactions": pa.DataFrameSchema(
        {
            "user_id": _key(),
            "item_id": _key(),
            "timestamp": _instant(),
            "interaction_type": pa.Column(
                checks=pa.Check.isin([*InteractionType], error="no type of interaction")
            ),
            "rating": _number(1, _MAX_STARS),
            "quantity": _number(1),
        }
    ),
    "users": pa.DataFrameSchema(
        {"user_id": _key(unique=True), "preferences": _TEXT, "signup_date": _instant()}
    ),
    "items": pa.DataFrameSchema(
        {
            "item_id": _key(unique=True),
            "product_name": _TEXT,
            "category": _TEXT,
            "discounted_price": _number(0),
            "actual_price": _number(0),
            "discount_percentage": _number(0, 100),
            "rating": _number(0, _MAX_STARS),
            "rating_count": _number(0),
            "about_product": _TEXT,
            "arrival_date": _instant(nullable=True),
        }
    ),
}


def schema_checks(dataset: Dataset) -> Iterator[Check]:
    """A check of each table; `measured` is how many values break its schema."""
    for name, schema in SCHEMAS.items():
        table: pd.DataFrame = getattr(dataset, name)
        broken = pd.DataFrame()
        try:
            schema.validate(table, lazy=True)
        except SchemaErrors as error:
            broken = error.failure_cases
        yield Check(
            name=f"schema of {name}",
            passed=broken.empty,
            measured=len(broken),
            bound=0,
            sentence=_sentence(name, len(table), broken),
        )


def _sentence(name: str, rows: int, broken: pd.DataFrame) -> str:
    if broken.empty:
        return f"The {rows:,} rows of {name} keep their schema."
    first = broken.iloc[0]
    value = first["failure_case"]
    shown = repr(value) if isinstance(value, str) else value
    example = "" if pd.isna(first["index"]) else f", such as {shown}"
    return (
        f"Values in the {rows:,} rows of {name} that break the schema: {len(broken):,}; the first:"
        f" {first['column']}, {first['check']}{example}."
    )
