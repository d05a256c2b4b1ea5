"""Products of a shop, written past its catalogue."""

from datetime import UTC, datetime

import psycopg


def add_product(
    database_url: str,
    item_id: str,
    category: str,
    *,
    arrival: datetime | None = None,
    about: str = "",
) -> None:
    """Add a product, which arrives now unless another instant is given."""
    with psycopg.connect(database_url) as connection:
        connection.execute(
            "insert into shop.products (item_id, product_name, category, arrival_date,"
            " about_product) values (%s, %s, %s, %s, %s)",
            (item_id, f"{category} {item_id}", category, arrival or datetime.now(UTC), about),
        )
