"""Percentiles, and what a report counts."""

import pytest

from apps.load.actions import Page
from apps.load.report import Latency, Measurements


def test_percentiles_are_those_of_the_nearest_rank() -> None:
    hundred = Latency.of([number / 1000 for number in range(1, 101)])
    assert (hundred.p50_ms, hundred.p95_ms, hundred.p99_ms) == (50, 95, 99)
    one = Latency.of([0.25])
    assert (one.p50_ms, one.p99_ms) == (250, 250)
    assert Latency.of([]).p50_ms is None


def test_the_warm_up_has_events_and_errors_but_no_latencies() -> None:
    measurements = Measurements()
    measurements.answered(Page.PRODUCT, 0.1, measured=False, events=1)
    measurements.answered(Page.PRODUCT, 0.3, measured=True, events=1)
    measurements.failed(Page.CART, "POST /cart answers 503")
    report = measurements.report(rate=10, seconds=2)
    assert report.events_acknowledged == 2
    assert (report.requests, report.errors) == (2, 1)
    assert report.pages[Page.PRODUCT].latency.p50_ms == pytest.approx(300)
    assert report.rate_achieved == 0.5
    assert report.messages == ["POST /cart answers 503"]
