"""SIGKILL for parts of a running stack, each while it is provably busy."""

import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil
import psycopg

from streams.contracts import INTERACTIONS, Topic
from streams.lag import Lag
from streams.settings import PROCESSOR_GROUP
from streams.sink.connectors import SINKS
from support.laptop import RunningStack

PARTS = ("processor", "connect", "kafka", "postgres", "storefront")
"""Of the storefront a worker is killed, not the process that starts workers."""
_SECONDS = 60

Look = Callable[[], Callable[[], int]]
"""Looks at a part while it runs; what comes back says, while it is stopped, what it had to do."""


@dataclass(frozen=True)
class Kill:
    """A part that was killed."""

    part: str
    at: float
    """Of the clock time.monotonic."""
    work: int
    """Records, statements or requests that were under way."""


class Killer:
    """Kills parts of the stack.

    A part is stopped (SIGSTOP) and looked at, and killed only if it has work under way; else it
    goes on, and is looked at again.

    Args:
        stack: the running stack.
        publishing: how many records a load has sent without an acknowledgement.
        asking: how many requests a load has sent without an answer.
    """

    def __init__(
        self, stack: RunningStack, publishing: Callable[[], int], asking: Callable[[], int]
    ) -> None:
        self._stack = stack
        self._lag = Lag(stack.kafka)
        self._look: dict[str, Look] = {
            "processor": self._unprocessed,
            "connect": self._unsunk,
            "kafka": lambda: publishing,
            "postgres": self._statements,
            "storefront": lambda: asking,
        }

    def kill(self, part: str) -> Kill:
        process = self._process(part)
        deadline = time.monotonic() + _SECONDS
        while time.monotonic() < deadline:
            work_of = self._look[part]()
            process.suspend()
            work = work_of()
            if work:
                process.kill()
                return Kill(part, time.monotonic(), work)
            process.resume()
            time.sleep(0.02)
        raise AssertionError(f"{part} has nothing to do")

    def close(self) -> None:
        self._lag.close()

    def _process(self, part: str) -> psutil.Process:
        process = psutil.Process(self._stack.stack._supervisor.processes()[part].pid)
        return process.children()[0] if part == "storefront" else process

    def _unprocessed(self) -> Callable[[], int]:
        """Records that were on the topic before, and that the processor has not committed."""
        return self._uncommitted(PROCESSOR_GROUP, INTERACTIONS.public)

    def _unsunk(self) -> Callable[[], int]:
        """Validated records that were there before, and that the sink has not committed."""
        (sink,) = [each for each in SINKS if each.channel is INTERACTIONS]
        return self._uncommitted(sink.consumer_group, INTERACTIONS.valid)

    def _uncommitted(self, group: str, topic: Topic) -> Callable[[], int]:
        ends = sum(self._lag.ends(topic).values())

        def work() -> int:
            arrived = sum(self._lag.ends(topic).values()) - ends
            return max(0, self._lag.behind(group, [topic]) - arrived)

        return work

    def _statements(self) -> Callable[[], int]:
        """Statements that clients wait for; asked before, as a stopped server does not tell."""
        with psycopg.connect(self._stack.database_url) as connection:
            row = connection.execute(
                "select count(*) from pg_stat_activity where backend_type = 'client backend'"
                " and state <> 'idle' and pid <> pg_backend_pid()"
            ).fetchone()
        active = int(row[0]) if row else 0
        return lambda: active
