"""The user tower of serving: one shopper as all users, by numpy as by torch, in few imports."""

import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
import torch

from ml.dataset import Dataset, interactions_frame
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.history import Histories
from ml.towers.model import Towers, pool, token_tensors
from ml.towers.training import train
from ml.towers.user_encoder import UserEncoder
from streams.contracts import Interaction
from streams.errors import ModelError
from support.interactions import interaction

NOW = datetime(2026, 6, 1, tzinfo=UTC)
KINDS = ("view", "cart", "purchase", "rate", "positive_view", "negative_view")
ENCODERS = {
    "pooling": TowersConfig(dim=16, epochs=2),
    "of the newest, with recency": TowersConfig(
        dim=16, epochs=2, encoded_interactions=7, recency_half_life=9.0
    ),
    "causal": TowersConfig(dim=16, epochs=2, user_encoder="causal"),
}
Shopper = tuple[Sequence[str], list[Interaction]]


@pytest.fixture(scope="module", params=ENCODERS)
def trained(request: pytest.FixtureRequest, shop: Dataset) -> Bundle:
    return train(shop, ENCODERS[request.param], seed=5)


def _shoppers(items: Sequence[str], number: int) -> dict[str, Shopper]:
    """Random ones: with up to 60 events, of which views may have verdicts, and some without any."""
    rng = np.random.default_rng(11)
    found: dict[str, Shopper] = {"nobody": ((), [])}
    found["newcomer"] = ((" Music", "Shop|Garden", ""), [])
    for user in (f"u{place}" for place in range(number)):
        history = []
        for _ in range(rng.integers(1, 60)):
            at = NOW - timedelta(microseconds=int(rng.integers(40 * 86_400_000_000)))
            kind, item = str(rng.choice(KINDS)), str(rng.choice(items))
            if kind.endswith("_view") and rng.random() < 0.5:
                history.append(interaction(user, item, "view", at))
            stars = float(rng.choice([1, 2.5, 5])) if kind == "rate" else None
            pieces = int(rng.integers(1, 9)) if kind in ("cart", "purchase") else None
            history.append(interaction(user, item, kind, at, rating=stars, quantity=pieces))
        preferred = rng.permutation(["Garden", "Kitchen", "Nowhere"])[: rng.integers(4)]
        found[user] = (tuple(map(str, preferred)), history)
    return found


def _tables(shoppers: Mapping[str, Shopper]) -> tuple[pd.DataFrame, pd.DataFrame]:
    users = pd.DataFrame(
        {
            "user_id": list(shoppers),
            "preferences": ["|".join(preferred) for preferred, _ in shoppers.values()],
            "signup_date": pd.Timestamp(NOW),
        }
    )
    return users, interactions_frame(each for _, history in shoppers.values() for each in history)


def test_a_shopper_alone_has_the_vector_of_the_batch(trained: Bundle, shop: Dataset) -> None:
    new = shop.items.iloc[[3, 30]].assign(item_id=["new-a", "new-b"])
    new_items = dict(zip(new["item_id"], trained.encode_items(new), strict=True))
    new_items["bare"] = np.zeros(trained.dim, dtype=np.float32)
    shoppers = _shoppers([*shop.items["item_id"], *new_items, "unknown"], 80)
    users, interactions = _tables(shoppers)

    batch = trained.encode_users(users, interactions, None, new_items=new_items)

    assert batch.shape == (82, trained.dim)
    for (preferred, history), expected in zip(shoppers.values(), batch, strict=True):
        found = trained.user_encoder.encode_shopper(preferred, history, new_items=new_items)
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected, atol=5e-6)
    assert not batch[0, :-1].any()
    assert len({tuple(vector) for vector in batch.round(4).tolist()}) == len(shoppers)


