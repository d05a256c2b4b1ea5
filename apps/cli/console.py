"""How the commands speak: progress and errors to standard error, results to standard output."""

import time

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from apps.filling.feed import Fed
from apps.local.arrivals import Progress
from apps.local.demo.display import Display

out = Console()
err = Console(stderr=True, highlight=False)


class Narrator:
    """Steps as lines that stay, and under them one line for what changes while a step goes on.

    Without a terminal the changing line is printed now and then instead.
    """

    _PRINT_EVERY_SECONDS = 10.0

    def __init__(self) -> None:
        self._start = time.monotonic()
        self._printed = self._start
        self._status: Status = err.status("")
        if err.is_terminal:
            self._status.start()

    def say(self, step: str) -> None:
        """A step that stays on the screen."""
        elapsed = f"[dim]{time.monotonic() - self._start:6.1f} s[/dim]"
        err.print(f"{elapsed}  {escape(step)}", soft_wrap=True)
        self._status.update("")

    def whisper(self, text: str) -> None:
        """What changes while a step goes on."""
        if err.is_terminal:
            self._status.update(escape(text))
        elif time.monotonic() - self._printed > self._PRINT_EVERY_SECONDS:
            self._printed = time.monotonic()
            err.print(f"          {escape(text)}", soft_wrap=True)

    def close(self) -> None:
        """Take the changing line off the screen."""
        self._status.stop()

    @property
    def display(self) -> Display:
        """This narrator as a demonstration wants it."""

        def feeding(fed: Fed) -> None:
            self.whisper(
                f"{fed.events_read} events read, {fed.events_acknowledged} acknowledged,"
                f" {len(fed.rejected)} rows refused"
            )

        def arriving(progress: Progress) -> None:
            self.whisper(str(progress))

        return Display(self.say, feeding, arriving, self.whisper)
