import pandas as pd
import pytest

from ml.towers.confidence import confidence_weights, without_judged_views
from ml.towers.config import ConfidenceConfig
from ml.towers.events import KINDS, Events
from ml.towers.history import Histories
from streams.errors import ContractError

CONFIG = ConfidenceConfig()
ITEMS = pd.Index(["x", "y", "z"])


def events(*rows: tuple[object, ...]) -> Events:
    """Of one user, from what `frame` takes."""
    return Events.of_frame(frame(*rows), ["a"], ITEMS)


def frame(*rows: tuple[object, ...]) -> pd.DataFrame:
    """Rows of item, minute, type and perhaps rating and quantity."""
    table = pd.DataFrame(
        [(*row, None, None)[:5] for row in rows],
        columns=["item_id", "minute", "interaction_type", "rating", "quantity"],
    )
    start = pd.Timestamp("2026-01-01", tz="UTC")
    table["timestamp"] = start + pd.to_timedelta(table.pop("minute"), unit="min")
    return table.assign(user_id="a").astype({"rating": float, "quantity": float})


def test_a_purchase_weighs_more_than_a_cart_and_a_cart_more_than_a_view() -> None:
    kinds = ("purchase", "cart", "positive_view", "negative_view")
    found = confidence_weights(events(*(("x", 0, kind) for kind in kinds)), CONFIG)
    assert list(found) == sorted(found, reverse=True)
    assert len(set(found)) == 4


def test_quantity_adds_with_each_doubling() -> None:
    bought = events(*(("x", 0, "purchase", None, pieces) for pieces in (None, 1, 2, 4)))
    found = confidence_weights(bought, ConfidenceConfig(quantity_growth=0.5))
    assert found == pytest.approx([1, 1, 1.5, 2])


def test_ratings_between_whole_stars_have_weights_between_theirs() -> None:
    stars = (1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5, 5)
    found = confidence_weights(events(*(("x", 0, "rate", rating) for rating in stars)), CONFIG)
    assert list(found) == sorted(found)
    assert found[[0, 2, 4, 6, 8]] == pytest.approx(CONFIG.ratings)
    assert found[1] == pytest.approx((found[0] + found[2]) / 2)
    assert found[0] < 0 < found[8]


@pytest.mark.parametrize("rating", [None, 0.5, 5.5])
def test_a_rating_without_stars_is_refused(rating: float | None) -> None:
    with pytest.raises(ContractError, match="no rating between 1 and 5"):
        confidence_weights(events(("x", 0, "rate", rating)), CONFIG)


def test_an_unknown_type_is_named() -> None:
    with pytest.raises(ContractError, match="unknown type: wink"):
        events(("x", 0, "wink"), ("x", 0, "view"))
    assert len(events(("x", 0, "view"), ("unknown", 0, "wink"))) == 1


def test_a_verdict_takes_the_place_of_its_view_alone() -> None:
    log = events(("x", 0, "view"), ("x", 0, "negative_view"), ("x", 5, "view"), ("y", 0, "view"),
                 ("z", 1, "view"), ("z", 1, "positive_view"), ("z", 1, "negative_view"),
                 ("z", 1, "purchase"))  # fmt: skip
    left = without_judged_views(log)
    items, kinds = ITEMS[left.items], (KINDS[code] for code in left.kinds)
    assert list(zip(items, kinds, strict=True)) == [
        ("x", "negative_view"),
        ("x", "view"),
        ("y", "view"),
        ("z", "positive_view"),
        ("z", "purchase"),
    ]


def build(log: pd.DataFrame, config: ConfidenceConfig = CONFIG) -> Histories:
    return Histories.build(log, ["nobody", "a"], ITEMS, config)


def test_a_history_has_one_entry_per_item_with_its_highest_weight() -> None:
    history = build(frame(("y", 0, "view"), ("y", 0, "purchase"), ("y", 1440, "view"),
                           ("x", 0, "view"), ("unknown", 0, "view")))  # fmt: skip
    assert history.offsets.tolist() == [0, 0, 2]
    assert history.items.tolist() == [0, 1]
    assert history.confidence == pytest.approx([CONFIG.view, CONFIG.purchase])
    assert history.ages == pytest.approx([1, 0])
    assert history.weights(0.5) == pytest.approx([CONFIG.view / 4, CONFIG.purchase])


def test_a_bad_rating_is_added_to_a_purchase() -> None:
    config = ConfidenceConfig(ratings=(-3, -0.5, 0, 1, 1))
    history = build(frame(("x", 0, "purchase"), ("x", 9, "rate", 1)), config)
    assert history.confidence == pytest.approx([-2])


def test_negative_views_can_be_masked() -> None:
    log = frame(("x", 0, "view"), ("x", 0, "negative_view"))
    assert len(build(log, ConfidenceConfig(negative_view=0)).items) == 0
    assert build(log).confidence == pytest.approx([CONFIG.negative_view])


def test_interactions_without_an_instant_all_count_as_new() -> None:
    log = frame(("x", 0, "view"), ("y", 1, "view"))
    log["timestamp"] = pd.to_datetime(pd.Series(pd.NaT, index=log.index), utc=True)
    assert build(log).ages.tolist() == [0, 0]


def test_the_median_gap_is_between_entries_in_a_row_of_one_user() -> None:
    log = pd.concat(
        frame(*((f"i{place}", minute, "view") for place, minute in enumerate(minutes))).assign(
            user_id=user
        )
        for user, minutes in {"a": (0, 0, 1, 4), "b": (90, 1530)}.items()
    )
    history = Histories.build(log, ["a", "b"], pd.Index([f"i{n}" for n in range(4)]), CONFIG)
    assert history.median_gap() == pytest.approx(3 / 1440, rel=1e-3)


def test_without_times_there_is_no_gap() -> None:
    at_once = frame(("x", 5, "view"), ("y", 5, "view"))
    assert build(at_once).median_gap() is None


def test_session_sizes_are_counted_within_a_user_and_a_window() -> None:
    minutes = {"x": 0, "y": 30, "z": 100}
    log = pd.concat(
        frame(*((item, minute, "view") for item, minute in minutes.items())).assign(user_id=user)
        for user in ("a", "b")
    )
    history = Histories.build(log, ["a", "b"], ITEMS, CONFIG)
    assert history.session_sizes(1 / 24).tolist() == [2, 2, 1] * 2
    assert history.session_sizes(1).tolist() == [3] * 6