def test_numpy_and_the_towers_that_are_trained_agree(trained: Bundle, shop: Dataset) -> None:
    shoppers = _shoppers(shop.items["item_id"].tolist(), 40)
    users, interactions = _tables(shoppers)
    towers: Towers = trained._towers
    config, places = trained.config, pd.Index(trained.item_ids)
    histories = Histories.build(
        interactions, list(shoppers), places, config.confidence, config.encoded_interactions
    )
    weights = histories.weights(config.recency_half_life)
    vectors = trained._history_vectors
    encoded = None
    if towers.causal is not None:
        encoded = torch.zeros(len(users), trained.dim - 1)
        for block, sequences in histories.newest(config.causal.length, len(users)):
            entries = vectors[torch.from_numpy(histories.items[sequences.entries])]
            shares = np.where(sequences.is_entry, weights[sequences.entries], 0)
            found = towers.causal(entries * torch.from_numpy(shares)[..., None])
            rows = torch.arange(len(block))
            encoded[block] = found[rows, torch.from_numpy(sequences.lengths) - 1]
    expected = towers.users(
        pool(
            vectors,
            torch.from_numpy(histories.items),
            torch.from_numpy(histories.offsets[:-1]),
            torch.from_numpy(weights) if towers.causal else _dampened(towers, histories, weights),
        ),
        torch.from_numpy(histories.total_magnitudes(weights)),
        towers.preferred(
            token_tensors(trained._preprocessing.preference_tokens(users["preferences"]))
        ),
        encoded,
    )

    found = trained.encode_users(users, interactions, None)

    np.testing.assert_allclose(found[:, :-1], expected * towers.scale, atol=2e-5)


def _dampened(
    towers: Towers, histories: Histories, weights: npt.NDArray[np.float32]
) -> torch.Tensor:
    found = towers.dampened(*map(torch.from_numpy, (weights, histories.rows(), histories.items)))
    assert not torch.equal(found, torch.from_numpy(weights))
    return found


def test_what_a_shopper_does_steers_their_vector(bundle: Bundle, shop: Dataset) -> None:
    items = shop.items["item_id"].to_numpy()
    kitchen = [interaction("u", f"Kitchen-{number}", "cart", NOW, quantity=1) for number in (1, 2)]

    vector = bundle.user_encoder.encode_shopper(["Garden"], kitchen)

    best = items[np.argsort(-(bundle.encode_items(shop.items)[:, :-1] @ vector[:-1]))[:12]]
    assert sum(item.startswith("Kitchen") for item in best) > 8


def test_a_category_counts_less_than_in_proportion_to_what_was_seen_of_it(bundle: Bundle) -> None:
    new = {"new": np.append(bundle._history_vectors[0], np.float32(0))}
    history = [
        interaction("u", item, "purchase", NOW, quantity=1)
        for item in ("Kitchen-1", "Kitchen-2", "Kitchen-3", "Garden-1", "new")
    ]

    found = bundle.user_encoder.encode_shopper((), history, new_items=new)

    places = [bundle.item_ids.index(each.item_id) for each in history[:-1]]
    vectors = np.stack([*bundle._history_vectors[places], bundle._history_vectors[0]])
    pooled = np.array([3**-0.5] * 3 + [1, 1]) @ vectors
    scale = bundle.config.scale(len(bundle.item_ids))
    np.testing.assert_allclose(found[:-1], scale * pooled / np.linalg.norm(pooled), atol=1e-5)


def test_without_categories_all_count_in_proportion(shop: Dataset) -> None:
    bare = Dataset(shop.interactions, shop.users, shop.items[:0])
    vectors = []
    for exponent in (0.0, 0.5):
        config = TowersConfig(dim=16, epochs=1, category_exponent=exponent)
        vectors.append(
            train(bare, config, seed=0).encode_users(shop.users, shop.interactions, None)
        )
    in_proportion, dampened = vectors
    np.testing.assert_array_equal(in_proportion, dampened)


def test_serving_reads_the_folder_without_torch_and_pandas(bundle: Bundle, tmp_path: Path) -> None:
    bundle.save(tmp_path)
    program = (
        "import sys; from pathlib import Path; from ml.towers.user_encoder import UserEncoder;"
        f"encoder = UserEncoder.load(Path({str(tmp_path)!r}));"
        "print(encoder.encode_shopper(['Music'], []).tobytes().hex());"
        "print([m for m in ('torch', 'pandas', 'pyarrow', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    vector, loaded = done.stdout.decode().split("\n", 1)
    expected = bundle.user_encoder.encode_shopper(["Music"], [])
    assert np.frombuffer(bytes.fromhex(vector), np.float32).tolist() == expected.tolist()
    assert loaded.strip() == "[]"


def test_a_damaged_folder_is_a_model_error(bundle: Bundle, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="nowhere"):
        UserEncoder.load(tmp_path / "nowhere")
    bundle.save(tmp_path)
    weights = tmp_path / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x01")
    with pytest.raises(ModelError, match="not the file that was saved"):
        UserEncoder.load(tmp_path)
