from collections import Counter

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from ml.retrieval.spread import NONE, PAGE, spread, spread_one

FEW = arrays(np.int32, st.tuples(st.integers(1, 3), st.integers(1, 90)), elements=st.integers(0, 4))
STRENGTHS = st.floats(0, 5)


def greedy(groups: list[int], strength: float) -> list[int]:
    """Step by step the entry that costs least, given what is in the list."""
    left, chosen = list(range(len(groups))), list[int]()
    while left:
        counts = Counter(groups[entry] for entry in chosen)
        costs = {e: np.log1p(e) + strength * np.log1p(counts[groups[e]]) for e in left}
        best = min(left, key=lambda entry: (round(costs[entry] * 2**40), entry))
        left.remove(best)
        chosen.append(best)
    return chosen


@given(groups=FEW, strength=STRENGTHS)
def test_while_the_rules_hold_it_is_the_greedy_choice(groups: np.ndarray, strength: float) -> None:
    short = groups[:, : PAGE // 2]
    assert spread(short, 90, strength).tolist() == [greedy(row, strength) for row in short.tolist()]


@given(groups=FEW, strength=STRENGTHS, k=st.integers(1, 90))
def test_a_group_keeps_its_order_and_nothing_is_shown_twice(
    groups: np.ndarray, strength: float, k: int
) -> None:
    for row, shown in zip(groups, spread(groups, k, strength).tolist(), strict=True):
        assert len(shown) == len(set(shown)) == min(k, len(row))
        for group in set(row):
            members = [entry for entry in shown if row[entry] == group]
            assert members == [e for e in range(len(row)) if row[e] == group][: len(members)]


def test_without_strength_a_varied_list_stays() -> None:
    groups = np.arange(60, dtype=np.int32)[None] % 7
    assert spread(groups, 50, 0).tolist() == [list(range(50))]


@given(others=st.integers(PAGE // 2, 60), strength=STRENGTHS)
def test_no_group_has_more_than_half_of_the_first_page_where_there_are_others(
    others: int, strength: float
) -> None:
    groups = np.array([[0] * 60 + [1 + entry % 3 for entry in range(others)]])
    first = groups[0][spread(groups, 50, strength)[0, :PAGE]]
    assert (first == 0).sum() <= PAGE // 2


def test_a_users_own_group_may_fill_a_page() -> None:
    groups = np.array([[0] * 30 + [1] * 30, [0] * 30 + [1] * 30])
    shown = spread(groups, PAGE, 0, own=np.array([0, NONE]))
    assert [(row[:PAGE] < 30).sum() for row in shown] == [PAGE, PAGE // 2]


@given(place=st.integers(0, 89), strength=STRENGTHS)
def test_what_is_wanted_is_on_the_first_two_pages(place: int, strength: float) -> None:
    groups = np.where(np.arange(90) == place, 99, np.arange(90) % 5)[None]
    wanted = (np.arange(90) == place)[None]
    assert place in spread(groups, 50, strength, wanted=wanted)[0, : 2 * PAGE]


def test_entries_that_do_not_exist_stay_at_the_end() -> None:
    groups = np.array([[0, 0, 1, NONE, NONE], [NONE] * 5])
    shown = spread(groups, 9, 1.0, wanted=np.zeros((2, 5), dtype=bool))
    assert shown.tolist() == [[0, 2, 1, 3, 4], [0, 1, 2, 3, 4]]


@given(
    pairs=st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3)), min_size=80, max_size=120),
    strength=STRENGTHS,
)
def test_no_brand_fills_a_page_where_others_are_left(
    pairs: list[tuple[int, int]], strength: float
) -> None:
    groups, brands = ([pair[side] for pair in pairs] for side in (0, 1))
    page = spread_one(groups, PAGE, strength, brands=brands)
    free = spread_one(groups, PAGE, strength)
    for brand in set(brands):
        taken = sum(brands[entry] == brand for entry in page)
        waits = any(
            brands[entry] != brand
            and sum(groups[each] == groups[entry] for each in page) < PAGE // 2
            for entry in set(range(len(pairs))) - set(page)
        )
        assert taken <= PAGE // 2 or not waits
    if all(sum(brands[each] == brand for each in free) <= PAGE // 2 for brand in set(brands)):
        assert page == free


def test_who_only_buys_of_one_brand_may_see_more_of_it() -> None:
    groups, brands = list(range(60)), ["Acme"] * 40 + ["Other"] * 20
    assert spread_one(groups, PAGE, 0, brands=brands) == [*range(10), *range(40, 50)]
    assert spread_one(groups, PAGE, 0, brands=brands, own_brand="Acme") == list(range(PAGE))


@given(
    row=st.lists(st.integers(0, 6), min_size=1, max_size=250),
    strength=st.sampled_from([0.0, 0.25, 0.5, 1.7]),
    k=st.integers(1, 130),
    own=st.sampled_from([NONE, 0, 1]),
    data=st.data(),
)
def test_one_row_is_spread_as_many_are(
    row: list[int], strength: float, k: int, own: int, data: st.DataObject
) -> None:
    wanted = data.draw(st.sets(st.integers(0, len(row) - 1), max_size=30))
    flags = np.isin(np.arange(len(row)), list(wanted))[None]
    (expected,) = spread(np.array([row]), k, strength, own=np.array([own]), wanted=flags).tolist()
    assert spread_one(row, k, strength, own=own, wanted=wanted) == expected
