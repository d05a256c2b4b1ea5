import numpy as np

from ml.serving.category_spread import BY_SCORE, CategorySpread, History

NOBODY = History(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
KETTLES, MUGS, LEADS = "Kitchen|Kettles", "Kitchen|Mugs", "Pets|Leads"
CATALOGUE = [*[KETTLES] * 60, *[MUGS] * 10, *[LEADS] * 10]


def first(
    spread: CategorySpread, k: int, preferences: str = "", history: History = NOBODY
) -> list[int]:
    candidates = np.arange(80)[None]
    places: list[int] = spread.first(candidates, k, [preferences], history)[0].tolist()
    return places


def test_by_score_the_best_are_shown() -> None:
    assert BY_SCORE.first(np.arange(80)[None], 3, [""], NOBODY).tolist() == [[0, 1, 2]]
    assert BY_SCORE.width(20) == 20


def test_no_category_fills_a_page() -> None:
    shown = [CATALOGUE[item] for item in first(CategorySpread.of(CATALOGUE, 0), 20)]
    assert shown.count(KETTLES) == 10
    assert set(shown) == {KETTLES, MUGS}


def test_a_preference_is_on_the_first_two_pages() -> None:
    paths = [*[KETTLES] * 30, *[MUGS] * 49, LEADS]
    spread = CategorySpread.of(paths, 0)
    assert 79 not in first(spread, 40)
    assert 79 in first(spread, 40, "Pets")
    assert 79 not in first(spread, 40, "Garden"), "the catalogue has none"


def test_who_only_buys_kettles_may_see_more_of_them() -> None:
    history = History(np.zeros(3, dtype=np.int64), np.array([0, 1, 65]))
    shown = first(CategorySpread.of(CATALOGUE, 0), 20, history=history)
    assert shown == list(range(20))


def test_items_without_a_category_are_not_alike() -> None:
    spread = CategorySpread.of([""] * 80, 5)
    assert first(spread, 20) == list(range(20))


def test_where_candidates_end_so_do_lists() -> None:
    candidates = np.array([[3, 61, -1, -1]])
    shown = CategorySpread.of(CATALOGUE, 1).first(candidates, 3, ["Pets"], NOBODY)
    assert shown.tolist() == [[3, 61, -1]]
