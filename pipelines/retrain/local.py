"""Runs the pipeline on this machine with Kubeflow's local runner.

The runner keeps its settings in a global and prints what its components print, so it gets a process
of its own: this module, run as a program. Importing the module does not import kfp.
"""

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ml.data_validation.bounds import DataBounds
from ml.gate.bounds import GateBounds, Mode, require_measurement
from ml.gate.decision import Decision
from ml.settings import MlSettings
from streams.contracts import describe
from streams.errors import ConfigurationError, RecsysError

_PROJECT = Path(__file__).parents[2]
_PARAMETERS_FILE = "parameters.json"
_OUTPUTS_FILE = "outputs.json"

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_TASK_STARTED = re.compile(r"Executing task '([\w-]+)'")
_TASK_FINISHED = re.compile(r"Task '([\w-]+)' finished with status (\w+)")
_EXECUTOR_LINE = "[KFP Executor"
_EXECUTOR_INPUT = re.compile(r"\[KFP Executor .*executor_input")
_RUNNER_LINE = re.compile(r"\d\d:\d\d:\d\d\.\d+ - INFO|-+$|$")
_LAST_LINES = 15


class Parameters(BaseModel):
    """Parameters of the pipeline `retrain`, with its defaults."""

    model_config = ConfigDict(extra="forbid")

    until: str = ""
    ingested_until: str = ""
    window_days: int = Field(default=0, ge=0)
    towers: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    ranker: Literal["two_tower", "full"] = "two_tower"
    top_k: int = Field(default=50, ge=1)
    spread: float = Field(default=0.5, ge=0, le=5)
    warm_start: bool = False
    validate_: bool = Field(default=True, alias="validate")
    cold_start: bool = True
    gate: Mode = "enforce"
    gate_bounds: GateBounds = GateBounds()
    data_bounds: DataBounds = DataBounds()

    def as_arguments(self) -> str:
        """The arguments of the pipeline, a JSON object."""
        arguments = self.model_dump(by_alias=True)
        arguments["towers"] = json.dumps(self.towers)
        for name, bounds in (("gate_bounds", self.gate_bounds), ("data_bounds", self.data_bounds)):
            arguments[name] = bounds.model_dump_json(exclude_defaults=True)
        return json.dumps(arguments)

    @field_validator("until", "ingested_until")
    @classmethod
    def _has_an_offset(cls, instant: str) -> str:
        if instant and datetime.fromisoformat(instant).tzinfo is None:
            raise ValueError("an instant needs its offset")
        return instant


@dataclass(frozen=True, slots=True)
class RetrainResult:
    """The result of a run."""

    version: str
    """The version that was published; it is live if the gate promoted it."""
    metrics: dict[str, float]
    seconds: dict[str, float]
    """By component."""
    decision: Decision
    """The gate's."""


def run_local(
    settings: MlSettings,
    parameters: Mapping[str, Any],
    workspace: Path,
    on_line: Callable[[str], None] | None = None,
) -> RetrainResult:
    """Run the pipeline and wait for its end.

    Args:
        settings: the database and the folder of the bundles.
        parameters: parameters of the pipeline; `top_k` and `spread` are those of the settings
            unless given.
        workspace: folder for the artifacts, which are removed when the run ends.
        on_line: called with each line that a component prints.

    Raises:
        ConfigurationError: a parameter is unknown or of the wrong type, or the gate is enforced
            where nothing is measured.
        RecsysError: a component failed; the message has its name and its last lines.
    """
    try:
        given = {"top_k": settings.top_k, "spread": settings.spread, **parameters}
        checked = Parameters.model_validate(given)
    except ValidationError as error:
        raise ConfigurationError(f"parameters of the pipeline: {describe(error)}") from None
    require_measurement(checked.gate, validate=checked.validate_)
    workspace.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace, prefix="run-") as name:
        folder = Path(name)
        (folder / _PARAMETERS_FILE).write_text(checked.as_arguments())
        log = RunnerLog(on_line or (lambda _line: None))
        with _runner_process(folder, settings) as process:
            assert process.stdout is not None
            for line in process.stdout:
                log.add(line)
            status = process.wait()
        outputs = folder / _OUTPUTS_FILE
        if status or not outputs.exists():
            raise RecsysError(log.failure())
        result = json.loads(outputs.read_text())
    decision = Decision.model_validate(result["decision"])
    return RetrainResult(result["version"], result["report"], log.seconds, decision)


