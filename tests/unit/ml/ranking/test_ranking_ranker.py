"""The ranker on a shop of two tastes, with weights that are known."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse

from ml.dataset import Dataset
from ml.ranking.ranker import Ranker
from ml.serving.batch import ItemIndex, list_items
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.errors import ModelError
from support.training_log import shop_of

ITEMS = "abcdefghij"
SEEN = {"u1": "abc", "u2": "bcd", "u3": "fgh", "u4": "ghi"}
NEW = "new"


@pytest.fixture(scope="module")
def shop() -> Dataset:
    """Nobody has seen e, j, or the item that is new."""
    paths = {item: "Left" if item < "f" else "Right" for item in (*ITEMS, NEW)}
    return shop_of(SEEN, paths, {"u5": "Left"})


@pytest.fixture(scope="module")
def bundle(shop: Dataset) -> Bundle:
    return train(shop, TowersConfig(epochs=2, dim=8, text_encoder=None), seed=0)


def ranker_of(bundle: Bundle, blend: Mapping[str, float]) -> Ranker:
    """EASE likes what follows an item by three places in the alphabet."""
    items = bundle.item_ids
    weights = np.zeros((len(items), len(items)), dtype=np.float32)
    for row, item in enumerate(items):
        follower = chr(ord(item) + 3)
        if follower in items:
            weights[row, items.index(follower)] = 1
    return Ranker(bundle, {"ease": scipy.sparse.csr_array(weights)}, blend)


def lists_of(ranker: Ranker, shop: Dataset, k: int) -> dict[str, list[str]]:
    index = ItemIndex.of(ranker.bundle, shop.known_items())
    blocks = ranker.list_items(index, shop.known_users(), shop.interactions, k=k, now=None)
    return {
        user: items
        for block in blocks
        for user, items in zip(block.user_ids, block.lists, strict=True)
    }


BLEND = {"two_tower": 0.1, "ease": 0.9}


def test_everyone_gets_a_list_of_what_they_have_not_seen(bundle: Bundle, shop: Dataset) -> None:
    lists = lists_of(ranker_of(bundle, BLEND), shop, 20)
    assert sorted(lists) == ["u1", "u2", "u3", "u4", "u5"]
    for user, items in lists.items():
        assert sorted(items) == sorted({*ITEMS, NEW} - set(SEEN.get(user, "")))
    assert {len(items) for items in lists_of(ranker_of(bundle, BLEND), shop, 3).values()} == {3}


def test_a_model_with_most_of_the_weight_decides(bundle: Bundle, shop: Dataset) -> None:
    # Three places after f, g and h: only i is known to the model.
    assert lists_of(ranker_of(bundle, BLEND), shop, 2)["u3"][0] == "i"
    assert lists_of(ranker_of(bundle, BLEND), shop, 2)["u1"][0] == "d"


def test_the_towers_alone_rank_as_without_a_ranker(bundle: Bundle, shop: Dataset) -> None:
    index = ItemIndex.of(bundle, shop.known_items())
    blocks = list_items(bundle, index, shop.known_users(), shop.interactions, k=5, now=None)
    expected = {
        user: items
        for block in blocks
        for user, items in zip(block.user_ids, block.lists, strict=True)
    }
    assert lists_of(ranker_of(bundle, {"two_tower": 1.0, "ease": 0.0}), shop, 5) == expected


def test_what_is_not_in_the_catalogue_is_not_listed(bundle: Bundle, shop: Dataset) -> None:
    catalogue = shop.known_items()
    index = ItemIndex.of(bundle, catalogue[catalogue["item_id"] != "d"])
    users = shop.known_users()
    blocks = ranker_of(bundle, BLEND).list_items(index, users, shop.interactions, k=20, now=None)
    listed = {item for block in blocks for items in block.lists for item in items}
    assert listed == {*ITEMS, NEW} - {"d"}


def test_a_loaded_ranker_lists_as_the_saved_one(
    bundle: Bundle, shop: Dataset, tmp_path: Path
) -> None:
    saved = ranker_of(bundle, BLEND)
    saved.save(tmp_path / "ranker")
    loaded = Ranker.load(tmp_path / "ranker", bundle)
    assert loaded.blend == BLEND
    assert lists_of(loaded, shop, 20) == lists_of(saved, shop, 20)


def test_the_towers_alone_are_saved_too(bundle: Bundle, shop: Dataset, tmp_path: Path) -> None:
    saved = Ranker(bundle, {}, {"two_tower": 1.0})
    saved.save(tmp_path / "ranker")
    assert lists_of(Ranker.load(tmp_path / "ranker", bundle), shop, 5) == lists_of(saved, shop, 5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"format": 7}, "of format 7, and this release reads format 1: retrain"),
        ({"bundle_version": "other"}, "belongs to version other, not to"),
        ({"weights_sha256": "0"}, "is not the file that was saved"),
        ({"blend": {"two_tower": 0.5, "magic": 0.5}}, "cannot be read"),
    ],
)
def test_what_does_not_fit_is_refused(
    change: dict[str, object], message: str, bundle: Bundle, tmp_path: Path
) -> None:
    ranker_of(bundle, BLEND).save(tmp_path)
    description = json.loads((tmp_path / "ranker.json").read_text())
    (tmp_path / "ranker.json").write_text(json.dumps(description | change))
    with pytest.raises(ModelError, match=message):
        Ranker.load(tmp_path, bundle)


def test_an_absent_ranker_is_refused(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="cannot be read"):
        Ranker.load(tmp_path / "none", bundle)
