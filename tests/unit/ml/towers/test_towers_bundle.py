import json
import subprocess
import sys
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ml.dataset import Dataset
from ml.towers.bundle import Bundle
from streams.errors import ContractError, ModelError


def test_a_loaded_bundle_encodes_as_the_saved_one(
    bundle: Bundle, shop: Dataset, now: datetime, tmp_path: Path
) -> None:
    bundle.save(tmp_path / "v1")
    loaded = Bundle.load(tmp_path / "v1")
    assert loaded.version == bundle.version
    assert loaded.item_ids == bundle.item_ids
    assert loaded.config == bundle.config
    assert loaded.dim == 16
    np.testing.assert_array_equal(loaded.encode_items(shop.items), bundle.encode_items(shop.items))
    np.testing.assert_array_equal(
        loaded.encode_users(shop.users, shop.interactions, now),
        bundle.encode_users(shop.users, shop.interactions, now),
    )


def test_one_shopper_alone_has_the_vector_of_the_batch(
    bundle: Bundle, shop: Dataset, now: datetime
) -> None:
    batch = bundle.encode_users(shop.users, shop.interactions, now)
    assert batch.shape == (len(shop.users), bundle.dim)
    assert batch.dtype == np.float32
    for row in range(0, len(shop.users), 7):
        user = shop.users.iloc[[row]]
        own = shop.interactions[shop.interactions["user_id"] == user["user_id"].item()]
        alone = bundle.encode_users(user, own, now + timedelta(days=30))
        np.testing.assert_allclose(alone[0], batch[row], atol=1e-5)


def test_an_item_alone_has_the_vector_of_the_batch(bundle: Bundle, shop: Dataset) -> None:
    batch = bundle.encode_items(shop.items)
    np.testing.assert_allclose(bundle.encode_items(shop.items.iloc[[5]])[0], batch[5], atol=1e-5)


def test_an_item_that_training_did_not_know_counts_by_its_content(
    bundle: Bundle, shop: Dataset, now: datetime
) -> None:
    newest = shop.items.iloc[[30]].assign(item_id="newest")  # in the kitchen
    new_items = dict(zip(["newest"], bundle.encode_items(newest), strict=True))
    user = shop.users.iloc[[0]].assign(preferences="")
    seen = shop.interactions.iloc[[0]].assign(item_id="newest")
    places = shop.items["category"].to_numpy()

    def best(interactions: pd.DataFrame, known: Mapping[str, np.ndarray]) -> list[str]:
        (vector,) = bundle.encode_users(user, interactions, now, new_items=known)
        scores = bundle.encode_items(shop.items)[:, :-1] @ vector[:-1]
        found: list[str] = places[np.argsort(-scores)[:10]].tolist()
        return found

    assert bundle.user_encoder.unknown(["newest", bundle.item_ids[0]]) == ["newest"]
    assert best(seen, new_items) == ["Shop|Kitchen"] * 10
    assert not bundle.encode_users(user, seen, now)[0, :-1].any()
    # Beside known items it counts as one of them.
    garden = shop.interactions.iloc[:3].assign(item_id=["Garden-1", "Garden-2", "Garden-4"])
    garden["user_id"] = user["user_id"].item()
    both = bundle.encode_users(user, pd.concat([garden, seen]), now, new_items=new_items)[0]
    (without,) = bundle.encode_users(user, garden, now)
    assert both @ new_items["newest"] > without @ new_items["newest"]


def test_new_items_that_nobody_met_or_that_have_no_content_change_nothing(
    bundle: Bundle, shop: Dataset, now: datetime
) -> None:
    bare = {"bare": np.zeros(bundle.dim, dtype=np.float32)}
    log = pd.concat([shop.interactions, shop.interactions.assign(item_id="bare")])
    np.testing.assert_array_equal(
        bundle.encode_users(
            shop.users, log, now, new_items={**bare, "unmet": np.ones(bundle.dim, np.float32)}
        ),
        bundle.encode_users(shop.users, shop.interactions, now),
    )


def test_what_is_later_than_now_does_not_count(
    bundle: Bundle, shop: Dataset, now: datetime
) -> None:
    later = shop.interactions.assign(timestamp=pd.Timestamp(now) + pd.Timedelta(days=1))
    nothing = shop.interactions.iloc[:0]
    np.testing.assert_array_equal(
        bundle.encode_users(shop.users, later, now), bundle.encode_users(shop.users, nothing, now)
    )


def test_empty_tables_give_empty_arrays(bundle: Bundle, shop: Dataset, now: datetime) -> None:
    assert bundle.encode_items(shop.items.iloc[:0]).shape == (0, bundle.dim)
    nobody = bundle.encode_users(shop.users.iloc[:0], shop.interactions, now)
    assert nobody.shape == (0, bundle.dim)


def test_an_absent_column_is_named(bundle: Bundle, shop: Dataset, now: datetime) -> None:
    with pytest.raises(ContractError, match="items lack the columns category, rating"):
        bundle.encode_items(shop.items.drop(columns=["category", "rating"]))
    with pytest.raises(ContractError, match="interactions lack the columns timestamp"):
        bundle.encode_users(shop.users, shop.interactions.drop(columns="timestamp"), now)


def test_a_missing_bundle_is_a_model_error(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        Bundle.load(tmp_path / "nowhere")


def test_a_flipped_byte_among_the_weights_is_noticed(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    content = bytearray(weights.read_bytes())
    content[-9] ^= 1
    weights.write_bytes(content)
    with pytest.raises(ModelError, match="not the file that was saved"):
        Bundle.load(tmp_path)


def test_half_a_description_is_noticed(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path)
    description = tmp_path / "bundle.json"
    description.write_text(description.read_text()[:200])
    with pytest.raises(ModelError):
        Bundle.load(tmp_path)


def test_a_bundle_of_an_older_format_asks_for_a_new_training(
    bundle: Bundle, tmp_path: Path
) -> None:
    bundle.save(tmp_path)
    path = tmp_path / "bundle.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"format": 2, "config": {}}))
    with pytest.raises(ModelError, match=r"format 2.*format 5: retrain the model"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize(
    ("place", "value", "message"),
    [
        (("format",), 99, "format"),
        (("preprocessing", "item_ids"), ["only", "two"], "size mismatch"),
        (("preprocessing", "means"), "none", "means"),
        (("preprocessing", "means"), [1.0], "at least 6 items"),
        (("config", "unheard_of"), 1, "unheard_of"),
        (("version",), None, "version"),
    ],
)
def test_a_description_that_does_not_fit_is_refused(
    bundle: Bundle, tmp_path: Path, place: tuple[str, ...], value: object, message: str
) -> None:
    bundle.save(tmp_path)
    path = tmp_path / "bundle.json"
    description = json.loads(path.read_text())
    part = description
    for name in place[:-1]:
        part = part[name]
    part[place[-1]] = value
    path.write_text(json.dumps(description))
    with pytest.raises(ModelError, match=message):
        Bundle.load(tmp_path)


def test_loading_needs_neither_the_training_code_nor_the_sentence_encoder(
    bundle: Bundle, tmp_path: Path
) -> None:
    bundle.save(tmp_path)
    program = (
        "import sys; from pathlib import Path; from ml.towers.bundle import Bundle;"
        f"Bundle.load(Path({str(tmp_path)!r}));"
        "print([m for m in ('ml.towers.training', 'sentence_transformers', 'feast')"
        " if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    assert done.stdout.decode().strip() == "[]"
