"""Runs the pipeline here, by Kubeflow's own local runner; light to import."""

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from ml.settings import MlSettings
from pipelines.retrain.log import Log
from streams.contracts import describe
from streams.errors import ConfigurationError, RecsysError

_PROJECT = Path(__file__).parents[2]


class Parameters(BaseModel):
    """Parameters of the pipeline `retrain`; those left out keep its defaults."""

    model_config = ConfigDict(extra="forbid")

    until: str = ""
    towers: dict[str, Any] = Field(default_factory=dict)
    seed: int = 0
    top_k: int = Field(default=50, ge=1)
    validate_: bool = Field(default=True, alias="validate")
    cold_start: bool = True

    def for_kubeflow(self) -> str:
        """The arguments of the pipeline as JSON."""
        arguments = self.model_dump(by_alias=True)
        return json.dumps({**arguments, "towers": json.dumps(self.towers)})

    @field_validator("until")
    @classmethod
    def _is_an_instant(cls, until: str) -> str:
        if until and datetime.fromisoformat(until).tzinfo is None:
            raise ValueError("an instant needs its offset")
        return until


@dataclass(frozen=True, slots=True)
class RetrainResult:
    """What a run did."""

    version: str
    """The version that is live now."""
    metrics: dict[str, float]
    seconds: dict[str, float]
    """By component."""


def run_local(
    settings: MlSettings,
    parameters: Mapping[str, Any],
    workspace: Path,
    on_line: Callable[[str], None] | None = None,
) -> RetrainResult:
    """Run the pipeline to its end.

    Args:
        settings: the database and where the bundle goes.
        parameters: of the pipeline; `top_k` comes from the settings unless it is given.
        workspace: folder for the artifacts, which go when the run ends.
        on_line: called with each line that a component prints.

    Raises:
        ConfigurationError: a parameter is unknown or of the wrong type.
        RecsysError: a component failed; with its name and its last lines.
    """
    try:
        checked = Parameters.model_validate({"top_k": settings.top_k, **parameters})
    except ValidationError as error:
        raise ConfigurationError(f"parameters of the pipeline: {describe(error)}") from None
    workspace.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=workspace, prefix="run-") as name:
        folder = Path(name)
        (folder / "parameters.json").write_text(checked.for_kubeflow())
        log = Log(on_line or (lambda _line: None))
        with _runner(folder, settings) as process:
            assert process.stdout is not None
            for line in process.stdout:
                log.take(line)
            status = process.wait()
        outputs = folder / "outputs.json"
        if status or not outputs.exists():
            raise RecsysError(log.failure())
        result = json.loads(outputs.read_text())
    return RetrainResult(result["version"], result["report"], log.seconds)


@contextmanager
def _runner(folder: Path, settings: MlSettings) -> Iterator[subprocess.Popen[str]]:
    """The runner's process with its components; none of them outlives the block."""
    search_path = [str(_PROJECT), os.environ.get("PYTHONPATH", "")]
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(filter(None, search_path)),
        "PYTHONUNBUFFERED": "1",
        "TMPDIR": str(folder.resolve()),
        "RECSYS_DATABASE_URL": settings.database_url,
        "RECSYS_MODELS_DIR": str(settings.models_dir.resolve()),
        "RECSYS_FEAST_PROJECT": settings.feast_project,
    }
    process = subprocess.Popen(  # noqa: S603 - this project's own module
        [sys.executable, "-m", "pipelines.retrain.runner", str(folder.resolve())],
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
