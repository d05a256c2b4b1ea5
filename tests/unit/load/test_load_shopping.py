"""The plan of a load: seeded, in order, with the rate, the long tail and the robots of a shop."""

from collections import Counter
from itertools import pairwise

import pytest

from apps.load.actions import LISTS, Action, Page, Role
from apps.load.shopping import Shopping

ITEMS, SECONDS, RATE = 500, 120, 50


def plan(seed: int = 1, *, events_only: bool = False) -> list[Action]:
    return list(
        Shopping(RATE, -5, SECONDS, items=ITEMS, seed=seed, events_only=events_only).actions()
    )


@pytest.fixture(scope="module")
def actions() -> list[Action]:
    return plan()


def test_the_same_seed_makes_the_same_plan(actions: list[Action]) -> None:
    assert plan() == actions
    assert plan(seed=2) != actions


@pytest.mark.parametrize("events_only", [False, True])
def test_the_rate_is_reached_from_the_start(*, events_only: bool) -> None:
    instants = [each.at for each in plan(events_only=events_only)]
    assert instants == sorted(instants)
    assert instants[0] >= -5
    assert instants[-1] < SECONDS
    assert len(instants) / (SECONDS + 5) == pytest.approx(RATE, rel=0.15)
    first_half = sum(at < SECONDS / 2 for at in instants) / (SECONDS / 2 + 5)
    assert first_half == pytest.approx(RATE, rel=0.25)


def test_there_are_bursts(actions: list[Action]) -> None:
    begun = Counter(int(each.at) for each in actions if each.page in LISTS)
    mean = begun.total() / (SECONDS + 5)
    # A Poisson process of this mean has no such second in two minutes.
    assert max(begun.values()) > 2 * mean


def test_few_products_get_most_of_the_views(actions: list[Action]) -> None:
    views = Counter(
        each.item
        for each in actions
        if each.page is Page.PRODUCT and each.person.role is Role.MEMBER
    )
    top = sum(views[item] for item in range(ITEMS // 10))
    assert top > views.total() / 2
    assert len(views) > ITEMS / 2


def test_shoppers_pause_and_robots_do_not(actions: list[Action]) -> None:
    by_session: dict[int, list[Action]] = {}
    for each in actions:
        by_session.setdefault(each.session, []).append(each)
    pauses: dict[Role, list[float]] = {role: [] for role in Role}
    for session in by_session.values():
        pauses[session[0].person.role] += [
            later.at - each.at for each, later in pairwise(session) if each.page is Page.PRODUCT
        ]
    mean = {role: sum(found) / len(found) for role, found in pauses.items()}
    assert mean[Role.MEMBER] == pytest.approx(2, rel=0.2)
    assert mean[Role.CRAWLER] == pytest.approx(0.2)
    assert mean[Role.SCRAPER] == pytest.approx(0.2)


def test_a_form_follows_the_page_that_has_it(actions: list[Action]) -> None:
    latest: dict[int, Action] = {}
    checked: Counter[Page] = Counter()
    for each in actions:
        before = latest.get(each.session)
        latest[each.session] = each
        needed = {Page.CART: Page.PRODUCT, Page.ORDER: Page.CART, Page.RATING: Page.PRODUCT}
        if before and each.page in needed:
            checked[each.page] += 1
            assert (before.page, before.item) == (needed[each.page], each.item)
    assert set(checked) == {Page.CART, Page.ORDER, Page.RATING}


def test_no_shopper_has_two_sessions_at_once(actions: list[Action]) -> None:
    ends: dict[int, float] = {}
    for each in actions:
        ends[each.session] = each.at
    open_session: dict[int, int] = {}
    for each in actions:
        number = each.person.number
        current = open_session.get(number)
        if current is not None and current != each.session:
            assert ends[current] <= each.at
        open_session[number] = each.session


def test_whoever_acts_has_an_account_before(actions: list[Action]) -> None:
    shopping = Shopping(RATE, -5, SECONDS, items=ITEMS, seed=1)
    known = {person.number for person in shopping.members}
    assert len(known) == len(shopping.members)
    for each in actions:
        if each.page is Page.SIGN_UP:
            assert each.person.number not in known
            known.add(each.person.number)
        elif each.person.has_account:
            assert each.person.number in known


def test_events_are_what_people_with_an_account_do(actions: list[Action]) -> None:
    for each in plan(events_only=True):
        assert each.is_event
        assert each.page not in LISTS
        assert each.person.role in (Role.MEMBER, Role.SCRAPER)
