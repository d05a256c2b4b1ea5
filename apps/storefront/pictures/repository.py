"""SQL of pictures."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

from apps.storefront.pictures.drawings.draw import Subject


def file(connection: Connection[Any], key: str, width: int) -> bytes | None:
    """A file of a picture, if it is kept."""
    row = connection.execute(
        "select webp from shop.picture_files where picture = %s and width = %s", (key, width)
    ).fetchone()
    return bytes(row[0]) if row else None


def picture(connection: Connection[Any], item_id: str) -> str | None:
    """Which picture a product has, for `key_of`; None if there is no such product."""
    row = connection.execute(
        "select coalesce(picture, drawing_digest) from shop.products where item_id = %s",
        (item_id,),
    ).fetchone()
    return str(row[0]) if row else None


def keep_file(connection: Connection[Any], key: str, width: int, webp: bytes) -> None:
    """Keep a file; another replica may have been quicker with the same one."""
    connection.execute(
        "insert into shop.picture_files (picture, width, webp) values (%s, %s, %s)"
        " on conflict do nothing",
        (key, width, webp),
    )


def subject(connection: Connection[Any], digest: str) -> Subject | None:
    """What the drawing with this digest shows; None if no product has it (any longer)."""
    with connection.cursor(row_factory=class_row(Subject)) as cursor:
        return cursor.execute(
            "select item_id, product_name as name, category, about_product as about"
            " from shop.products where drawing_digest = %s limit 1",
            (digest,),
        ).fetchone()


@dataclass(frozen=True, slots=True)
class Attempt:
    """The last try to make a product's picture from a source."""

    source: str
    made_from: str
    problem: str | None
    """None: the picture was made."""


@dataclass(frozen=True, slots=True)
class Illustrated:
    """A product with the picture that it has and what was tried."""

    item_id: str
    name: str
    category: str
    about: str
    img_link: str
    picture: str | None
    """None: it is drawn."""
    drawing_digest: str
    attempts: list[Attempt]


def page(connection: Connection[Any], *, after: str, limit: int) -> list[Illustrated]:
    """The products with the next ids after one."""
    rows = connection.execute(
        "select item_id, product_name, category, about_product, img_link, picture, drawing_digest,"
        " coalesce((select json_agg(json_build_array(source, made_from, problem))"
        "   from shop.picture_attempts attempt where attempt.item_id = product.item_id), '[]')"
        " from shop.products product where item_id > %s order by item_id limit %s",
        (after, limit),
    ).fetchall()
    return [
        Illustrated(*columns, [Attempt(*each) for each in attempts])  # type: ignore[call-arg]
        for *columns, attempts in rows
    ]


def product_count(connection: Connection[Any]) -> int:
    """How many products there are to illustrate."""
    row = connection.execute("select count(*) from shop.products").fetchone()
    return int(row[0]) if row else 0


def kept_widths(connection: Connection[Any], keys: Sequence[str]) -> dict[str, set[int]]:
    """In which sizes these pictures are kept, by key."""
    rows = connection.execute(
        "select picture, array_agg(width) from shop.picture_files where picture = any(%s)"
        " group by picture",
        (list(keys),),
    ).fetchall()
    return {key: set(widths) for key, widths in rows}


def give(connection: Connection[Any], item_id: str, key: str | None) -> None:
    """Give a product a picture; None: it is drawn again."""
    connection.execute("update shop.products set picture = %s where item_id = %s", (key, item_id))


def note_attempt(connection: Connection[Any], item_id: str, attempt: Attempt) -> None:
    """Remember what came of a try; the last one from a source counts."""
    connection.execute(
        "insert into shop.picture_attempts (item_id, source, made_from, problem)"
        " values (%s, %s, %s, %s) on conflict (item_id, source) do update set"
        " made_from = excluded.made_from, problem = excluded.problem, tried_at = now()",
        (item_id, attempt.source, attempt.made_from, attempt.problem),
    )


def remove_unused_files(connection: Connection[Any]) -> int:
    """Remove the files of pictures that no product has any longer; returns how many."""
    return connection.execute(
        "delete from shop.picture_files file where not exists ("
        "  select from shop.products where picture = file.picture)"
        " and not exists (select from shop.products"
        "  where picture is null and drawing_digest = right(file.picture, 32))"
    ).rowcount
