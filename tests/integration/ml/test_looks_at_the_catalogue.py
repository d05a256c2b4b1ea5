"""Every few seconds the encoder looks for products without a vector of their present content."""

from collections.abc import Callable
from typing import Any

import psycopg
import pytest

from ml.registry.item_vectors import changed_items
from ml.registry.text_embeddings import changed_texts
from ml.settings import MlSettings

pytestmark = pytest.mark.integration

PRODUCTS = 3_000
FILLED = f"""
insert into shop.products (item_id, product_name, category, arrival_date, about_product)
select 'item-' || number, 'Kettle ' || number, 'Kitchen', now() - number * interval '1 second', ''
from generate_series(1, {PRODUCTS}) number;
insert into ml.text_embeddings (item_id, encoder, content_digest, embedding)
select item_id, 'encoder', content_digest, array_fill(1, array[384])::halfvec from shop.products;
insert into ml.model_versions (version, parameters, metrics) values ('v1', '{{}}', '{{}}');
insert into ml.item_vectors (version, item_id, embedding, content_digest)
select 'v1', item_id, '[1,0]', content_digest from shop.products;
"""


@pytest.fixture
def filled(settings: MlSettings) -> str:
    """A shop whose products all have vectors."""
    with psycopg.connect(settings.database_url, autocommit=True) as connection:
        connection.execute(FILLED)
        connection.execute("vacuum analyze")
    return settings.database_url


def texts(connection: psycopg.Connection[Any]) -> list[str]:
    return [each.item_id for each in changed_texts(connection, "encoder", 100)]


def items(connection: psycopg.Connection[Any]) -> list[str]:
    return changed_items(connection, "v1", 100)


def blocks_read(connection: psycopg.Connection[Any]) -> int:
    connection.execute("select pg_stat_force_next_flush()")
    row = connection.execute(
        "select sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)::bigint"
        " from pg_statio_user_tables"
    ).fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize("look", [texts, items])
def test_a_look_that_finds_nothing_does_not_look_up_each_product(
    filled: str, look: Callable[[psycopg.Connection[Any]], list[str]]
) -> None:
    with psycopg.connect(filled, autocommit=True) as connection:
        before = blocks_read(connection)
        assert look(connection) == []
        assert blocks_read(connection) - before < PRODUCTS


@pytest.mark.parametrize("look", [texts, items])
def test_a_look_finds_the_newest_first(
    filled: str, look: Callable[[psycopg.Connection[Any]], list[str]]
) -> None:
    with psycopg.connect(filled, autocommit=True) as connection:
        connection.execute(
            "update shop.products set about_product = 'steel'"
            " where item_id in ('item-7', 'item-5', 'item-2000')"
        )
        assert look(connection) == ["item-5", "item-7", "item-2000"]