class RunnerLog:
    """Parses the output of Kubeflow's local runner: its own lines and those of the components."""

    def __init__(self, on_line: Callable[[str], None]) -> None:
        self.seconds: dict[str, float] = {}
        """By component that has finished."""
        self._on_line = on_line
        self._component: str | None = None
        self._failed = False
        self._in_executor_input = False
        self._started = time.monotonic()
        self._last_lines: deque[str] = deque(maxlen=_LAST_LINES)

    def add(self, raw: str) -> None:
        """Parse the next line."""
        line = _COLOUR.sub("", raw).rstrip()
        if started := _TASK_STARTED.search(line):
            self._component = started[1]
            self._started = time.monotonic()
            self._last_lines.clear()
            self._on_line(f"{self._component} starts")
        elif finished := _TASK_FINISHED.search(line):
            self.seconds[finished[1]] = round(time.monotonic() - self._started, 3)
            self._failed = finished[2] != "SUCCESS"
            if not self._failed:
                self._component = None
        elif not self._failed and self._is_of_component(line):
            self._last_lines.append(line.strip())
            if self._component:
                self._on_line(line.strip())

    def failure(self) -> str:
        """An error message: the component that failed and the last lines it printed."""
        where = f"component {self._component}" if self._component else "runner"
        lines = "\n".join(self._last_lines)
        return f"the pipeline's {where} failed; its last lines:\n{lines}"

    def _is_of_component(self, line: str) -> bool:
        if self._in_executor_input:
            # The input is printed as indented JSON, whose last line closes the outermost brace.
            self._in_executor_input = line.strip() != "}" or line.startswith(" " * 5)
            return False
        if _EXECUTOR_INPUT.search(line):
            self._in_executor_input = True
            return False
        return not (line.lstrip().startswith(_EXECUTOR_LINE) or _RUNNER_LINE.match(line.strip()))


@contextmanager
def _runner_process(folder: Path, settings: MlSettings) -> Iterator[subprocess.Popen[str]]:
    """The runner's process; it and the components' processes are killed at the end of the block."""
    search_path = [str(_PROJECT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, search_path)),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder.resolve()),
        "RECSYS_DATABASE_URL": settings.database_url,
        "RECSYS_MODELS_DIR": str(settings.models_dir.resolve()),
        **settings.homes_environment(),
        "RECSYS_FEAST_PROJECT": settings.feast_project,
    }
    process = subprocess.Popen(  # noqa: S603 - this module
        [sys.executable, "-m", "pipelines.retrain.local", str(folder.resolve())],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )
    try:
        with process:
            try:
                yield process
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
    finally:
        process.wait()


def _run_pipeline(folder: Path) -> None:
    """Run the pipeline with the parameters in `folder` and write its outputs there."""
    from kfp import local

    from pipelines.retrain.pipeline import retrain

    # The local runner expects the word "python" in an image's name, though it starts no image.
    warnings.filterwarnings("ignore", category=RuntimeWarning, message="You may be attemping")
    local.init(
        runner=local.SubprocessRunner(use_venv=False),
        pipeline_root=str(folder),
        raise_on_error=True,
    )
    task = retrain(**json.loads((folder / _PARAMETERS_FILE).read_text()))
    (folder / _OUTPUTS_FILE).write_text(json.dumps(task.outputs))


if __name__ == "__main__":
    _run_pipeline(Path(sys.argv[1]))
