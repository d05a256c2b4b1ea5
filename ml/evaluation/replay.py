"""A log event by event: was the next item in the list that the shopper would have been shown?

The towers learn from what is older than an instant, the cut. From then on the events pass in the
order of time, and before each of them lists are made as serving makes them, of what was known until
then. Nobody saw these lists when the log was written: a hit says that a list foresaw the shopper; a
miss does not say that they would have passed over it.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, Self

import pandas as pd

from ml.dataset import Dataset
from ml.evaluation.passing import Moment, moments, sampled_users
from ml.evaluation.popularity import most_popular
from ml.evaluation.replay_figures import (
    ALL_ITEMS,
    AT_CUT,
    LIVE,
    NEW_ITEMS,
    NIGHTLY,
    POPULAR,
    READINGS,
    TRENDING,
    Replay,
    figures,
    place_of,
)
from ml.evaluation.temporal_split import TemporalSplit, split_at, timed
from ml.serving.batch import ItemIndex
from ml.serving.bought_together import BoughtTogether
from ml.serving.catalogue import Catalogue, Categories
from ml.serving.category_spread import CANDIDATES_PER_PLACE, spread_for
from ml.serving.chain.chain import Chain
from ml.serving.chain.context import Context
from ml.serving.chain.sources import MIN_TRENDING
from ml.serving.co_purchases import co_purchases
from ml.serving.live_items import LiveItems
from ml.serving.live_model import LiveModel, Towers
from ml.serving.shopper import Shopper
from ml.settings import MlSettings
from ml.towers.bundle import Bundle
from streams.contracts import Interaction
from streams.live_history import HISTORY_LENGTH
from streams.processor.trending import LIST_LENGTH

PERIOD = timedelta(days=7)
MAX_EVENTS = 40_000
"""Lists are made before so many events; in a longer period, before those of a part of the users."""

_PUBLISHED = int(MlSettings.model_fields["top_k"].default)
_SPREAD = float(MlSettings.model_fields["spread"].default)

Progress = Callable[[float], None]
"""Called with the share of the events that have passed."""


def last_period(dataset: Dataset, period: timedelta = PERIOD) -> TemporalSplit:
    """What is known before the last period of a log, and that period.

    The catalogue is what had arrived by then, or had interactions.

    Raises:
        ContractError: an interaction has no timestamp, or none is older than the period.
    """
    end = timed(dataset).max().floor("us") + pd.Timedelta(1, "us")
    split = split_at(dataset, end - period)
    known, items = split.training, split.training.items
    is_there = ~(items["arrival_date"] >= split.instant)
    is_there |= items["item_id"].isin(known.interactions["item_id"])
    training = Dataset(known.interactions, known.users, items[is_there].reset_index(drop=True))
    return replace(split, training=training)


def replay(
    bundle: Bundle,
    split: TemporalSplit,
    *,
    k: int,
    seed: int,
    chain: Chain | None = None,
    max_events: int = MAX_EVENTS,
    progress: Progress | None = None,
) -> Replay:
    """Make lists before each event of the test period, and see which of them hold its item.

    - `live`: by all that the shopper did until then, through the chain of the web worker.
    - `nightly`: by the score of the same model, of what they did before the last midnight (UTC).
    - `at_cut`: the same of what they did before the cut, so never made again.
    - `trending`: what is trending at the moment.
    - `popular`: what was popular at the cut.

    Of whom nothing is known is shown what is trending, or else what is popular, as in the shop.
    For NEW_ITEMS all lists but `live` are without what the shopper met; `live` is what is served.

    Args:
        bundle: a model that was trained on the training part.
        split: the log before and from the cut.
        k: length of the lists.
        seed: of the intervals, and of the users whose events count in a long period.
        chain: that makes the live lists; by default the one of a shop without a setting.
        max_events: about how many events count at most.
        progress: progress callback.
    """
    users = sampled_users(split.test, max_events, seed=seed)
    number = int(split.test["user_id"].isin(users).sum())
    known = frozenset(split.training.interactions["user_id"])
    chain = chain or Chain()
    lists = _Lists.of(bundle, split, chain, k)
    rows: list[dict[str, Any]] = []
    for moment in moments(split, users):
        event, walk = moment.event, moment.walk
        row: dict[str, Any] = {
            "user": event.user_id,
            "in_session": walk.in_session(event),
            "is_guest": event.user_id not in known,
            "is_listable": event.item_id in lists.categories.paths,
            NEW_ITEMS: event.item_id not in walk.met,
            ALL_ITEMS: not walk.stays(event),
        }
        live = lists.live(moment)
        for reading in READINGS:
            if row[reading]:
                for name, found in {LIVE: live, **lists.others(moment, reading)}.items():
                    shown = list(found)
                    place = shown.index(event.item_id) if event.item_id in shown else k
                    row[place_of(name, reading)] = place
        rows.append(row)
        if progress:
            progress(len(rows) / number)
    return Replay(
        k=k,
        seed=seed,
        chain=chain.model_dump(mode="json"),
        cut=split.instant.to_pydatetime(),
        end=split.test["timestamp"].max().floor("us").to_pydatetime(),
        training_events=len(split.training.interactions),
        users=len(users),
        users_of_period=int(split.test["user_id"].nunique()),
        readings=figures(pd.DataFrame(rows), k, seed=seed),
    )


@dataclass(frozen=True, slots=True)
class _Lists:
    """The lists of one model at each moment."""

    chain: Chain
    model: LiveModel
    towers: Towers
    categories: Categories
    """Of the items that have a vector."""
    cut: datetime
    k: int
    _kept: dict[tuple[str, str, str], tuple[datetime, Sequence[str]]] = field(default_factory=dict)
    """Lists that are not made at each moment, with the instant that they are of."""

    @classmethod
    def of(cls, bundle: Bundle, split: TemporalSplit, chain: Chain, k: int) -> Self:
        """Index the catalogue, and count what was bought together, as a publication does."""
        catalogue = split.training.known_items()
        index = ItemIndex.of(bundle, catalogue)
        log = split.training.interactions
        towers = Towers(bundle.user_encoder, LiveItems.of(index.item_ids, index.vectors), 0)
        together = BoughtTogether.of(co_purchases(log, index.item_ids))
        model = LiveModel("replay", tuple(most_popular(log)), _SPREAD, towers, together)
        categories = Categories(dict(zip(index.item_ids, catalogue["category"], strict=True)))
        return cls(chain, model, towers, categories, split.instant.to_pydatetime(), k)

    def live(self, moment: Moment) -> Sequence[str]:
        """The list that the chain makes before an event."""
        walk, now = moment.walk, moment.event.timestamp
        history = walk.history[-HISTORY_LENGTH:]
        context = Context(
            shopper=Shopper(moment.event.user_id, walk.preferences, history),
            limit=self.k,
            now=now,
            model=self.model,
            catalogue=Catalogue(self.categories, trending=moment.trend.best(LIST_LENGTH, now)),
            met=walk.stored(now),
        )
        return [each.item_id for each in self.chain.make(context).candidates]

    def others(self, moment: Moment, reading: str) -> dict[str, Sequence[str]]:
        """The other lists before an event by their names."""
        walk, now = moment.walk, moment.event.timestamp
        hidden = walk.met if reading == NEW_ITEMS else {}
        popular = self._left(self.model.popular, hidden)
        trending = self._left(moment.trend.best(LIST_LENGTH, now), hidden)
        if len(trending) < min(self.k, MIN_TRENDING):
            trending = popular
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        return {
            NIGHTLY: self._made_at(max(midnight, self.cut), moment, NIGHTLY, reading) or trending,
            AT_CUT: self._made_at(self.cut, moment, AT_CUT, reading) or trending,
            TRENDING: trending,
            POPULAR: popular,
        }

    def _made_at(self, instant: datetime, moment: Moment, name: str, reading: str) -> Sequence[str]:
        """A list of an instant, without what its shopper met since."""
        walk, key = moment.walk, (moment.event.user_id, name, reading)
        made = self._kept.get(key)
        if made is None or made[0] != instant:
            history = walk.until(instant)
            met = {each.item_id for each in history} if reading == NEW_ITEMS else ()
            made = self._kept[key] = instant, self._personal(moment, history, met)
        return self._left(made[1], walk.met if reading == NEW_ITEMS else {})

    def _personal(
        self, moment: Moment, history: Sequence[Interaction], hidden: Collection[str]
    ) -> Sequence[str]:
        """What the model makes of a history; nothing of none without preferences."""
        shopper = Shopper(moment.event.user_id, moment.walk.preferences, history)
        if not (shopper.history or shopper.preferences):
            return ()
        vector, _ = Context.encoded(shopper.preferences, history, self.towers)
        found, _ = self.towers.items.search(vector, CANDIDATES_PER_PLACE * _PUBLISHED, hidden)
        return spread_for(shopper, found, _PUBLISHED, self.categories.paths, _SPREAD)

    def _left(self, item_ids: Sequence[str], hidden: Collection[str]) -> Sequence[str]:
        """The first that are not hidden."""
        return list(islice((item for item in item_ids if item not in hidden), self.k))
