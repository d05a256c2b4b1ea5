"""A twin never starts from weights that have seen what it is evaluated on."""

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml.dataset import Dataset
from ml.evaluation.validation import EarlierTwin, hold_out, train_for_validation
from ml.towers.bundle import Bundle
from ml.towers.config import TowersConfig
from ml.towers.training import train
from streams.errors import ContractError
from support.training_log import dataset_of

CONFIG = TowersConfig(dim=4, epochs=1, user_encoder="pooling", text_encoder=None)
START = pd.Timestamp("2026-01-01", tz="UTC")


@pytest.fixture(scope="module")
def bundle() -> Bundle:
    return train(dataset_of([("a", "x"), ("b", "y")], timed=True), CONFIG, seed=0)


Pairs = set[tuple[str, str, pd.Timestamp]]


def pairs_of(interactions: pd.DataFrame) -> Pairs:
    columns = interactions[["user_id", "item_id", "timestamp"]]
    return set(columns.itertuples(index=False, name=None))


@settings(max_examples=40, deadline=None)
@given(
    hours=st.lists(st.integers(0, 60), min_size=12, max_size=60),
    runs=st.lists(st.tuples(st.integers(1, 70), st.integers(1, 70)), min_size=2, max_size=6),
)
def test_a_chain_of_twins_never_carries_what_is_held_out(
    bundle: Bundle, hours: list[int], runs: list[tuple[int, int]]
) -> None:
    """Runs as of any instants, in any order, with windows of any length."""
    rows = [(f"u{place % 5}", f"i{place * 7 % 11}") for place in range(len(hours))]
    log = dataset_of(rows, timed=True).interactions
    log["timestamp"] = START + pd.to_timedelta(hours, unit="h")
    carried: Pairs = set()
    before: EarlierTwin | None = None
    for until, window in runs:
        end = START + pd.Timedelta(hours=until)
        inside = log["timestamp"].between(end - pd.Timedelta(hours=window), end)
        empty = dataset_of([])
        part = hold_out(Dataset(log[inside].reset_index(drop=True), empty.users, empty.items))
        if part is None or part.instant is None:
            continue
        learned = pairs_of(part.earlier.interactions)
        if before is not None and before.may_start(part):
            learned |= carried
        instants = {instant for _, _, instant in learned}
        assert all(instant < part.instant for instant in instants)
        newest = log[inside & (log["timestamp"] >= part.instant)]
        assert not learned & pairs_of(newest)
        carried, before = learned, EarlierTwin(bundle, part.instant)


def test_a_twin_that_has_seen_too_much_is_refused(bundle: Bundle) -> None:
    rows = [(f"u{place % 4}", f"i{place * place % 23}") for place in range(60)]
    dataset = dataset_of(rows, timed=True)
    part = hold_out(dataset)
    assert part is not None
    assert part.instant is not None
    allowed = EarlierTwin(bundle, part.instant)
    assert train_for_validation(dataset, CONFIG, seed=0, start=allowed) is not None
    late = EarlierTwin(bundle, part.instant + pd.Timedelta(seconds=1))
    assert not late.may_start(part)
    with pytest.raises(ContractError, match="cannot start one that is evaluated"):
        train_for_validation(dataset, CONFIG, seed=0, start=late)


def test_a_log_without_times_has_no_instant_to_compare(bundle: Bundle) -> None:
    rows = [(f"u{place % 4}", f"i{place % 9}") for place in range(40)]
    part = hold_out(dataset_of(rows))
    assert part is not None
    assert not EarlierTwin(bundle, START).may_start(part)
