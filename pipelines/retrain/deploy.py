"""`python -m pipelines.retrain.deploy`: brings the pipeline to a cluster and keeps it scheduled.

Everything is looked up before it is made, so running it again changes nothing, and a run that broke
off is completed by the next.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import structlog
from kfp_server_api import ApiException
from pydantic import Field, FilePath, HttpUrl, ValidationError
from urllib3.exceptions import HTTPError

from pipelines.retrain.cluster import ClusterSettings
from pipelines.retrain.compile import compile_to
from pipelines.retrain.kubeflow import Kubeflow
from pipelines.retrain.pipeline import NAME
from streams.errors import ConfigurationError, RecsysError, UnavailableError

log = structlog.get_logger()

_DIGITS = 12
_RETRY_SECONDS = 2.0
_REFUSED = (401, 403)
_PASSING = (0, 429, 500, 502, 503, 504)
"""Answers of a server, or of a proxy before it, that is about to come up; 0 is none at all."""


class DeploySettings(ClusterSettings):
    """Where Kubeflow Pipelines is and when it retrains, from variables with the prefix RECSYS_."""

    pipelines_url: HttpUrl
    """Address of the API, without a path."""
    pipelines_ca_file: FilePath | None = None
    """Certificates of the authority that signs the API's; the system's unless given."""
    pipelines_token_file: FilePath | None = None
    """A token that the API accepts, such as a service account's."""
    pipelines_patience: timedelta = timedelta(minutes=10)
    """How long the API may take to come up."""
    retrain_schedule: str = Field(default="0 0 3 * * *", pattern=r"^\S+( \S+){5}$")
    """When to retrain: a cron expression of six fields, the first of which is seconds."""
    first_run: bool = True
    """Whether to retrain at once where that was never done."""


def deploy(settings: DeploySettings) -> None:
    """Upload this pipeline unless it is there, schedule it, and see to its first run.

    Raises:
        ConfigurationError: the API refuses the token.
        UnavailableError: the API did not come up in time.
        RecsysError: the API refuses what it was asked for.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / f"{NAME}.yaml"
        compile_to(package, settings)
        version = f"{NAME}-{sha256(package.read_bytes()).hexdigest()[:_DIGITS]}"
        _when_up(settings, lambda: _bring_about(settings, package, version))


def _bring_about(settings: DeploySettings, package: Path, version: str) -> None:
    token = settings.pipelines_token_file
    kubeflow = Kubeflow(
        str(settings.pipelines_url).rstrip("/"),
        ca_file=settings.pipelines_ca_file,
        token=token.read_text(encoding="utf-8").strip() if token else None,
    )
    pipeline = kubeflow.pipeline(NAME)
    uploaded = kubeflow.version(pipeline, version, package)
    experiment = kubeflow.experiment(NAME)
    kubeflow.schedule(NAME, experiment, uploaded, settings.retrain_schedule)
    if settings.first_run and not kubeflow.has_run(experiment):
        kubeflow.run(f"{NAME}-first", experiment, uploaded)


def _when_up(settings: DeploySettings, work: Callable[[], None]) -> None:
    deadline = time.monotonic() + settings.pipelines_patience.total_seconds()
    told = None
    while True:
        try:
            work()
        except (ApiException, HTTPError) as error:
            reason = _reason(settings, error)
        else:
            return
        if time.monotonic() > deadline:
            raise UnavailableError(reason)
        if reason != told:
            log.info("waiting", reason=reason)
            told = reason
        time.sleep(_RETRY_SECONDS)


def _reason(settings: DeploySettings, error: ApiException | HTTPError) -> str:
    """Why it is worth another try; raises where it is not."""
    where = f"Kubeflow Pipelines at {settings.pipelines_url}"
    if isinstance(error, HTTPError):
        return f"{where} does not answer: {error}"
    said = f"{error.status} {error.reason}: {(error.body or '').strip()}"
    if error.status in _REFUSED:
        raise ConfigurationError(
            f"{where} refuses the token in RECSYS_PIPELINES_TOKEN_FILE: {said}"
        ) from error
    if error.status not in _PASSING:
        raise RecsysError(f"{where} refuses the pipeline: {said}") from error
    return f"{where} does not answer: {said}"


if __name__ == "__main__":
    try:
        deploy(DeploySettings())
    except (RecsysError, ValidationError) as failure:
        sys.exit(f"error: {failure}")
