"""`python -m pipelines.retrain.deploy` uploads the pipeline to Kubeflow and schedules it.

The command creates only what is missing, so a second run changes nothing and completes a first one
that was interrupted.
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

from pipelines.retrain.compile import ClusterSettings, compile_to
from pipelines.retrain.kubeflow import KubeflowClient
from pipelines.retrain.pipeline import NAME
from streams.errors import ConfigurationError, RecsysError, UnavailableError

log = structlog.get_logger()

_HASH_DIGITS = 12
_RETRY_SECONDS = 2.0
_UNAUTHORIZED = (401, 403)
_TRANSIENT = (0, 429, 500, 502, 503, 504)
"""Statuses of a server, or of a proxy before it, that is starting; 0 stands for no answer."""


class DeploySettings(ClusterSettings):
    """The API server and the schedule, from variables with the prefix RECSYS_."""

    pipelines_url: HttpUrl
    """URL of the API server, without a path."""
    pipelines_ca_file: FilePath | None = None
    """CA certificates that the API server's is verified with; by default the system's."""
    pipelines_token_file: FilePath | None = None
    """Bearer token, such as that of a service account."""
    pipelines_patience: timedelta = timedelta(minutes=10)
    """How long to wait for the API server to become available."""
    retrain_schedule: str = Field(default="0 0 3 * * *", pattern=r"^\S+( \S+){5}$")
    """Cron expression of six fields, the first of which is seconds."""
    first_run: bool = True
    """Whether to start a run at once if the experiment has none."""


def deploy(settings: DeploySettings) -> None:
    """Upload this version of the pipeline, schedule it and start its first run, unless done.

    Raises:
        ConfigurationError: the API server refuses the token.
        UnavailableError: the API server did not become available in time.
        RecsysError: the API server refuses another request.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / f"{NAME}.yaml"
        compile_to(package, settings)
        version = f"{NAME}-{sha256(package.read_bytes()).hexdigest()[:_HASH_DIGITS]}"
        _retry_until_available(settings, lambda: _deploy_package(settings, package, version))


def _deploy_package(settings: DeploySettings, package: Path, version: str) -> None:
    token = settings.pipelines_token_file
    client = KubeflowClient(
        str(settings.pipelines_url).rstrip("/"),
        ca_file=settings.pipelines_ca_file,
        token=token.read_text(encoding="utf-8").strip() if token else None,
    )
    pipeline_id = client.ensure_pipeline(NAME)
    uploaded = client.ensure_version(pipeline_id, version, package)
    experiment_id = client.ensure_experiment(NAME)
    client.ensure_recurring_run(NAME, experiment_id, uploaded, settings.retrain_schedule)
    if settings.first_run and not client.has_run(experiment_id):
        client.start_run(f"{NAME}-first", experiment_id, uploaded)


def _retry_until_available(settings: DeploySettings, action: Callable[[], None]) -> None:
    deadline = time.monotonic() + settings.pipelines_patience.total_seconds()
    logged = None
    while True:
        try:
            action()
        except (ApiException, HTTPError) as error:
            reason = _transient_reason(settings, error)
        else:
            return
        if time.monotonic() > deadline:
            raise UnavailableError(reason)
        if reason != logged:
            log.info("waiting", reason=reason)
            logged = reason
        time.sleep(_RETRY_SECONDS)


def _transient_reason(settings: DeploySettings, error: ApiException | HTTPError) -> str:
    """The reason for another attempt; raises if another attempt would fail too."""
    where = f"Kubeflow Pipelines at {settings.pipelines_url}"
    if isinstance(error, HTTPError):
        return f"{where} does not answer: {error}"
    answer = f"{error.status} {error.reason}: {(error.body or '').strip()}"
    if error.status in _UNAUTHORIZED:
        raise ConfigurationError(
            f"{where} refuses the token in RECSYS_PIPELINES_TOKEN_FILE: {answer}"
        ) from error
    if error.status not in _TRANSIENT:
        raise RecsysError(f"{where} refuses the pipeline: {answer}") from error
    return f"{where} does not answer: {answer}"


if __name__ == "__main__":
    try:
        deploy(DeploySettings())
    except (RecsysError, ValidationError) as failure:
        sys.exit(f"error: {failure}")
