"""What Kubeflow's local runner prints, told apart: its own account, and what components say."""

import re
import time
from collections import deque
from collections.abc import Callable

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_STARTS = re.compile(r"Executing task '([\w-]+)'")
_ENDS = re.compile(r"Task '([\w-]+)' finished with status (\w+)")
_EXECUTOR = "[KFP Executor"
_EXECUTORS_INPUT = re.compile(r"\[KFP Executor .*executor_input")
_RUNNERS_OWN = re.compile(r"\d\d:\d\d:\d\d\.\d+ - INFO|-+$|$")
_LAST_LINES = 15


class Log:
    """Takes in the runner's lines: which component runs, for how long, and what it says."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        """By component that has ended."""
        self._on_line = on_line
        self._component: str | None = None
        self._failed = False
        self._in_executors_input = False
        self._started = time.monotonic()
        self._last: deque[str] = deque(maxlen=_LAST_LINES)

    def take(self, raw: str) -> None:
        """Take in the next line."""
        line = _COLOUR.sub("", raw).rstrip()
        if starts := _STARTS.search(line):
            self._component = starts[1]
            self._started = time.monotonic()
            self._last.clear()
            self._on_line(f"{self._component} starts")
        elif ends := _ENDS.search(line):
            self.seconds[ends[1]] = round(time.monotonic() - self._started, 3)
            self._failed = ends[2] != "SUCCESS"
            if not self._failed:
                self._component = None
        elif not self._failed and self._is_spoken(line):
            self._last.append(line.strip())
            if self._component:
                self._on_line(line.strip())

    def failure(self) -> str:
        """Where it failed, with the last lines from there."""
        where = f"component {self._component}" if self._component else "runner"
        return f"the pipeline's {where} failed; its last lines:\n" + "\n".join(self._last)

    def _is_spoken(self, line: str) -> bool:
        """Whether a line is more than Kubeflow's account of its own doing."""
        if self._in_executors_input:
            # It is printed as indented JSON: its last line closes the outermost brace.
            self._in_executors_input = line.strip() != "}" or line.startswith(" " * 5)
            return False
        if _EXECUTORS_INPUT.search(line):
            self._in_executors_input = True
            return False
        return not (line.lstrip().startswith(_EXECUTOR) or _RUNNERS_OWN.match(line.strip()))
