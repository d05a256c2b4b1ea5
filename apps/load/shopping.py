"""What the visitors of a shop do: a plan that the same seed makes again.

The plan is open: an action has its instant however slow the shop is, because shoppers do not wait
for each other. So whoever carries it out measures from that instant, and a shop that stalls cannot
hide it by keeping its visitors from asking (coordinated omission: Tene, "How NOT to Measure
Latency", 2013; wrk2).
"""

from collections.abc import Iterator
from heapq import heappop, heappush
from itertools import accumulate, chain, count
from random import Random

from apps.load.actions import LISTS, Action, Page, Person, Role
from apps.load.arrivals import arrivals

_VIEWS_END = 0.28
"""After each view: probability that it is the session's last one, as in the synthetic shop."""
_MAX_VIEWS = 20
_CART = 0.1
"""Share of sessions with a cart event. RetailRocket's log of a real shop (Kaggle, 2016) has 26 of
them for 1,000 views, and a purchase for a third of them."""
_PURCHASE = 0.33
_RATING = 0.2
"""Share of purchases that are rated."""
_LIST = 0.25
"""After a view: probability that the visitor looks at another list."""
_THINK_SECONDS = 2.0
"""Mean; exponential, as TPC-W has it (clause 5.3.1.1), but shorter than its 7 s: so that a short
run reaches its rate."""
_ZIPF_EXPONENT = 1.0
_POSITION_ENDS = 0.3
"""Positions of a list are clicked geometrically."""
_MAX_POSITION = 23
_ROBOT_VIEWS = 60
_ROBOT_SECONDS = 0.2
"""Between two views of a robot."""
_NEW = 0.1
"""Share of the members' sessions that begin with a sign-up."""
_KNOWN_SECONDS = 10.0
"""So many seconds' worth of arrivals have an account when the load begins."""
_LONGEST_SECONDS = 60.0
"""More than nearly every session takes."""
_SAMPLE = 10_000
"""Sessions from which the mean number of actions is taken."""
_LIST_WEIGHTS = (4, 3, 1, 2)
_ROLES = {Role.MEMBER: 0.79, Role.GUEST: 0.2, Role.CRAWLER: 0.005, Role.SCRAPER: 0.005}
"""Their shares of sessions."""


