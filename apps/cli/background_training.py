"""`recsys train` beside an open shop: it measures the model that was trained before it opened."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from apps.local.settings import LocalSettings

_NICENESS = 10
_STOP_SECONDS = 10.0


class BackgroundTraining:
    """`recsys train` in a process of its own that gives way to the shop.

    At the end of the block it is interrupted if it still runs; the live version stays.
    """

    def __init__(self, settings: LocalSettings, towers: Path | None) -> None:
        self.log: Path = settings.logs / "training.log"
        """What the command prints."""
        self._environment = {"RECSYS_STATE_DIR": str(settings.state_dir)}
        if towers:
            self._environment["RECSYS_TOWERS"] = str(towers.resolve())
        self._told = False

    def __enter__(self) -> Self:
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "apps.cli.main", "train"],
                env=os.environ | self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, _NICENESS)
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            try:
                self._process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def outcome(self) -> str | None:
        """How it ended, in words, once; None while it runs and afterwards."""
        status = self._process.poll()
        if status is None or self._told:
            return None
        self._told = True
        if status:
            return f"the model could not be measured; see {self.log}"
        return "the model has been measured: recsys card"
