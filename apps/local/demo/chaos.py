"""Kills parts while events are under way, to show that nothing is lost or doubled by it."""

from collections.abc import Iterable

from apps.local.arrivals import Progress
from apps.local.demo.report import Report
from apps.local.stack import Report as Say
from apps.local.stack import Stack


class Chaos:
    """Sends SIGKILL to each named part once, as soon as its work is under way."""

    def __init__(self, stack: Stack, parts: Iterable[str], say: Say) -> None:
        self._stack = stack
        self._waiting = list(parts)
        self._say = say
        self.killed: list[str] = []

    def __call__(self, progress: Progress) -> None:
        """Look at the progress and kill what is busy."""
        for name in list(self._waiting):
            busy = progress.unsunk if name == "connect" else progress.unvalidated
            if busy:
                self._say(f"killing {name} with {progress}")
                self._stack.kill(name)
                self._waiting.remove(name)
                self.killed.append(name)

    def note(self, report: Report) -> None:
        """Add to the report whether every kill took place."""
        for name in (*self.killed, *self._waiting):
            report.check(
                f"{name} was killed while events were under way",
                held=name in self.killed,
                found="killed" if name in self.killed else "it had nothing to do",
            )
