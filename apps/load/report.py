"""What a load measures, and the report that it ends with."""

import threading
from array import array
from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel

from apps.load.actions import Page

_ERRORS_KEPT = 10


class Latency(BaseModel):
    """Percentiles of times, in milliseconds."""

    samples: int
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None

    @classmethod
    def of(cls, seconds: Sequence[float]) -> "Latency":
        """The percentiles by the nearest rank; none where there are no samples."""
        ordered = sorted(seconds)
        if not ordered:
            return cls(samples=0)
        p50, p95, p99 = (
            round(1000 * ordered[max(0, -(-len(ordered) * share // 100) - 1)], 1)
            for share in (50, 95, 99)
        )
        return cls(samples=len(ordered), p50_ms=p50, p95_ms=p95, p99_ms=p99)


class PageReport(BaseModel):
    """The requests of one kind."""

    answered: int
    errors: int
    latency: Latency
    """From the intended instant of a request to the last byte of its answer."""


class Report(BaseModel):
    """What a load has found."""

    rate: float
    """Intended number of requests a second, or of events where they go straight to the topics."""
    rate_achieved: float
    """The number that was answered, a second, after the warm-up."""
    seconds: float
    requests: int
    """Without those of the warm-up, as all figures but the events."""
    errors: int
    skipped: int
    """Forms that were not sent, because the page that has them did not come."""
    messages: list[str]
    """The first errors, in words."""
    pages: dict[Page, PageReport]
    events_acknowledged: int
    """Events that the answers stand for, on `interactions` and `new-users`; with the warm-up's."""
    click_to_row: Latency | None = None
    """From a sampled click to its row in `events.interactions`; None: it was not measured."""
    click_to_live_history: Latency | None = None
    """The same to the shopper's live history in Feast."""
    clicks_lost: int | None = None
    """Sampled clicks that had not arrived when the tracing gave up."""


class Measurements:
    """Collects what happens to requests. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._latencies: dict[Page, array[float]] = {page: array("d") for page in Page}
        self._errors: Counter[Page] = Counter()
        self._messages: list[str] = []
        self._skipped = 0
        self._under_way = 0
        self.events = 0
        """Acknowledged events."""

    @property
    def under_way(self) -> int:
        """Requests, or events, that were sent and have no answer yet."""
        return self._under_way

    @property
    def settled(self) -> int:
        """Measured requests that have an answer or an error."""
        with self._lock:
            return sum(map(len, self._latencies.values())) + self._errors.total()

    def begin(self, number: int = 1) -> None:
        """Note that requests are sent."""
        with self._lock:
            self._under_way += number

    def end(self, number: int = 1) -> None:
        """Note that they have an answer, or never get one."""
        with self._lock:
            self._under_way -= number

    def answered(self, page: Page, seconds: float, *, measured: bool, events: int = 0) -> None:
        """Note an answer; one of the warm-up is not measured."""
        with self._lock:
            self.events += events
            if measured:
                self._latencies[page].append(seconds)

    def failed(self, page: Page, message: str) -> None:
        """Note an error; those of the warm-up count, too."""
        with self._lock:
            self._errors[page] += 1
            if len(self._messages) < _ERRORS_KEPT:
                self._messages.append(message)

    def skip(self) -> None:
        """Note a form that could not be sent."""
        with self._lock:
            self._skipped += 1

    def report(self, rate: float, seconds: float) -> Report:
        """The figures so far.

        Args:
            rate: intended.
            seconds: how long was measured.
        """
        with self._lock:
            pages = {
                page: PageReport(
                    answered=len(latencies),
                    errors=self._errors[page],
                    latency=Latency.of(latencies),
                )
                for page, latencies in self._latencies.items()
                if latencies or self._errors[page]
            }
            answered = sum(each.answered for each in pages.values())
            return Report(
                rate=rate,
                rate_achieved=round(answered / seconds, 1),
                seconds=round(seconds, 1),
                requests=answered + self._errors.total(),
                errors=self._errors.total(),
                skipped=self._skipped,
                messages=list(self._messages),
                pages=pages,
                events_acknowledged=self.events,
            )
