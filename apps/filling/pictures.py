"""Gives every product a picture: from the first source that has one, else drawn."""

import hashlib
import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import TYPE_CHECKING

from psycopg import Connection

from apps.filling.picture_sources import PictureSource
from apps.storefront.pictures import repository
from apps.storefront.pictures.drawings.draw import Subject, draw
from apps.storefront.pictures.picture import WIDTHS, key_of, stored_key
from apps.storefront.pictures.rendering import encode, ground_of_picture, render
from apps.storefront.pictures.repository import Attempt, Illustrated
from streams.errors import ContractError

if TYPE_CHECKING:
    from PIL.Image import Image

DRAWN = "drawn"
_PAGE = 100

Progress = Callable[[int, int], None]
"""Products done, and products there are."""


def give_pictures(
    connection: Connection[tuple[object, ...]],
    sources: Sequence[PictureSource],
    *,
    tries_again: bool = False,
    progress: Progress = lambda *_: None,
) -> Counter[tuple[str, str]]:
    """Make the pictures that are missing; what is there stays, so a run goes on where one ended.

    Args:
        connection: in autocommit mode; what belongs to one product is one transaction.
        sources: the best one first.
        tries_again: also what failed before.
        progress: called after each product.

    Returns:
        Products by source (a source's name, or DRAWN) and by what came of it: `made`, `kept` (it
        was there) or `failed`.
    """
    counts: Counter[tuple[str, str]] = Counter()
    total, done = repository.product_count(connection), 0
    with ProcessPoolExecutor(os.cpu_count(), mp_context=get_context("spawn")) as pool:
        for products in _pages(connection):
            to_draw = []
            for product in products:
                if not _from_sources(connection, product, sources, counts, tries_again=tries_again):
                    to_draw.append(product)
                    continue
                done += 1
                progress(done, total)
            for drawn in _draw(connection, pool, to_draw):
                counts[DRAWN, drawn] += 1
                done += 1
                progress(done, total)
    repository.remove_unused_files(connection)
    return counts


def _pages(connection: Connection[tuple[object, ...]]) -> Iterator[list[Illustrated]]:
    after = ""
    while products := repository.page(connection, after=after, limit=_PAGE):
        yield products
        after = products[-1].item_id


def _from_sources(
    connection: Connection[tuple[object, ...]],
    product: Illustrated,
    sources: Sequence[PictureSource],
    counts: Counter[tuple[str, str]],
    *,
    tries_again: bool,
) -> bool:
    """Whether the product has a picture of a source, now or from before."""
    attempts = {attempt.source: attempt for attempt in product.attempts}
    for source in sources:
        made_from = source.made_from(product)
        if made_from is None:
            continue
        last = attempts.get(source.name)
        if last and last.made_from == made_from and not (last.problem and tries_again):
            if last.problem is None:
                counts[source.name, "kept"] += 1
                return True
            counts[source.name, "failed"] += 1
            continue
        try:
            image = source.make(product)
        except ContractError as error:
            attempt = Attempt(source.name, made_from, str(error))
            repository.note_attempt(connection, product.item_id, attempt)
            counts[source.name, "failed"] += 1
            continue
        _keep(connection, product, image, Attempt(source.name, made_from, None))
        counts[source.name, "made"] += 1
        return True
    # A picture stays if its source is only not at hand now, such as a model on another machine.
    absent = {each.source for each in product.attempts if each.problem is None}
    absent -= {source.name for source in sources}
    if product.picture and absent:
        counts[min(absent), "kept"] += 1
        return True
    if product.picture:
        repository.give(connection, product.item_id, None)
    return False


def _keep(
    connection: Connection[tuple[object, ...]],
    product: Illustrated,
    image: "Image",
    attempt: Attempt,
) -> None:
    files = {width: encode(image, width) for width in WIDTHS}
    digest = hashlib.sha256(files[WIDTHS[-1]]).hexdigest()
    key = stored_key(digest, ground_of_picture(image))
    with connection.transaction():
        for width, webp in files.items():
            repository.keep_file(connection, key, width, webp)
        repository.give(connection, product.item_id, key)
        repository.note_attempt(connection, product.item_id, attempt)


def _draw(
    connection: Connection[tuple[object, ...]],
    pool: ProcessPoolExecutor,
    products: Sequence[Illustrated],
) -> Iterator[str]:
    """Draw what is not drawn yet, on all cores; yields `made` or `kept` per product."""
    keys = [key_of(product.drawing_digest) for product in products]
    kept = repository.kept_widths(connection, keys)
    missing = [sorted(set(WIDTHS) - kept.get(key, set())) for key in keys]
    subjects = [Subject(each.item_id, each.name, each.category, each.about) for each in products]
    for key, files in zip(keys, pool.map(_files, subjects, missing), strict=True):
        with connection.transaction():
            for width, webp in files.items():
                repository.keep_file(connection, key, width, webp)
        yield "made" if files else "kept"


def _files(subject: Subject, widths: Sequence[int]) -> dict[int, bytes]:
    if not widths:
        return {}
    svg = draw(subject)
    return {width: render(svg, width) for width in widths}
