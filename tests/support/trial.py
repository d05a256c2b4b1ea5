"""A stack under load, on the topics and in the shop, of which parts are killed."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg

from apps.load.actions import Page
from apps.load.over_http import HttpLoad
from apps.load.report import Measurements
from apps.load.shopping import Shopping
from apps.load.to_topics import TopicLoad
from apps.storefront.catalog.repository import upsert_products
from streams.contracts import CHANNELS, PARTITIONS, Product
from streams.publisher import Publisher
from support.kills import Kill, Killer
from support.laptop import RunningStack
from support.processors import partitions

EPOCH = datetime(2024, 3, 1, 12, tzinfo=UTC)
"""The sessions of the load ended long ago, so their verdicts are due at once."""
ITEM_PREFIX = "trial-"
_ITEMS = 60
_RECOVERY_SECONDS = 120.0
_FOR_EVER = 86_400.0


class Recorded(Measurements):
    """Keeps every error with its instant."""

    def __init__(self) -> None:
        super().__init__()
        self._sign_ups = 0
        self.failures: list[tuple[float, str]] = []

    @property
    def interactions(self) -> int:
        """Acknowledged events but for the sign-ups."""
        return self.events - self._sign_ups

    def answered(self, page: Page, seconds: float, *, measured: bool, events: int = 0) -> None:
        super().answered(page, seconds, measured=measured, events=events)
        if page is Page.SIGN_UP:
            self._sign_ups += events

    def failed(self, page: Page, message: str) -> None:
        super().failed(page, message)
        self.failures.append((time.monotonic(), message))


@dataclass
class Outcome:
    """What a run has done."""

    acknowledged: list[UUID] = field(default_factory=list)
    kills: list[Kill] = field(default_factory=list)
    recovered: list[tuple[Kill, float]] = field(default_factory=list)
    """When all was healthy again and an event that is later than the kill was a row."""
    seconds: float = 0


class Trial:
    """Loads on the topics and on the shop, side by side.

    Args:
        stack: the running stack.
        rate: events a second on the topics.
        shop_rate: requests a second in the shop.
        seed: of both loads.
    """

    def __init__(self, stack: RunningStack, rate: float, shop_rate: float, seed: int = 1) -> None:
        self._stack = stack
        self.outcome = Outcome()
        self.direct, self.http = Recorded(), Recorded()
        self._publisher = Publisher(stack.kafka, timeout=5)
        items = [f"{ITEM_PREFIX}{number}" for number in range(_ITEMS)]
        with psycopg.connect(stack.database_url) as connection:
            upsert_products(connection, [_product(item_id) for item_id in items])
        self.topics = TopicLoad(
            self._publisher,
            Shopping(rate, 0, _FOR_EVER, items=_ITEMS, seed=seed, events_only=True),
            items,
            self.direct,
            epoch=EPOCH,
            on_acknowledged=self.outcome.acknowledged.extend,
        )
        self.shop = HttpLoad(
            stack.shop_url,
            Shopping(shop_rate, 0, _FOR_EVER, items=_ITEMS, seed=seed),
            {f"/products/{item_id}": item_id for item_id in items},
            self.http,
        )
        self._stop = threading.Event()
        self.begin = 0.0
        self.killer = Killer(stack, lambda: self.direct.under_way, lambda: self.http.under_way)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Both loads; at the end all that was begun is settled."""
        self.topics.prepare()
        self.shop.prepare()
        self.begin = time.monotonic()
        threads = [
            threading.Thread(target=each.run, args=(self.begin, self._stop), daemon=True)
            for each in (self.topics, self.shop)
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join()
            self.outcome.seconds = time.monotonic() - self.begin
            self._publisher.close()
            self.killer.close()

    def is_on_topics(self, user_id: str) -> bool:
        return user_id.startswith(self.topics.user_prefix)

    def kill(self, part: str) -> Kill:
        kill = self.killer.kill(part)
        self.outcome.kills.append(kill)
        return kill

    def wait_for_recovery(self, kill: Kill) -> None:
        """Wait until an event that is later than the kill is a row, and all is healthy."""
        after = EPOCH + timedelta(seconds=kill.at - self.begin)

        def is_back() -> bool:
            with (
                suppress(psycopg.OperationalError),
                psycopg.connect(self._stack.database_url, connect_timeout=3) as connection,
            ):
                row = connection.execute(
                    "select exists (select from events.interactions where timestamp >= %s"
                    " and timestamp < %s and starts_with(user_id, %s))",
                    [after, EPOCH + timedelta(seconds=_FOR_EVER), self.topics.user_prefix],
                ).fetchone()
                healthy = all(each.healthy for each in self._stack.stack.statuses())
                return bool(row and row[0]) and healthy
            return False

        eventually(is_back, f"the stack recovers from the kill of {kill.part}")
        self.outcome.recovered.append((kill, time.monotonic()))

    def spread(self, *others: str) -> None:
        """Wait until the stack's worker and the others share all partitions."""
        first = f"http://127.0.0.1:{self._stack.stack.settings.processor_port}/health"

        def is_shared() -> bool:
            counts = [partitions(address) for address in (first, *others)]
            return min(counts) > 0 and sum(counts) == PARTITIONS * len(CHANNELS)

        eventually(is_shared, f"{1 + len(others)} workers share the partitions")


def eventually(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _RECOVERY_SECONDS
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.2)


def _product(item_id: str) -> Product:
    return Product(
        item_id=item_id,
        product_name=f"Thing {item_id}",
        actual_price=9.5,
        arrival_date=datetime(2020, 1, 1, tzinfo=UTC),
    )
