"""One load from its preparation to its report."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from apps.load.report import Measurements, Report
from apps.load.shopping import Shopping
from apps.load.tracing import ClickTracer

WARM_UP_SECONDS = 5.0
"""What comes before instant 0 of a plan: connections open, caches fill."""
_REFRESH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is done, and for how long it is measured."""

    rate: float
    """Mean number of requests a second, or of events."""
    seconds: float
    seed: int

    def shopping(self, items: int, *, events_only: bool = False) -> Shopping:
        """What the visitors of a shop with so many products do."""
        return Shopping(
            self.rate,
            -WARM_UP_SECONDS,
            self.seconds,
            items=items,
            seed=self.seed,
            events_only=events_only,
        )


class Load(Protocol):
    """Carries a plan out."""

    def prepare(self) -> None:
        """Make the accounts that exist when the load begins."""

    def run(self, begin: float, stop: threading.Event) -> None:
        """Do every action at its instant; 0 is `begin` of the clock time.monotonic."""


def run(
    load: Load,
    measurements: Measurements,
    plan: Plan,
    *,
    tracer: ClickTracer | None = None,
    on_progress: Callable[[float], None] = lambda _: None,
) -> Report:
    """Carry a load out that is prepared, and report; Ctrl-C ends it early.

    Args:
        load: with the shopping of the plan.
        measurements: those of the load.
        plan: what was planned.
        tracer: follows views of the load; it is closed.
        on_progress: called with the seconds since the warm-up, negative before its end.
    """
    stop = threading.Event()
    begin = time.monotonic() + WARM_UP_SECONDS
    with ThreadPoolExecutor(1, thread_name_prefix="load") as executor:
        running = executor.submit(load.run, begin, stop)
        try:
            while not running.done():
                on_progress(time.monotonic() - begin)
                time.sleep(_REFRESH_SECONDS)
        except KeyboardInterrupt:
            stop.set()
        running.result()
    # A shop that does not keep up answers the last requests after the plan's end.
    took = time.monotonic() - begin
    seconds = max(1.0, took) if stop.is_set() else max(plan.seconds, took)
    report = measurements.report(plan.rate, seconds)
    if tracer is None:
        return report
    tracer.close()
    return report.model_copy(
        update={
            "click_to_row": tracer.to_row,
            "click_to_live_history": tracer.to_live_history,
            "clicks_lost": tracer.lost,
        }
    )