class Shopping:
    """All that visitors do between two instants.

    Args:
        rate: mean number of actions a second.
        start: seconds; negative for what comes before the measurement.
        end: seconds; sessions that last longer are cut.
        items: number of products.
        seed: of all that is left to chance.
        events_only: only actions that become events; the rate is theirs.
    """

    def __init__(
        self,
        rate: float,
        start: float,
        end: float,
        *,
        items: int,
        seed: int,
        events_only: bool = False,
    ) -> None:
        self._start, self._end = start, end
        self._events_only = events_only
        self._numbers, self._sessions = count(), count()
        self._random = Random(seed)  # noqa: S311 - a plan that can be made again
        weights = accumulate((rank + 1) ** -_ZIPF_EXPONENT for rank in range(items))
        self._weights = list(weights)
        self._idle: dict[Role, list[Person]] = {role: [] for role in Role}
        self._arrival_rate = rate / self._mean_length()
        known = max(1, round(self._arrival_rate * _KNOWN_SECONDS))
        self.members = [Person(next(self._numbers), Role.MEMBER) for _ in range(known)]
        """Shoppers who have an account when the load begins."""
        self._idle = {role: [] for role in Role} | {Role.MEMBER: list(self.members)}
        self._actions = self._in_order()
        self._skip_to_start()

    def actions(self) -> Iterator[Action]:
        """The actions in the order of time; can be iterated once."""
        return self._actions

    def _skip_to_start(self) -> None:
        """Leave out what was before, so that there are sessions under way at the start."""
        for action in self._actions:
            if action.at >= self._start:
                self._actions = chain([action], self._actions)
                return
            if action.page is Page.SIGN_UP:
                self.members.append(action.person)

    def _in_order(self) -> Iterator[Action]:
        begin = self._start - _LONGEST_SECONDS
        under_way: list[tuple[float, int, Action, Iterator[Action]]] = []
        tie = count()

        def go_on(session: Iterator[Action], person: Person) -> None:
            action = next(session, None)
            if action is None:
                self._idle[person.role].append(person)
            else:
                heappush(under_way, (action.at, next(tie), action, session))

        def until(instant: float) -> Iterator[Action]:
            while under_way and under_way[0][0] < instant:
                _, _, action, session = heappop(under_way)
                yield action
                go_on(session, action.person)

        for arrival in arrivals(self._arrival_rate, begin, self._end, self._random):
            yield from until(arrival)
            person, is_new = self._visitor()
            go_on(self._counted(person, arrival, is_new=is_new), person)
        yield from until(self._end)

    def _mean_length(self) -> float:
        actions = 0
        for _ in range(_SAMPLE):
            person, is_new = self._visitor()
            actions += sum(1 for _ in self._counted(person, 0, is_new=is_new))
            self._idle[person.role] = [person]
        return actions / _SAMPLE

    def _visitor(self) -> tuple[Person, bool]:
        """Who comes next, and whether they sign up first."""
        role = self._random.choices(list(_ROLES), list(_ROLES.values()))[0]
        idle = self._idle[role]
        if not idle or (role is Role.MEMBER and self._random.random() < _NEW):
            person = Person(next(self._numbers), role)
            return person, person.has_account
        chosen = self._random.randrange(len(idle))
        idle[chosen], idle[-1] = idle[-1], idle[chosen]
        return idle.pop(), False

    def _counted(self, person: Person, at: float, *, is_new: bool) -> Iterator[Action]:
        visit = self._visit(person, at, is_new=is_new)
        return (each for each in visit if each.is_event or not self._events_only)

    def _visit(self, person: Person, at: float, *, is_new: bool) -> Iterator[Action]:
        session = next(self._sessions)
        if is_new:
            yield Action(at, person, session, Page.SIGN_UP)
            at += self._pause()
        if person.role in (Role.CRAWLER, Role.SCRAPER):
            yield from self._robot(person, session, at)
        else:
            yield from self._shopper(person, session, at)

    def _robot(self, person: Person, session: int, at: float) -> Iterator[Action]:
        items = len(self._weights)
        first = self._random.randrange(items)
        for number in range(_ROBOT_VIEWS):
            item = (first + number) % items
            yield Action(at + number * _ROBOT_SECONDS, person, session, Page.PRODUCT, item)

    def _shopper(self, person: Person, session: int, at: float) -> Iterator[Action]:
        random = self._random
        surface = self._list()
        yield Action(at, person, session, surface)
        item = 0
        for number in range(_MAX_VIEWS):
            at += self._pause()
            item = self._item()
            position = min(_MAX_POSITION, int(random.expovariate(_POSITION_ENDS)))
            yield Action(at, person, session, Page.PRODUCT, item, surface.value, position)
            if random.random() < _VIEWS_END:
                break
            if number + 1 < _MAX_VIEWS and random.random() < _LIST:
                at += self._pause()
                surface = self._list()
                yield Action(at, person, session, surface)
        if not person.has_account or random.random() >= _CART:
            return
        at += self._pause()
        yield Action(at, person, session, Page.CART, item, surface.value)
        if random.random() >= _PURCHASE:
            return
        at += self._pause()
        yield Action(at, person, session, Page.ORDER, item)
        if random.random() < _RATING:
            at += self._pause()
            yield Action(at, person, session, Page.PRODUCT, item, "orders")
            at += self._pause()
            yield Action(at, person, session, Page.RATING, item)

    def _list(self) -> Page:
        return self._random.choices(LISTS, _LIST_WEIGHTS)[0]

    def _item(self) -> int:
        return self._random.choices(range(len(self._weights)), cum_weights=self._weights)[0]

    def _pause(self) -> float:
        return self._random.expovariate(1 / _THINK_SECONDS)
