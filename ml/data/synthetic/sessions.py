"""The sessions of the synthetic shop: views, then often a cart, a purchase and a rating."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from ml.data.synthetic.catalogue import Catalogue
from ml.data.synthetic.choice import ItemChoice, ItemIndex, unix_seconds
from ml.data.synthetic.config import SyntheticConfig
from ml.data.synthetic.ground_truth import Floats, GroundTruth, Indices
from ml.data.synthetic.shoppers import Shoppers
from ml.data.synthetic.vocabulary import BRANDS, REVIEWS, TITLES
from streams.contracts import Interaction, InteractionType, NewUser, derived_id

_LAST_VIEW_PROBABILITY = 0.28
"""After each view: probability that it is the session's last."""
_MAX_VIEWS = 20
_CHOICE_PROBABILITY = 0.85
"""Probability that a session ends with a cart event or a purchase."""
_CART_PROBABILITY = 0.7
"""Probability that a chosen item is put into the cart first, rather than bought at once."""
_PURCHASE_PROBABILITY = 0.75
"""Probability that an item in the cart is bought in the same session."""
_RATING_PROBABILITY = 0.4
_REVIEW_PROBABILITY = 0.6
_MEAN_RATING_DELAY_DAYS = 4
_PAUSE_SECONDS = (15, 150)
"""Bounds of the time between two events of a session."""
_MAX_SESSION_SECONDS = 3_600
"""More than the maximum of views, a cart event and a purchase take."""
_EPOCH = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class _SessionPlan:
    """The events of a session, before their items are chosen."""

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
    truth: GroundTruth,
    random: np.random.Generator,
) -> list[Interaction]:
    """Exactly `config.n_interactions` events, in the order of time."""
    quotas = _quotas(shoppers.activity, config.n_interactions)
    index = ItemIndex.of(catalogue)
    events: list[Interaction] = []
    for block in truth.blocks(np.arange(len(shoppers.users))):
        for user, taste in zip(block.tolist(), truth.taste(block), strict=True):
            choice = ItemChoice(catalogue, index, taste, random)
            shopper = _Shopper(shoppers.users[user], config, catalogue, choice, random)
            events.extend(shopper.events(int(quotas[user])))
    return sorted(events, key=lambda event: (event.timestamp, event.interaction_id))


def _quotas(shares: Floats, total: int) -> Indices:
    """Whole numbers that sum to `total`, by the largest-remainder method."""
    exact = shares * total
    quotas = np.floor(exact).astype(np.int64)
    remainder = total - int(quotas.sum())
    quotas[np.argsort(quotas - exact, kind="stable")[:remainder]] += 1
    return quotas


class _Shopper:
    """One user, who has sessions from sign-up to the end of the period."""

    def __init__(
        self,
        user: NewUser,
        config: SyntheticConfig,
        catalogue: Catalogue,
        choice: ItemChoice,
        random: np.random.Generator,
    ) -> None:
        self._seed = config.seed
        self._user_id = user.user_id
        self._catalogue = catalogue
        self._choice = choice
        self._random = random
        self._end = unix_seconds(config.ends_at)
        self._start = max(unix_seconds(config.starts_at), unix_seconds(user.signup_date) + 60)
        self._n_events = 0

    def events(self, quota: int) -> Iterator[Interaction]:
        """The user's events, `quota` of them."""
        plans = list(self._plans(quota))
        span = max(1, self._end - self._start - _MAX_SESSION_SECONDS)
        starts = np.sort(self._random.random(len(plans)))
        for plan, share in zip(plans, starts, strict=True):
            yield from self._session(plan, self._start + int(share * span))

    def _plans(self, quota: int) -> Iterator[_SessionPlan]:
        random = self._random
        while quota > 0:
            views = min(int(random.geometric(_LAST_VIEW_PROBABILITY)), _MAX_VIEWS)
            chosen = random.random() < _CHOICE_PROBABILITY
            cart = chosen and random.random() < _CART_PROBABILITY
            purchase = chosen and (not cart or random.random() < _PURCHASE_PROBABILITY)
            rate = purchase and random.random() < _RATING_PROBABILITY
            plan = _SessionPlan(views, cart, purchase, rate)
            if plan.events > quota:
                plan = _SessionPlan(quota, cart=False, purchase=False, rate=False)
            quota -= plan.events
            yield plan

    def _session(self, plan: _SessionPlan, at: int) -> Iterator[Interaction]:
        session_id = f"{self._user_id}-{at}"
        viewed: list[int] = []
        for _ in range(plan.views):
            viewed.append(self._choice.next_view(at, viewed))
            yield self._event(viewed[-1], at, InteractionType.VIEW, session_id)
            at += int(self._random.integers(*_PAUSE_SECONDS))
        if not plan.cart and not plan.purchase:
            return
        item = self._choice.best_viewed(viewed)
        quantity = 1 + int(self._random.poisson(0.2))
        if plan.cart:
            yield self._event(item, at, InteractionType.CART, session_id, quantity=quantity)
            at += int(self._random.integers(*_PAUSE_SECONDS))
        if plan.purchase:
            yield self._event(item, at, InteractionType.PURCHASE, session_id, quantity=quantity)
            self._choice.buy(item)
        if plan.rate:
            yield self._rating(item, at)

    def _rating(self, item: int, bought_at: int) -> Interaction:
        delay = int(self._random.exponential(_MEAN_RATING_DELAY_DAYS) * 86_400) + 3_600
        at = bought_at + delay
        if at >= self._end:
            at = bought_at + int((self._end - bought_at) * self._random.uniform(0.2, 1))
        taste = self._choice.relative_taste(item)
        stars = float(np.clip(3.9 + 0.5 * taste + self._random.normal(0, 0.5), 1, 5))
        title, content = None, None
        if self._random.random() < _REVIEW_PROBABILITY:
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
        self, item: int, at: int, kind: InteractionType, session_id: str, **details: Any
    ) -> Interaction:
        """An event whose id follows from the seed, the user and the user's count of events."""
        timestamp = _EPOCH + timedelta(seconds=at)
        self._n_events += 1
        return Interaction(
            interaction_id=derived_id(
                timestamp, "synthetic", str(self._seed), self._user_id, str(self._n_events)
            ),
            user_id=self._user_id,
            item_id=self._catalogue.products[item].item_id,
            timestamp=timestamp,
            interaction_type=kind,
            session_id=session_id,
            **details,
        )
