"""A bar for long work, with the time that it still takes."""

import time
from typing import Self

from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn

from apps.cli.console import err


class Bar:
    """One bar over the whole of some work.

    Without a terminal a line is printed instead: where a part begins, and now and then.
    """

    _PRINT_EVERY_SECONDS = 15.0

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
        """How far the work is.

        Args:
            part: number of the part under way.
            what: is being done.
            share: that is done, 0 to 1.
            seconds_left: an estimate; None while there is none.
        """
        left = "" if seconds_left is None else f"about {_duration(seconds_left)} left"
        begins = part != self._part
        self._part = part
        if err.is_terminal:
            self._progress.update(self._task, description=what, completed=share, left=left)
        elif begins or time.monotonic() - self._printed > self._PRINT_EVERY_SECONDS:
            self._printed = time.monotonic()
            err.print(f"{what}: {share:.0%}{left and ', '}{left}", soft_wrap=True)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
