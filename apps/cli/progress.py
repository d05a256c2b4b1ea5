"""What the commands print: progress and errors on standard error, results on standard output."""

import time
from datetime import datetime
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

out = Console()
err = Console(stderr=True, highlight=False)

_STATUS_EVERY_SECONDS = 10.0
_BAR_EVERY_SECONDS = 15.0


def local_time(instant: datetime | None) -> str:
    """An instant to the minute, in the time zone of this machine; empty for None."""
    return f"{instant.astimezone():%Y-%m-%d %H:%M}" if instant else ""


class ProgressDisplay:
    """Steps as lines that stay, and below them one line with the status of the present step.

    Without a terminal, the status is printed every few seconds.
    """

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._printed = self._start
        self._status = err.status("")

    def __enter__(self) -> Self:
        if err.is_terminal:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def step(self, text: str) -> None:
        """Print a step."""
        elapsed = f"[dim]{time.monotonic() - self._start:6.1f} s[/dim]"
        err.print(f"{elapsed}  {escape(text)}", soft_wrap=True)
        self._status.update("")

    def status(self, text: str) -> None:
        """Replace the status of the present step."""
        if err.is_terminal:
            self._status.update(escape(text))
        elif time.monotonic() - self._printed > _STATUS_EVERY_SECONDS:
            self._printed = time.monotonic()
            err.print(f"          {escape(text)}", soft_wrap=True)

    def close(self) -> None:
        """Remove the status from the screen."""
        self._status.stop()


class ProgressBar:
    """One bar over the whole of some work, with an estimate of the time left.

    Without a terminal, a line is printed at the start of each part of the work and every few
    seconds.
    """

    def __init__(self) -> None:
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            TaskProgressColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            console=err,
            transient=True,
        )
        self._task = self._progress.add_task("", total=1.0, left="")
        self._part = 0
        self._printed = 0.0

    def __enter__(self) -> Self:
        if err.is_terminal:
            self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def show(self, part: int, what: str, share: float, seconds_left: float | None) -> None:
        """Show how much of the work is done.

        Args:
            part: number of the present part of the work.
            what: the present part, in words.
            share: share of the whole work that is done, 0 to 1.
            seconds_left: an estimate; None while there is none.
        """
        left = "" if seconds_left is None else f"about {_duration(seconds_left)} left"
        begins = part != self._part
        self._part = part
        if err.is_terminal:
            self._progress.update(self._task, description=what, completed=share, left=left)
        elif begins or time.monotonic() - self._printed > _BAR_EVERY_SECONDS:
            self._printed = time.monotonic()
            err.print(f"{what}: {share:.0%}{left and ', '}{left}", soft_wrap=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
