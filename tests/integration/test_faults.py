"""Every part is killed while it is busy, and workers come and go: every event counts once.

The short form of `make test-faults`: the kills follow each other before the stack has recovered.
"""

import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.exactness import check, wait_until_stored
from support.kills import PARTS
from support.laptop import RunningStack
from support.processors import worker
from support.trial import Trial

pytestmark = pytest.mark.integration

EVENTS = 3_000


def test_every_event_counts_once_whatever_dies(stack: RunningStack, tmp_path: Path) -> None:
    trial = Trial(stack, rate=150, shop_rate=6)
    with trial.running():
        time.sleep(2)
        first, *others = PARTS
        latest = trial.kill(first)
        with ExitStack() as workers:
            addresses = [
                workers.enter_context(worker(stack, tmp_path / f"{name}.log")).address
                for name in ("second", "third")
            ]
            for part in others:
                latest = trial.kill(part)
                time.sleep(1)
            trial.wait_for_recovery(latest)
            trial.spread(*addresses)
        trial.spread()
    wait_until_stored(stack)
    assert check(stack, trial)["events"] > EVENTS
    for log in tmp_path.glob("*.log"):
        assert "a batch fails for an unknown reason" not in log.read_text()
