"""SQL of the catalogue."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg import Connection, sql
from psycopg.rows import class_row, kwargs_row

from apps.storefront.catalog.availability_repository import IS_LISTED, IS_SOLD
from streams.contracts import Product
from streams.contracts.category import SEPARATOR, names

PICTURE = sql.SQL("coalesce(picture, drawing_digest)")
"""The picture that a product was given, else the digest of what its drawing is made from."""
LISTED = sql.SQL(
    "item_id, product_name, category, price, actual_price, stars, stars_count, arrival_date, stock,"
    " {} as picture"
).format(PICTURE)
"""The columns of a ListedProduct, in the order of its fields."""
WITHIN = sql.SQL("(category = %(category)s or category like %(below)s)")
"""Of a category or one below it. Needs the parameters `category` and `below`."""
_ANY = sql.SQL("true")
_NAMED = (
    sql.SQL("select {} from shop.products where item_id = any(%(item_ids)s) and {}")
    .format(LISTED, IS_LISTED)
    .as_bytes()
)
"""Composed once: every list reads by it."""
_COLUMNS = sql.SQL("{}, {} as picture").format(
    sql.SQL(", ").join(map(sql.Identifier, Product.model_fields)), PICTURE
)


class PicturedProduct(Product):
    """A product with all that the catalogue knows of it, and its picture."""

    picture: str
    """As PICTURE says."""


@dataclass(frozen=True, slots=True)
class ListedProduct:
    """A product as lists show it; None where the catalogue does not know."""

    item_id: str
    product_name: str
    category: str
    price: Decimal | None
    actual_price: Decimal | None
    stars: float | None
    stars_count: int
    arrival_date: datetime
    stock: int | None = None
    """How many there are; None: the shop does not count it."""
    picture: str = ""
    """As PICTURE says."""

    @property
    def is_sold_out(self) -> bool:
        """Whether none is left."""
        return self.stock == 0

    @property
    def reduction(self) -> int | None:
        """Whole per cent off the list price."""
        if self.price is None or not self.actual_price or self.price >= self.actual_price:
            return None
        return round(100 * (1 - self.price / self.actual_price)) or None


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribedProduct(ListedProduct):
    """A product as its own page shows it."""

    about_product: str


@dataclass(frozen=True, slots=True)
class Department:
    """A top category and how many products of it the shop lists."""

    name: str
    products: int


def product_count(connection: Connection[Any]) -> int:
    """How many products the catalogue holds, listed or not."""
    row = connection.execute("select count(*) from shop.products").fetchone()
    return int(row[0]) if row else 0


def departments(
    connection: Connection[Any], limit: int, *, region: str | None = None
) -> list[Department]:
    """The largest top categories, in alphabetical order."""
    with connection.cursor(row_factory=class_row(Department)) as cursor:
        found = cursor.execute(
            sql.SQL(
                "select split_part(category, '|', 1) as name, count(*) as products"
                " from shop.products where category <> '' and {}"
                " group by 1 order by 2 desc, 1 limit %(limit)s"
            ).format(IS_LISTED),
            {"limit": limit, "region": region},
        ).fetchall()
    return sorted(found, key=lambda department: department.name)


def subcategories(
    connection: Connection[Any], category: str, limit: int, *, region: str | None = None
) -> list[Department]:
    """The largest categories right below `category`, by full path, in alphabetical order."""
    depth = len(names(category)) + 1
    with connection.cursor(row_factory=class_row(Department)) as cursor:
        found = cursor.execute(
            sql.SQL(
                "select array_to_string((string_to_array(category, '|'))[:%(depth)s], '|') as name,"
                " count(*) as products from shop.products where category like %(below)s and {}"
                " group by 1 order by 2 desc, 1 limit %(limit)s"
            ).format(IS_LISTED),
            {"depth": depth, "below": below(category), "limit": limit, "region": region},
        ).fetchall()
    return sorted(found, key=lambda department: department.name)


def newest(
    connection: Connection[Any], limit: int, category: str = "", *, region: str | None = None
) -> list[ListedProduct]:
    """The products that arrived last: of the shop, or of a category and those below it."""
    order = sql.SQL("arrival_date desc, item_id desc")
    return _first(connection, order, limit, category, region)


def most_rated(
    connection: Connection[Any], limit: int, category: str = "", *, region: str | None = None
) -> list[ListedProduct]:
    """The products that most shoppers have rated: of the shop, or of a category and below it."""
    order = sql.SQL("stars_count desc, item_id desc")
    return _first(connection, order, limit, category, region)


def _first(
    connection: Connection[Any], order: sql.SQL, limit: int, category: str, region: str | None
) -> list[ListedProduct]:
    with connection.cursor(row_factory=class_row(ListedProduct)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {} from shop.products where {} and {} order by {} limit %(limit)s"
            ).format(LISTED, IS_LISTED, WITHIN if category else _ANY, order),
            {"category": category, "below": below(category), "limit": limit, "region": region},
        ).fetchall()


def find(
    connection: Connection[Any], item_id: str, *, region: str | None = None
) -> DescribedProduct | None:
    """A product that the shop sells, sold out or not."""
    with connection.cursor(row_factory=class_row(DescribedProduct)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {}, about_product from shop.products where item_id = %(item_id)s and {}"
            ).format(LISTED, IS_SOLD),
            {"item_id": item_id, "region": region},
        ).fetchone()


def contents(connection: Connection[Any], item_id: str) -> PicturedProduct | None:
    """A product with all that the catalogue knows of it."""
    with connection.cursor(row_factory=kwargs_row(PicturedProduct.model_construct)) as cursor:
        return cursor.execute(
            sql.SQL("select {} from shop.products where item_id = %s").format(_COLUMNS),
            (item_id,),
        ).fetchone()


def page(
    connection: Connection[Any], *, after: str | None, category: str, limit: int
) -> list[PicturedProduct]:
    """The products with the next ids after one, of a category and those below it."""
    with connection.cursor(row_factory=kwargs_row(PicturedProduct.model_construct)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {} from shop.products where item_id > %(after)s and {}"
                " order by item_id limit %(limit)s"
            ).format(_COLUMNS, WITHIN if category else _ANY),
            {
                "after": after or "",
                "category": category,
                "below": below(category),
                "limit": limit,
            },
        ).fetchall()


def named(
    connection: Connection[Any], item_ids: Sequence[str], *, region: str | None = None
) -> list[ListedProduct]:
    """These products in this order; those that cannot be ordered now are left out."""
    with connection.cursor(row_factory=class_row(ListedProduct)) as cursor:
        found = cursor.execute(
            _NAMED,
            {"item_ids": list(item_ids), "region": region},
        ).fetchall()
    by_id = {product.item_id: product for product in found}
    return [by_id[item_id] for item_id in item_ids if item_id in by_id]


def sold_products(connection: Connection[Any]) -> list[ListedProduct]:
    """All products that a search can find, wherever they are sold."""
    with connection.cursor(row_factory=class_row(ListedProduct)) as cursor:
        return cursor.execute(
            sql.SQL("select {} from shop.products where {} order by item_id").format(
                LISTED, IS_SOLD
            ),
            {"region": None},
        ).fetchall()


def by_id(
    connection: Connection[Any], item_ids: Sequence[str], *, region: str | None = None
) -> dict[str, ListedProduct]:
    """As `named`, by id; without ids there is no query."""
    found = named(connection, item_ids, region=region) if item_ids else []
    return {product.item_id: product for product in found}


def names_of(connection: Connection[Any], item_ids: Sequence[str]) -> dict[str, str]:
    """The names of these products by id, whether they can be ordered or not."""
    return dict(
        connection.execute(
            "select item_id, product_name from shop.products where item_id = any(%s)",
            (list(item_ids),),
        ).fetchall()
    )


def descriptions(connection: Connection[Any], item_ids: Sequence[str]) -> dict[str, str]:
    """What is said about these products, by id."""
    return dict(
        connection.execute(
            "select item_id, about_product from shop.products where item_id = any(%s)",
            (list(item_ids),),
        ).fetchall()
    )


def similar_products(
    connection: Connection[Any], product: ListedProduct, limit: int, *, region: str | None = None
) -> list[ListedProduct]:
    """Other products of the same category, the most rated first, then the newest."""
    if not product.category:
        return []  # what has no category has nothing in common
    with connection.cursor(row_factory=class_row(ListedProduct)) as cursor:
        return cursor.execute(
            sql.SQL(
                "select {} from shop.products"
                " where category = %(category)s and item_id <> %(item_id)s and {}"
                " order by stars_count desc, arrival_date desc, item_id limit %(limit)s"
            ).format(LISTED, IS_LISTED),
            {
                "category": product.category,
                "item_id": product.item_id,
                "limit": limit,
                "region": region,
            },
        ).fetchall()


def upsert_products(connection: Connection[Any], products: Iterable[Product]) -> int:
    """Add products or bring them up to date, and count them; of one id the last one counts.

    Reviews stay, and so do stock, regions and what is hidden. Nothing is committed here.
    """
    columns = tuple(Product.model_fields)
    column_names = sql.SQL(", ").join(map(sql.Identifier, columns))
    distinct = {product.item_id: product for product in products}
    with connection.transaction(), connection.cursor() as cursor:
        cursor.execute(
            sql.SQL(
                "create temporary table incoming on commit drop as"
                " select {} from shop.products with no data"
            ).format(column_names)
        )
        with cursor.copy(sql.SQL("copy incoming ({}) from stdin").format(column_names)) as copy:
            for product in distinct.values():
                copy.write_row([getattr(product, column) for column in columns])
        cursor.execute(
            sql.SQL(
                "insert into shop.products ({columns}) select {columns} from incoming"
                " on conflict (item_id) do update set {changes}"
            ).format(
                columns=column_names,
                changes=sql.SQL(", ").join(
                    sql.SQL("{0} = excluded.{0}").format(sql.Identifier(column))
                    for column in columns[1:]
                ),
            )
        )
        cursor.execute("drop table incoming")
    return len(distinct)


def below(category: str) -> str:
    """The pattern of the paths below a category."""
    escaped = re.sub(r"([\\%_])", r"\\\1", category)
    return f"{escaped}{SEPARATOR}%"
