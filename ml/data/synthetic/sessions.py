"""What the shoppers of the synthetic shop do: visits of views, then maybe a cart and a purchase."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import numpy as np

from ml.data.planted import Floats, Indices, PlantedTruth
from ml.data.synthetic.catalogue import Catalogue
from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.shoppers import Shoppers
from ml.data.synthetic.vocabulary import BRANDS, REVIEWS, TITLES
from streams.contracts import Interaction, InteractionType, NewUser, derived_id

_VIEWS_STOP = 0.28
"""After each view: probability that it is the visit's last."""
_MOST_VIEWS = 20
_WANTED = 0.85
"""Probability that a visit ends with something in the cart, or bought at once."""
_CART_FIRST = 0.7
_BOUGHT = 0.75
"""Probability that what is in the cart is bought in the same visit."""
_RATED = 0.4
_REVIEWED = 0.6
_SAME_CATEGORY = 0.7
"""Probability that the next view stays in the category of the visit's first."""
_RATING_DELAY_DAYS = 4
_PAUSE = (15, 150)
"""Seconds between two events of a visit."""
_LONGEST_VISIT = 3_600
"""Seconds; more than the most views, a cart and a purchase take."""
_TRIES = 20
"""Draws before the probabilities of what is left are worked out."""
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class _Visit:
    """What will happen in a visit, before it is known with which items."""

    views: int
    cart: bool
    purchase: bool
    rate: bool

    @property
    def events(self) -> int:
        return self.views + self.cart + self.purchase + self.rate


def make_interactions(
    config: SyntheticConfig,
    catalogue: Catalogue,
    shoppers: Shoppers,
    truth: PlantedTruth,
    random: np.random.Generator,
) -> list[Interaction]:
    """Exactly `config.n_interactions` events, in the order of time."""
    quotas = _quotas(shoppers.activity, config.n_interactions)
    shelf = _Shelf.of(catalogue)
    events: list[Interaction] = []
    for block in truth.blocks(np.arange(len(shoppers.users))):
        for user, taste in zip(block.tolist(), truth.taste(block), strict=True):
            shopper = _Shopper(
                shoppers.users[user],
                config=config,
                catalogue=catalogue,
                shelf=shelf,
                taste=taste,
                random=random,
            )
            events.extend(shopper.live(int(quotas[user])))
    return sorted(events, key=lambda event: (event.timestamp, event.interaction_id))


def _quotas(activity: Floats, total: int) -> Indices:
    """Whole numbers that sum to `total`, by the largest remainders."""
    shares = activity * total
    quotas = np.floor(shares).astype(np.int64)
    rest = total - int(quotas.sum())
    quotas[np.argsort(quotas - shares, kind="stable")[:rest]] += 1
    return quotas


def _seconds(instant: datetime) -> int:
    return int(instant.timestamp())


@dataclass(frozen=True, slots=True)
class _Shelf:
    """The items in the order of their categories: a category is a range."""

    order: Indices
    category: Indices
    """Category of each place, ascending."""
    arrival: Indices
    """Unix seconds, in the order of the catalogue."""

    @classmethod
    def of(cls, catalogue: Catalogue) -> Self:
        order = np.argsort(catalogue.category, kind="stable")
        arrival = np.array([_seconds(product.arrival_date) for product in catalogue.products])
        return cls(order, catalogue.category[order], arrival)


