import numpy as np
import pandas as pd
import pytest

from ml.dataset import INTERACTION_COLUMNS, ITEM_COLUMNS, USER_COLUMNS, Dataset
from ml.evaluation.category_popularity import CategoryPopularity
from ml.evaluation.newcomers import hold_out_newcomers
from streams.errors import ContractError

START = pd.Timestamp("2026-01-01", tz="UTC")


def shop(met: dict[str, str], paths: dict[str, str], preferences: dict[str, str]) -> Dataset:
    """Users with the items they met, one letter each, a day apart; items with their category."""
    rows = [
        (user, item, START + pd.Timedelta(days=day), "view", np.nan, np.nan)
        for user, items in met.items()
        for day, item in enumerate(items)
    ]
    users = [(user, preferred, START) for user, preferred in preferences.items()]
    items = [(item, item, path, *[np.nan] * 5, "", START) for item, path in paths.items()]
    return Dataset(
        pd.DataFrame(rows, columns=list(INTERACTION_COLUMNS)),
        pd.DataFrame(users, columns=list(USER_COLUMNS)),
        pd.DataFrame(items, columns=list(ITEM_COLUMNS)),
    )


def big_shop() -> Dataset:
    rng = np.random.default_rng(2)
    letters = [chr(ord("A") + number) for number in range(26)]
    met = {f"u{n:02}": "".join(rng.permutation(letters)[:7]) for n in range(40)}
    paths = {letter: "" if letter < "G" else "Books" for letter in letters}
    return shop(met, paths, {f"u{n:02}": "Books" for n in range(20)})


def test_newcomers_leave_nothing_behind() -> None:
    dataset = big_shop()
    newcomers = hold_out_newcomers(dataset, share=0.25, seed=1)
    training = newcomers.training
    new_items, new_users = set(newcomers.items["item_id"]), set(newcomers.users["user_id"])
    assert len(new_items) == 5
    assert len(new_users) == 10
    for table in (training.interactions, training.items):
        assert not new_items & set(table["item_id"])
    for table in (training.interactions, training.users):
        assert not new_users & set(table["user_id"])
    log = dataset.interactions
    stays = ~log["item_id"].isin(new_items) & ~log["user_id"].isin(new_users)
    assert len(training.interactions) == stays.sum()
    assert len(training.items) == 21


def test_what_is_asked_for_is_what_the_log_says() -> None:
    dataset = big_shop()
    newcomers = hold_out_newcomers(dataset, share=0.25, seed=1)
    new_items, new_users = set(newcomers.items["item_id"]), set(newcomers.users["user_id"])
    met = dataset.interactions.groupby("user_id")["item_id"].agg(list)
    assert newcomers.wanted == {
        user: wanted
        for user, items in met.items()
        if user not in new_users and (wanted := set(items) & new_items)
    }
    clicks = newcomers.clicks.groupby("user_id")["item_id"].agg(list)
    for user in new_users:
        known = [item for item in met[user] if item not in new_items]
        assert clicks[user] == known[:2]
        assert newcomers.rest[user] == set(known[2:])


def test_items_without_content_and_users_without_a_third_item_stay() -> None:
    dataset = shop(
        {"short": "ABAB", "long": "ABCA", "other": "ABC"},
        {"A": "", "B": "", "unmet": "Books"},
        {},
    )
    newcomers = hold_out_newcomers(dataset, share=0.9)
    assert newcomers.items.empty
    assert newcomers.wanted == {}
    assert newcomers.users["user_id"].tolist() == ["long", "other"]
    assert newcomers.clicks["item_id"].tolist() == ["A", "A", "B", "B"]
    # Neither the catalogue nor the rest of the log knows C: no list could hold it.
    assert newcomers.rest == {}


def test_the_seed_draws() -> None:
    drawn = [
        hold_out_newcomers(big_shop(), seed=seed).items["item_id"].tolist() for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("share", [0, 1])
def test_a_share_out_of_range_is_refused(share: float) -> None:
    with pytest.raises(ContractError, match="share must be"):
        hold_out_newcomers(big_shop(), share=share)


def test_a_new_item_is_as_popular_as_the_nearest_category_with_interactions() -> None:
    training = shop(
        {"u": "aab", "v": "bc", "w": "d"},
        {
            "a": "Shop|Books|Novels",
            "b": "Shop|Books",
            "c": "Shop|Music",
            "d": "",
            "e": "Shop|Empty",
        },
        {},
    )
    new = shop(
        {},
        {
            "novel": "Shop|Books|Novels",
            "poem": "Shop|Books|Poems",
            "empty": "Shop|Empty",
            "elsewhere": "Garden|Novels",
            "bare": "",
        },
        {},
    )
    categories = CategoryPopularity(training, new.items)
    # Novels: a twice. Books: those and b twice. Shop: those and c.
    assert categories.popularity.tolist() == [2, 4, 5, 0, 0]
    own = categories.of_users(["v", "u", "stranger"]).toarray().tolist()
    assert own == [[0, 1, 2, 0, 0], [1, 2, 2, 0, 0], [0, 0, 0, 0, 0]]
