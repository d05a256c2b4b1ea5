"""The long form of tests/integration/test_faults.py: the stack recovers from each kill in turn."""

import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import pytest

from support.exactness import check, wait_until_stored
from support.kills import PARTS
from support.laptop import RunningStack
from support.processors import worker
from support.trial import Trial

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3600)]

RATE = 600
"""Events a second: what two busy cores keep up with while parts are away."""


def test_every_event_counts_once_whatever_dies(
    stack: RunningStack, tmp_path: Path, events: int, write: Callable[[object], None]
) -> None:
    trial = Trial(stack, rate=RATE, shop_rate=8)
    with trial.running():
        time.sleep(5)
        for part in PARTS:
            trial.wait_for_recovery(trial.kill(part))
        with ExitStack() as others:
            addresses = []
            for name in ("second", "third"):
                addresses.append(
                    others.enter_context(worker(stack, tmp_path / f"{name}.log")).address
                )
                trial.spread(*addresses)
        trial.spread()
        while len(trial.outcome.acknowledged) < events:
            time.sleep(0.5)
    seconds = wait_until_stored(stack)
    write({**check(stack, trial), "seconds until the last row": round(seconds, 1)})
    for log in tmp_path.glob("*.log"):
        assert "a batch fails for an unknown reason" not in log.read_text()
