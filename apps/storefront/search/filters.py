"""What a list of products is narrowed down to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from psycopg import sql

from apps.storefront.catalog.availability_repository import IS_LISTED, IS_SOLD
from apps.storefront.catalog.repository import WITHIN, below


@dataclass(frozen=True, slots=True)
class Filters:
    """All of them hold; what is not set leaves nothing out."""

    category: str = ""
    """A path: the category and those below it."""
    min_price: Decimal | None = None
    max_price: Decimal | None = None
    """A product without a price is in no range."""
    min_rating: float | None = None
    """Stars."""
    in_stock: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    """By attribute (`brand`, `colour`, `material`) the value that a product must have."""

    @property
    def is_empty(self) -> bool:
        """Whether they leave nothing out."""
        return self == Filters()

    @property
    def key(self) -> tuple[object, ...]:
        """Equal for equal filters."""
        return (
            self.category,
            self.min_price,
            self.max_price,
            self.min_rating,
            self.in_stock,
            *sorted(self.attributes.items()),
        )

    def condition(
        self, region: str | None, *, with_sold_out: bool
    ) -> tuple[sql.Composable, dict[str, Any]]:
        """SQL on `shop.products`, and its parameters.

        Args:
            region: of the shop; None if it sells everywhere.
            with_sold_out: whether sold-out products count, unless the filters say otherwise.
        """
        conditions: list[sql.Composable] = [
            IS_SOLD if with_sold_out and not self.in_stock else IS_LISTED
        ]
        values: dict[str, Any] = {"region": region}
        if self.category:
            conditions.append(WITHIN)
            values |= {"category": self.category, "below": below(self.category)}
        for column, operator, value in (
            ("price", ">=", self.min_price),
            ("price", "<=", self.max_price),
            ("stars", ">=", self.min_rating),
        ):
            if value is not None:
                name = f"{column}_{len(values)}"
                conditions.append(
                    sql.SQL("{} {} {}").format(
                        sql.Identifier(column), sql.SQL(operator), sql.Placeholder(name)
                    )
                )
                values[name] = value
        if self.attributes:
            conditions.append(sql.SQL("attributes @> %(attributes)s"))
            values["attributes"] = [f"{name}={value}" for name, value in self.attributes.items()]
        return sql.SQL(" and ").join(conditions), values
