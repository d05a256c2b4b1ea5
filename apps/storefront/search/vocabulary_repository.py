"""SQL of the catalogue's words, its language and the shop's synonyms."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from apps.storefront.search.synonyms import Synonyms, packaged_synonyms

_MAX_WORDS = 50_000
"""The most frequent ones; the rest is found as it is written, and nothing is corrected to it."""


@dataclass(frozen=True, slots=True)
class Source:
    """What a vocabulary is made of, but for the words."""

    language: str
    synonyms: Synonyms
    version: tuple[object, ...]
    """Another one as soon as the catalogue, the language or the synonyms have changed."""


def source(connection: Connection[Any]) -> Source:
    """What holds now."""
    row = connection.execute(
        "select language::text, contract, loaded_at,"
        " (select (count(*), sum(hashtext(content_digest)))::text from shop.products)"
        " from shop.search_language left join shop.synonyms using (only_row)"
    ).fetchone()
    assert row
    language, contract, *version = row
    # The packaged ones are of English words.
    packaged = packaged_synonyms() if language == "english" else Synonyms(version=1)
    synonyms = packaged if contract is None else Synonyms.model_validate(contract)
    return Source(language, synonyms, (language, *version))


def word_uses(connection: Connection[Any]) -> dict[str, int]:
    """By word, the number of products that hold it."""
    return dict(
        connection.execute(
            "select word, ndoc from ts_stat('select words from shop.products')"
            " order by ndoc desc, word limit %s",
            (_MAX_WORDS,),
        ).fetchall()
    )


def product_count(connection: Connection[Any]) -> int:
    """How many products the catalogue holds."""
    row = connection.execute("select count(*) from shop.products").fetchone()
    return int(row[0]) if row else 0


def store_synonyms(connection: Connection[Any], synonyms: Synonyms) -> None:
    """Let them take the place of those that were there."""
    connection.execute(
        "insert into shop.synonyms (contract) values (%s)"
        " on conflict (only_row) do update set contract = excluded.contract, loaded_at = now()",
        (Jsonb(synonyms.model_dump(mode="json")),),
    )


def set_language(connection: Connection[Any], language: str) -> None:
    """Make the stems of all products anew, by another configuration of PostgreSQL's full text."""
    connection.execute("update shop.search_language set language = %s::regconfig", (language,))
    connection.execute("update shop.products set product_name = product_name")
