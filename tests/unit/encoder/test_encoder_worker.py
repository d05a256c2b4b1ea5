"""The thread that encodes the catalogue."""

import time

from apps.encoder.worker import Worker

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
