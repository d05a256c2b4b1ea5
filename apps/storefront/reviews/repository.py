"""SQL of the reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from apps.storefront.reviews.schemas import RatingForm


@dataclass(frozen=True, slots=True)
class Review:
    """What one shopper says about one product."""

    user_name: str
    rating: float
    title: str
    content: str
    created_at: datetime


def newest_of(connection: Connection[Any], item_id: str, limit: int) -> list[Review]:
    """The newest reviews of a product."""
    with connection.cursor(row_factory=class_row(Review)) as cursor:
        return cursor.execute(
            "select user_name, rating, title, content, created_at"
            " from shop.reviews join shop.users using (user_id) where item_id = %s"
            " order by created_at desc limit %s",
            (item_id, limit),
        ).fetchall()


def of_shopper(connection: Connection[Any], user_id: str, item_id: str) -> Review | None:
    """What this shopper said about a product."""
    with connection.cursor(row_factory=class_row(Review)) as cursor:
        return cursor.execute(
            "select user_name, rating, title, content, created_at"
            " from shop.reviews join shop.users using (user_id)"
            " where user_id = %s and item_id = %s",
            (user_id, item_id),
        ).fetchone()


def save(connection: Connection[Any], user_id: str, form: RatingForm) -> bool:
    """Keep a shopper's only review of a product; False if the shop does not sell it."""
    # The product's lock comes first: two reviews at once must both count in its stars.
    known = connection.execute(
        "select from shop.products where item_id = %s for update", (form.item_id,)
    ).fetchone()
    if known is None:
        return False
    connection.execute(
        "insert into shop.reviews (user_id, item_id, rating, title, content)"
        " values (%s, %s, %s, %s, %s) on conflict (user_id, item_id) do update"
        " set rating = excluded.rating, title = excluded.title, content = excluded.content,"
        " created_at = now(), is_in_catalogue_rating = false",
        (user_id, form.item_id, form.rating, form.title, form.content),
    )
    _count_stars(connection, [form.item_id])
    return True


def forget(connection: Connection[Any], user_id: str) -> int:
    """Delete a shopper's reviews, and take them out of the stars; returns their number."""
    rows = connection.execute(
        "select item_id from shop.products where item_id in"
        " (select item_id from shop.reviews where user_id = %s) order by item_id for update",
        (user_id,),
    ).fetchall()
    deleted = connection.execute("delete from shop.reviews where user_id = %s", (user_id,)).rowcount
    _count_stars(connection, [item_id for (item_id,) in rows])
    return deleted


def _count_stars(connection: Connection[Any], item_ids: Sequence[str]) -> None:
    connection.execute(
        "update shop.products product set (review_count, review_total) ="
        " (select count(*), coalesce(sum(rating), 0) from shop.reviews review"
        "   where review.item_id = product.item_id and not is_in_catalogue_rating)"
        " where item_id = any(%s)",
        (list(item_ids),),
    )
