"""The load straight to the topics: the same shoppers, faster than a shop on one machine serves."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID

from apps.load.actions import Action, Page
from apps.load.report import Measurements
from apps.load.shopping import Shopping
from apps.load.tracing import View
from streams.contracts import (
    INTERACTIONS,
    NEW_USERS,
    Event,
    Interaction,
    InteractionType,
    NewUser,
    new_id,
)
from streams.errors import PublishError
from streams.publisher import Publisher

_BATCH = 5_000
_RETRY_SECONDS = 0.5
_KINDS = {
    Page.PRODUCT: InteractionType.VIEW,
    Page.CART: InteractionType.CART,
    Page.ORDER: InteractionType.PURCHASE,
    Page.RATING: InteractionType.RATE,
}
_STARS = 4.0


class TopicLoad:
    """Carries a plan out on the topics.

    What is due is published together. While Kafka does not acknowledge it, it is sent again under
    the same ids, and what falls due meanwhile waits: its latency counts from its instant.

    Args:
        publisher: sends to Kafka.
        shopping: the plan, of events only.
        item_ids: the products, by popularity.
        measurements: where latencies and errors go.
        epoch: the timestamp of instant 0; None: when the run begins.
        on_view: called with views, before they are sent.
        on_acknowledged: called with what Kafka has acknowledged.
    """

    def __init__(
        self,
        publisher: Publisher,
        shopping: Shopping,
        item_ids: Sequence[str],
        measurements: Measurements,
        *,
        epoch: datetime | None = None,
        on_view: Callable[[View], None] = lambda _: None,
        on_acknowledged: Callable[[Sequence[UUID]], None] = lambda _: None,
    ) -> None:
        self._publisher = publisher
        self._shopping = shopping
        self._item_ids = item_ids
        self._measurements = measurements
        self._epoch = epoch
        self._on_view = on_view
        self._on_acknowledged = on_acknowledged
        self.user_prefix = f"load-{new_id().hex}-"
        """What the ids of this load's shoppers begin with."""

    def prepare(self) -> None:
        """Publish the sign-ups of the shoppers who are known when the load begins."""
        epoch = self._epoch or datetime.now(UTC)
        members = [Action(0, person, 0, Page.SIGN_UP) for person in self._shopping.members]
        self._publish([self._event(each, epoch) for each in members], Page.SIGN_UP)
        for _ in members:
            self._measurements.answered(Page.SIGN_UP, 0, measured=False, events=1)

    def run(self, begin: float, stop: threading.Event) -> None:
        """Publish every event at its instant; return when the last one is acknowledged.

        Args:
            begin: instant 0 of the plan, of the clock time.monotonic.
            stop: ends it before the plan's end.
        """
        epoch = self._epoch or datetime.now(UTC) + timedelta(seconds=begin - time.monotonic())
        for actions in self._due(begin, stop):
            events = [self._event(action, epoch) for action in actions]
            for event in events:
                if (
                    isinstance(event, Interaction)
                    and event.interaction_type is InteractionType.VIEW
                ):
                    self._on_view(View(event.user_id, event.item_id, event.timestamp))
            self._measurements.begin(len(events))
            self._publish(events, actions[0].page)
            self._measurements.end(len(events))
            for action in actions:
                seconds = time.monotonic() - begin - action.at
                self._measurements.answered(action.page, seconds, measured=action.at >= 0, events=1)

    def _due(self, begin: float, stop: threading.Event) -> Iterator[list[Action]]:
        """The actions whose instant has come, those of one topic together."""
        batch: list[Action] = []
        for action in self._shopping.actions():
            is_alone = action.page is Page.SIGN_UP
            early = begin + action.at - time.monotonic()
            if batch and (early > 0 or len(batch) == _BATCH or is_alone):
                yield batch
                batch = []
                early = begin + action.at - time.monotonic()
            if stop.wait(max(0.0, early)):
                return
            batch.append(action)
            if is_alone:
                yield batch
                batch = []
        if batch:
            yield batch

    def _publish(self, events: Sequence[Event], page: Page) -> None:
        topic = (NEW_USERS if page is Page.SIGN_UP else INTERACTIONS).public.name
        records = [(event.key, event.encode()) for event in events]
        while True:
            try:
                self._publisher.publish(topic, records)
            except PublishError as error:
                self._measurements.failed(page, str(error))
                time.sleep(_RETRY_SECONDS)
            else:
                break
        ids = [each.interaction_id for each in events if isinstance(each, Interaction)]
        self._on_acknowledged(ids)

    def _event(self, action: Action, epoch: datetime) -> Event:
        user_id = f"{self.user_prefix}{action.person.number}"
        timestamp = epoch + timedelta(seconds=action.at)
        if action.page is Page.SIGN_UP:
            return NewUser(
                user_id=user_id,
                user_name="A shopper of a load",
                preferences="",
                signup_date=timestamp,
            )
        kind = _KINDS[action.page]
        return Interaction(
            interaction_id=new_id(),
            user_id=user_id,
            item_id=self._item_ids[action.item],
            timestamp=timestamp,
            interaction_type=kind,
            quantity=1 if kind in (InteractionType.CART, InteractionType.PURCHASE) else None,
            rating=_STARS if kind is InteractionType.RATE else None,
            session_id=f"{user_id}-{action.session}",
            surface=action.surface,
            position=action.position,
        )
