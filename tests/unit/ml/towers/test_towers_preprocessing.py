from typing import Any

import numpy as np
import pandas as pd
import pytest

import ml.towers.preprocessing
from ml.dataset import Dataset
from ml.towers.preprocessing import Preprocessing
from ml.towers.text import embed_texts
from streams.errors import ConfigurationError


def items(**columns: list[Any]) -> pd.DataFrame:
    count = len(next(iter(columns.values())))
    table = pd.DataFrame(
        {
            "item_id": [f"i{number}" for number in range(count)],
            "product_name": "",
            "category": "",
            "discounted_price": np.nan,
            "actual_price": np.nan,
            "discount_percentage": np.nan,
            "rating": np.nan,
            "rating_count": np.nan,
            "about_product": "",
            "arrival_date": pd.Timestamp("2026-01-01", tz="UTC"),
        },
        index=range(count),
    )
    return table.assign(**columns)


def dataset(table: pd.DataFrame, preferences: tuple[str, ...] = ()) -> Dataset:
    users = pd.DataFrame({"user_id": [str(n) for n, _ in enumerate(preferences)]})
    return Dataset(
        interactions=pd.DataFrame({"item_id": table["item_id"]}),
        users=users.assign(
            preferences=list(preferences), signup_date=pd.Series(pd.NaT, index=users.index)
        ),
        items=table,
    )


def test_every_ancestor_of_a_category_is_in_the_vocabulary_by_its_full_path() -> None:
    fitted = Preprocessing.fit(dataset(items(category=["A|B|C", "A | D", ""])), None)
    assert fitted.category_paths == ("A", "A|B", "A|B|C", "A|D")
    tokens = fitted.item_features(items(category=["A|B|C", "A|New", ""])).categories
    assert tokens.indices.tolist() == [0, 1, 2, 0]
    assert tokens.offsets.tolist() == [0, 3, 4, 4]


def test_one_name_below_two_parents_is_two_categories() -> None:
    table = items(category=["Phones|Accessories", "Bikes|Accessories"])
    categories = Preprocessing.fit(dataset(table), None).item_features(table).categories
    first, second = np.split(categories.indices, categories.offsets[1:-1])
    assert set(first).isdisjoint(second)


@pytest.mark.parametrize(
    ("preferences", "expected"),
    [
        ("A", ["A"]),
        ("A| B |A||", ["A", "B"]),
        ("Accessories", ["A|Accessories", "B|Accessories"]),
        ("C", ["C"]),  # a root besides the one below B: the root is meant
        ("Gifts", ["Gifts"]),  # no product has it, but users prefer it
        ("unknown", []),
        ("", []),
    ],
)
def test_a_preference_names_a_root_category_or_else_all_of_that_name(
    preferences: str, expected: list[str]
) -> None:
    table = items(category=["A|Accessories", "B|Accessories", "B|C", "C|D"])
    fitted = Preprocessing.fit(dataset(table, ("A|Gifts", "Accessories")), None)
    tokens = fitted.preference_tokens(pd.Series([preferences]))
    assert [fitted.category_paths[index] for index in tokens.indices] == expected
    assert tokens.offsets.tolist() == [0, len(expected)]


def test_numbers_are_standardized_and_absent_ones_are_flagged() -> None:
    table = items(rating=[2.0, 4.0, np.nan], discounted_price=[np.e - 1, np.e**3 - 1, np.nan])
    features = Preprocessing.fit(dataset(table), None).item_features(table)
    price, _, _, rating, *_ = features.numbers.T
    assert rating == pytest.approx([-1, 1, 0])
    assert price == pytest.approx([-1, 1, 0])
    assert features.numbers[:, 6 + 3].tolist() == [0, 0, 1]
    assert features.described.tolist() == [True, True, False]


def test_an_outlier_is_clipped() -> None:
    fitted = Preprocessing.fit(dataset(items(rating=[2.0, 4.0])), None)
    assert np.abs(fitted.item_features(items(rating=[500.0])).numbers).max() == 4


def test_an_item_of_a_log_alone_has_empty_features() -> None:
    table = items(category=["A", "A"], rating=[2.0, 4.0])
    log = pd.DataFrame({"item_id": ["i1", "stranger"]})
    shop = Dataset(log, dataset(table).users, table)
    fitted = Preprocessing.fit(shop, None)
    assert fitted.item_ids == ("i1", "stranger")
    assert fitted.known_item_features(table).described.tolist() == [True, False]


def test_names_that_say_nothing_never_load_the_sentence_encoder(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load(*_: object) -> None:
        raise AssertionError("texts were embedded")

    monkeypatch.setattr(ml.towers.preprocessing, "embed_texts", load)
    table = items(product_name=["Item 42", "B012345678"])
    fitted = Preprocessing.fit(dataset(table), "all-MiniLM-L6-v2")
    assert fitted.text_encoder is None
    assert fitted.item_features(table).texts.shape == (2, 0)
    assert not fitted.item_features(table).described.any()


def test_texts_of_one_meaning_are_near_each_other() -> None:
    table = items(
        product_name=["Item 1", "USB-C charging cable", "Fast phone charger cord", "Garden hose"],
        about_product=["", "", "", "For watering the lawn and flowers"],
    )
    fitted = Preprocessing.fit(dataset(table), "all-MiniLM-L6-v2")
    texts = fitted.item_features(table).texts
    assert texts.shape == (4, 384)
    assert not texts[0].any()
    assert np.linalg.norm(texts[1:], axis=1) == pytest.approx([1, 1, 1], abs=1e-5)
    assert texts[1] @ texts[2] > texts[1] @ texts[3] + 0.2


def test_an_encoder_that_is_not_there_is_named() -> None:
    with pytest.raises(ConfigurationError, match="bert-of-tomorrow"):
        embed_texts(["some words"], "bert-of-tomorrow")
