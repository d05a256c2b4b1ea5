"""The causal encoder: what it learns, that it looks back alone, and its evaluation in numpy."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch.nn.functional import normalize

from ml.dataset import Dataset
from ml.evaluation.encoder_choice import choose_encoder
from ml.evaluation.metrics import RECALL
from ml.evaluation.protocol import score_lists
from ml.evaluation.ranking_models.ranking_model import (
    RANKING_MODELS,
    InteractionMatrix,
    create,
)
from ml.evaluation.splits import split_by_time
from ml.retrieval.quantized import Array
from ml.serving.batch import lists_by_user
from ml.towers.bundle import Bundle
from ml.towers.causal import CausalEncoder
from ml.towers.causal_inference import encode_newest
from ml.towers.config import CausalConfig, TowersConfig
from ml.towers.history import Histories
from ml.towers.training import train
from streams.errors import ContractError

DIM, LENGTH, USERS = 15, 12, 40
ITEMS, STEPS = 60, 7
CAUSAL = TowersConfig(
    dim=16,
    batch_size=32,
    epochs=4,
    user_encoder="causal",
    causal=CausalConfig(epochs=20),
    text_encoder=None,
)


@pytest.fixture(scope="module")
def walks(shop: Dataset) -> Dataset:
    """Each user goes round a circle of items, a step per day, from a place of their own."""
    rng = np.random.default_rng(5)
    rows = [
        (f"u{user}", f"i{(start + step) % ITEMS}", step)
        for user, start in enumerate(rng.integers(ITEMS, size=600))
        for step in range(STEPS)
    ]
    log = pd.DataFrame(rows, columns=["user_id", "item_id", "day"])
    first = pd.Timestamp("2026-01-01", tz="UTC")
    log["timestamp"] = first + pd.to_timedelta(log.pop("day"), unit="D")
    log = log.assign(interaction_type="purchase", rating=np.nan, quantity=np.nan)
    return Dataset(log, shop.users[:0], shop.items[:0])


@pytest.fixture(scope="module")
def encoder() -> CausalEncoder:
    """With weights as large as after a training."""
    generator = torch.Generator().manual_seed(1)
    encoder = CausalEncoder(CausalConfig(length=LENGTH), DIM, generator).eval()
    with torch.no_grad():
        for weights in encoder.parameters():
            weights.add_(torch.randn(weights.shape, generator=generator) * 0.2)
    return encoder


@pytest.fixture(scope="module")
def sequences() -> tuple[torch.Tensor, torch.Tensor]:
    """Entries with weights from -1 to 1, and how many there are of each user."""
    generator = torch.Generator().manual_seed(2)
    lengths = torch.randint(1, LENGTH + 1, (USERS,), generator=generator)
    entries = normalize(torch.randn(USERS, LENGTH, DIM, generator=generator), dim=2)
    weights = 2 * torch.rand(USERS, LENGTH, 1, generator=generator) - 1
    return entries * weights * (torch.arange(LENGTH) < lengths[:, None])[..., None], lengths


def test_numpy_computes_what_torch_does(
    encoder: CausalEncoder, sequences: tuple[torch.Tensor, torch.Tensor]
) -> None:
    entries, lengths = sequences
    with torch.no_grad():
        expected = encoder(entries)[torch.arange(USERS), lengths - 1].numpy()
    weights = {name: value.numpy() for name, value in encoder.state_dict().items()}
    found = encode_newest(weights, entries.numpy(), lengths.numpy())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_an_entry_sees_none_after_it(
    encoder: CausalEncoder, sequences: tuple[torch.Tensor, torch.Tensor]
) -> None:
    entries = sequences[0].clone()
    with torch.no_grad():
        before = encoder(entries)[:, :6]
        entries[:, 6:] = 0.5
        after = encoder(entries)[:, :6]
    torch.testing.assert_close(before, after)


def test_the_order_is_learned_where_the_log_has_one(walks: Dataset) -> None:
    training, held_out = split_by_time(walks)
    reached = {}
    for name in ("pooling", "causal"):
        bundle = train(training, CAUSAL.model_copy(update={"user_encoder": name}), seed=0)
        lists = lists_by_user(bundle, training, list(held_out), 1)
        reached[name] = score_lists(lists, held_out, 1)[RECALL]
    assert reached["causal"] > 0.95
    assert reached["pooling"] < 0.8, "the next and the previous item are as near"


def test_the_same_seed_gives_the_same_weights(walks: Dataset) -> None:
    first, again, other = (
        train(walks, CAUSAL, seed=seed, share=0.1).weights() for seed in (0, 0, 1)
    )
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert not torch.equal(first["ids"], other["ids"])


def test_the_encoder_is_chosen_by_the_log(walks: Dataset, shop: Dataset) -> None:
    undecided = CAUSAL.model_copy(update={"user_encoder": None})
    ordered = choose_encoder(walks, undecided, seed=0)
    assert ordered.config.user_encoder == "causal"
    assert ordered.reason.startswith("Causal: after a quarter of the training")
    rng = np.random.default_rng(0)
    shuffled = walks.interactions["timestamp"].to_numpy()[rng.permutation(len(walks.interactions))]
    mixed = Dataset(walks.interactions.assign(timestamp=shuffled), walks.users, walks.items)
    assert choose_encoder(mixed, undecided, seed=0).config.user_encoder == "pooling"


@pytest.mark.parametrize("name", ["two_tower", "full"])
def test_the_choice_is_a_part_of_the_progress(walks: Dataset, name: str) -> None:
    undecided = CAUSAL.model_copy(update={"user_encoder": None})
    shares: list[float] = []
    create(RANKING_MODELS[name], undecided).fit(InteractionMatrix(walks), 0, shares.append)
    assert shares == sorted(shares)
    assert 0 < shares[0] < 0.2
    assert shares[-1] == 1


def test_without_times_or_with_few_users_nothing_is_compared(walks: Dataset) -> None:
    undecided = CAUSAL.model_copy(update={"user_encoder": None})
    log = walks.interactions
    timeless = Dataset(
        log.assign(timestamp=pd.Series(pd.NaT, index=log.index, dtype="datetime64[ns, UTC]")),
        walks.users,
        walks.items,
    )
    few = Dataset(log[log["user_id"] < "u15"], walks.users, walks.items)
    for data, word in ((timeless, "no times"), (few, "too few")):
        choice = choose_encoder(data, undecided, seed=0)
        assert choice.config.user_encoder == "pooling"
        assert word in choice.reason


def test_what_the_configuration_says_is_not_compared(walks: Dataset) -> None:
    choice = choose_encoder(walks, CAUSAL, seed=0)
    assert choice.config == CAUSAL


@pytest.fixture(scope="module")
def bundle(walks: Dataset) -> Bundle:
    return train(walks, CAUSAL, seed=0)


def test_a_users_vector_is_the_same_alone_and_in_a_batch(walks: Dataset, bundle: Bundle) -> None:
    users = walks.known_users()
    together = bundle.encode_users(users, walks.interactions, None)
    for place in (0, 17, 299):
        user = users.iloc[[place]]
        own = walks.interactions[walks.interactions["user_id"] == user["user_id"].item()]
        alone = bundle.encode_users(user, own.iloc[::-1], None)
        np.testing.assert_allclose(alone[0], together[place], atol=1e-5)


def test_a_user_without_history_has_a_vector_too(walks: Dataset, bundle: Bundle) -> None:
    users = walks.known_users()
    nobody = users.iloc[:1].assign(user_id="nobody")
    vectors = bundle.encode_users(pd.concat([nobody, users]), walks.interactions, None)
    assert not vectors[0, :-1].any()
    np.testing.assert_allclose(
        vectors[1:], bundle.encode_users(users, walks.interactions, None), atol=1e-5
    )


def test_a_saved_bundle_encodes_the_same(
    walks: Dataset, bundle: Bundle, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("causal")
    bundle.save(folder)
    users = walks.known_users()
    loaded = Bundle.load(folder)
    assert loaded.config.user_encoder == "causal"
    expected = bundle.encode_users(users, walks.interactions, None)
    np.testing.assert_array_equal(loaded.encode_users(users, walks.interactions, None), expected)


def test_older_entries_than_the_newest_do_not_reach_the_encoder(walks: Dataset) -> None:
    short = CAUSAL.model_copy(update={"causal": CausalConfig(length=2, pooled_weight=0, epochs=1)})
    bundle = train(walks, short, seed=0)
    user = walks.known_users().iloc[[0]]
    own = walks.interactions[walks.interactions["user_id"] == user["user_id"].item()]
    whole, newest = (
        bundle.user_encoder._encoded(*_history(bundle, user, log), None)
        for log in (own, own.iloc[-2:])
    )
    np.testing.assert_allclose(whole, newest, atol=1e-6)


def _history(bundle: Bundle, user: pd.DataFrame, log: pd.DataFrame) -> tuple[Histories, Array]:
    history = Histories.build(
        log, user["user_id"].tolist(), pd.Index(bundle.item_ids), bundle.config.confidence
    )
    return history, history.weights(None)


def test_users_with_single_items_have_no_order_to_learn(walks: Dataset) -> None:
    single = walks.interactions.drop_duplicates("user_id")
    with pytest.raises(ContractError, match="no user has two items"):
        train(Dataset(single, walks.users, walks.items), CAUSAL, seed=0)
