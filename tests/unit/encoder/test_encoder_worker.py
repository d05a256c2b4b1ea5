"""The thread that encodes the catalogue."""

import time
from collections.abc import Iterator

from prometheus_client import REGISTRY

from apps.encoder.worker import Worker
from streams.errors import UnavailableError

CALL_SECONDS = 0.02


def test_a_share_leaves_time_to_others() -> None:
    def calls_within(seconds: float, share: float) -> int:
        calls = 0

        def update() -> int:
            nonlocal calls
            calls += 1
            time.sleep(CALL_SECONDS)
            return 1

        worker = Worker({"pictures": update}, interval=60, share=share)
        worker.start()
        time.sleep(seconds)
        worker.stop()
        return calls

    whole, quarter = calls_within(1, 1.0), calls_within(1, 0.25)
    assert 2 < quarter < whole / 2


def test_failures_are_counted_and_success_is_what_leaves_nothing_to_do() -> None:
    results: Iterator[int | Exception] = iter(
        [UnavailableError("the shop is away"), ValueError("a fault"), 3, 0]
    )
    started = time.time()

    def update() -> int:
        result = next(results, 0)
        if isinstance(result, Exception):
            raise result
        return result

    def value(name: str) -> float:
        return REGISTRY.get_sample_value(name, {"kind": "tested"}) or 0

    worker = Worker({"tested": update}, interval=0.01)
    assert value("recsys_encoder_failures_total") == 0
    worker.start()
    while value("recsys_encoder_last_success_timestamp_seconds") < started:
        assert time.time() < started + 10
        time.sleep(0.01)
    worker.stop()
    assert value("recsys_encoder_failures_total") == 2
    assert value("recsys_items_encoded_total") == 3
    assert worker.is_ready
