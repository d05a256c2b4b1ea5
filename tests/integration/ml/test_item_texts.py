"""Texts of items are embedded once: Feast keeps the embeddings."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

import ml.item_texts
from ml.dataset import ITEM_COLUMNS
from ml.item_texts import ItemTexts
from ml.settings import MlSettings
from ml.towers.text import TextEmbeddings, embed_texts, text_digest

pytestmark = pytest.mark.integration

ENCODER = "all-MiniLM-L6-v2"
ABOUT = {"kettle": "Boils a litre of water", "lamp": "A warm light to read by", "Item 7": ""}


@pytest.fixture
def embedded(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The texts that are really embedded, in their order."""
    texts: list[str] = []

    def embed(missing: Sequence[str], encoder: str) -> npt.NDArray[np.float32]:
        texts.extend(missing)
        return embed_texts(missing, encoder)

    monkeypatch.setattr(ml.item_texts, "embed_texts", embed)
    return texts


@pytest.fixture
def store(settings: MlSettings) -> Iterator[ItemTexts]:
    store = ItemTexts(settings)
    yield store
    store.close()


def catalogue(about: dict[str, str]) -> pd.DataFrame:
    rows = [{"item_id": name, "product_name": name, "about_product": about[name]} for name in about]
    return pd.DataFrame(rows, columns=list(ITEM_COLUMNS))


def embeddings(store: ItemTexts, about: dict[str, str]) -> TextEmbeddings:
    return store.embeddings(catalogue(about), ENCODER, lambda *_: None)


def test_a_text_is_embedded_when_its_item_appears_or_changes(
    store: ItemTexts, settings: MlSettings, embedded: list[str]
) -> None:
    kettle, lamp = "kettle. Boils a litre of water", "lamp. A warm light to read by"
    first = embeddings(store, ABOUT)
    assert embedded == [kettle, lamp], "a name that says nothing is not embedded"
    assert first.digests == (text_digest(kettle, ENCODER), text_digest(lamp, ENCODER))
    assert np.array_equal(first.vectors, embed_texts([kettle, lamp], ENCODER))

    embedded.clear()
    another = ItemTexts(settings)
    again = embeddings(another, ABOUT)
    another.close()
    assert embedded == []
    assert again.digests == first.digests
    assert np.array_equal(again.vectors, first.vectors)

    changed = embeddings(store, ABOUT | {"lamp": "Now with a dimmer"})
    assert embedded == ["lamp. Now with a dimmer"]
    assert changed.digests == (first.digests[0], text_digest(embedded[0], ENCODER))


def test_every_item_of_a_large_catalogue_is_embedded(
    store: ItemTexts, embedded: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ml.item_texts, "_ITEMS_AT_ONCE", 2)
    about = {f"tin {size}": f"Holds {size} beans" for size in ("ten", "nine", "six", "two", "no")}
    seen: list[tuple[int, int]] = []
    found = store.embeddings(catalogue(about), ENCODER, lambda *done: seen.append(done))
    assert len(embedded) == len(found.digests) == len(about)
    assert seen == [(2, 5), (4, 5), (5, 5)]


def test_without_an_encoder_there_are_none(store: ItemTexts, tmp_path: Path) -> None:
    none = store.embeddings(catalogue(ABOUT), None, lambda *_: None)
    none.save(tmp_path / "texts")
    assert TextEmbeddings.load(tmp_path / "texts").digests == ()


def test_saved_embeddings_are_not_computed_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ml.towers.text._cache", {})
    vectors = np.eye(2, 384, dtype=np.float32)
    kept = TextEmbeddings(tuple(text_digest(text, ENCODER) for text in ("one", "two")), vectors)
    kept.save(tmp_path / "texts")
    TextEmbeddings.load(tmp_path / "texts").use()
    assert np.array_equal(embed_texts(["two", "", " one"], ENCODER)[[2, 0]], vectors)