class _Shopper:
    """One user on the way through the time of the shop."""

    def __init__(
        self,
        user: NewUser,
        *,
        config: SyntheticConfig,
        catalogue: Catalogue,
        shelf: _Shelf,
        taste: Floats,
        random: np.random.Generator,
    ) -> None:
        self._seed = config.seed
        self._user_id = user.user_id
        self._catalogue = catalogue
        self._shelf = shelf
        self._random = random
        self._end = _seconds(config.ends_at)
        self._start = max(_seconds(config.starts_at), _seconds(user.signup_date) + 60)
        self._taste = taste
        self._utility = taste + catalogue.popularity
        self._weights = np.exp(self._utility - self._utility.max())
        self._usual_taste = float((self._weights * taste).sum() / self._weights.sum())
        self._cumulative = np.concatenate([[0.0], np.cumsum(self._weights[shelf.order])])
        self._bought: set[int] = set()
        self._count = 0

    def live(self, quota: int) -> Iterator[Interaction]:
        """The user's events, `quota` of them."""
        visits = list(self._plan(quota))
        span = max(1, self._end - self._start - _LONGEST_VISIT)
        starts = np.sort(self._random.random(len(visits)))
        for visit, share in zip(visits, starts, strict=True):
            yield from self._visit(visit, self._start + int(share * span))

    def _plan(self, quota: int) -> Iterator[_Visit]:
        while quota > 0:
            random = self._random
            views = min(int(random.geometric(_VIEWS_STOP)), _MOST_VIEWS)
            wanted = random.random() < _WANTED
            cart = wanted and random.random() < _CART_FIRST
            purchase = wanted and (not cart or random.random() < _BOUGHT)
            rate = purchase and random.random() < _RATED
            visit = _Visit(views, cart, purchase, rate)
            if visit.events > quota:
                visit = _Visit(quota, cart=False, purchase=False, rate=False)
            quota -= visit.events
            yield visit

    def _visit(self, visit: _Visit, at: int) -> Iterator[Interaction]:
        session_id = f"{self._user_id}-{at}"
        viewed: list[int] = []
        for _ in range(visit.views):
            viewed.append(self._choose(at, viewed))
            yield self._event(viewed[-1], at, InteractionType.VIEW, session_id)
            at += int(self._random.integers(*_PAUSE))
        if not visit.cart and not visit.purchase:
            return
        # With Gumbel noise the best is a draw from the softmax; half of it, as views had it too.
        noise = self._random.gumbel(size=len(viewed))
        wanted = viewed[int(np.argmax(self._utility[viewed] / 2 + noise))]
        quantity = 1 + int(self._random.poisson(0.2))
        if visit.cart:
            yield self._event(wanted, at, InteractionType.CART, session_id, quantity=quantity)
            at += int(self._random.integers(*_PAUSE))
        if visit.purchase:
            yield self._event(wanted, at, InteractionType.PURCHASE, session_id, quantity=quantity)
            self._bought.add(wanted)
        if visit.rate:
            yield self._rating(wanted, at)

    def _choose(self, at: int, viewed: list[int]) -> int:
        """An item by the softmax of its utility, on the shelf at that time and not bought yet."""
        shelf = self._shelf
        low, high = 0, len(shelf.order)
        if viewed and self._random.random() < _SAME_CATEGORY:
            category = self._catalogue.category[viewed[0]]
            low, high = np.searchsorted(shelf.category, [category, category + 1])
        for _ in range(_TRIES):
            point = self._random.uniform(self._cumulative[low], self._cumulative[high])
            place = int(np.searchsorted(self._cumulative, point, side="right")) - 1
            item = int(shelf.order[min(place, len(shelf.order) - 1)])
            if shelf.arrival[item] <= at and item not in self._bought and item not in viewed:
                return item
        return self._choose_exactly(at, viewed)

    def _choose_exactly(self, at: int, viewed: list[int]) -> int:
        weights = np.where(self._shelf.arrival <= at, self._weights, 0.0)
        fresh = weights.copy()
        fresh[[*self._bought, *viewed]] = 0.0
        if fresh.sum() > 0:
            weights = fresh
        return int(self._random.choice(len(weights), p=weights / weights.sum()))

    def _rating(self, item: int, bought_at: int) -> Interaction:
        delay = int(self._random.exponential(_RATING_DELAY_DAYS) * 86_400) + 3_600
        at = bought_at + delay
        if at >= self._end:
            at = bought_at + int((self._end - bought_at) * self._random.uniform(0.2, 1))
        liking = float(self._taste[item]) - self._usual_taste
        stars = float(np.clip(3.9 + 0.5 * liking + self._random.normal(0, 0.5), 1, 5))
        title, content = None, None
        if self._random.random() < _REVIEWED:
            mood = int(np.digitize(stars, [2.5, 3.5, 4.5]))
            title = str(self._random.choice(TITLES[mood]))
            content = REVIEWS[mood].format(
                noun=self._catalogue.noun[item].lower(),
                feature=self._catalogue.feature[item],
                brand=BRANDS[self._catalogue.brand[item]],
            )
        return self._event(
            item,
            at,
            InteractionType.RATE,
            f"{self._user_id}-{at}",
            rating=round(stars * 2) / 2,
            review_title=title,
            review_content=content,
        )

    def _event(
        self,
        item: int,
        at: int,
        kind: InteractionType,
        session_id: str,
        *,
        quantity: int | None = None,
        rating: float | None = None,
        review_title: str | None = None,
        review_content: str | None = None,
    ) -> Interaction:
        timestamp = _EPOCH + timedelta(seconds=at)
        self._count += 1
        return Interaction(
            interaction_id=derived_id(
                timestamp, "synthetic", str(self._seed), self._user_id, str(self._count)
            ),
            user_id=self._user_id,
            item_id=self._catalogue.products[item].item_id,
            timestamp=timestamp,
            interaction_type=kind,
            quantity=quantity,
            rating=rating,
            review_title=review_title,
            review_content=review_content,
            session_id=session_id,
        )
