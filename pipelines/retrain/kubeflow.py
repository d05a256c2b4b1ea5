"""A client of Kubeflow Pipelines whose calls create only what is missing."""

import json
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import kfp
import structlog
from kfp_server_api import V2beta1Pipeline

log = structlog.get_logger()

_PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class PipelineVersion:
    """An uploaded version of a pipeline."""

    pipeline_id: str
    version_id: str


class _Client(kfp.Client):  # type: ignore[misc]
    def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:  # noqa: ARG002 - kfp's signature
        """Check once: kfp would block for five attempts, and the caller retries anyway."""
        return self._healthz_api.healthz_service_get_healthz()


class KubeflowClient:
    """A client of one API server.

    Raises:
        kfp_server_api.ApiException: from every call, if the server refuses it.
        urllib3.exceptions.HTTPError: from every call, if the server does not answer.
    """

    def __init__(self, url: str, *, ca_file: Path | None, token: str | None) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, message="This client only")
            self._client = _Client(
                host=url, ssl_ca_cert=str(ca_file) if ca_file else None, existing_token=token
            )

    def ensure_pipeline(self, name: str) -> str:
        """The id of the pipeline, which is created without a version if it is missing."""
        found = self._client.get_pipeline_id(name)
        if found is None:
            log.info("creating the pipeline", name=name)
            created = self._client.pipelines.pipeline_service_create_pipeline(
                V2beta1Pipeline(name=name, display_name=name)
            )
            found = created.pipeline_id
        return str(found)

    def ensure_version(self, pipeline_id: str, name: str, package: Path) -> PipelineVersion:
        """The pipeline's version with that name, which is uploaded if it is missing."""
        answer = self._client.list_pipeline_versions(pipeline_id, filter=_has_name(name))
        for version in answer.pipeline_versions or ():
            return PipelineVersion(pipeline_id, version.pipeline_version_id)
        log.info("uploading the version", name=name)
        uploaded = self._client.upload_pipeline_version(
            str(package), pipeline_version_name=name, pipeline_id=pipeline_id
        )
        return PipelineVersion(pipeline_id, uploaded.pipeline_version_id)

    def ensure_experiment(self, name: str) -> str:
        """The id of the experiment, which is created if it is missing."""
        return str(self._client.create_experiment(name).experiment_id)

    def ensure_recurring_run(
        self, name: str, experiment_id: str, version: PipelineVersion, cron: str
    ) -> None:
        """Leave exactly one recurring run of that name: enabled, with that version and schedule."""
        runs = list(self._recurring_runs(name, experiment_id))
        kept = next((run for run in runs if _matches(run, version, cron)), None)
        if kept is None:
            log.info("creating the recurring run", name=name, cron=cron)
            self._client.create_recurring_run(
                experiment_id,
                name,
                cron_expression=cron,
                max_concurrency=1,
                no_catchup=True,
                pipeline_id=version.pipeline_id,
                version_id=version.version_id,
            )
        # Deleted last: a deployment that is interrupted leaves two recurring runs, never none.
        for run in runs:
            if run is not kept:
                log.info("deleting a recurring run", id=run.recurring_run_id)
                self._client.delete_recurring_run(run.recurring_run_id)

    def has_run(self, experiment_id: str) -> bool:
        """Whether the experiment has any run."""
        return bool(self._client.list_runs(experiment_id=experiment_id, page_size=1).runs)

    def start_run(self, name: str, experiment_id: str, version: PipelineVersion) -> None:
        """Start a run of that version."""
        log.info("starting the run", name=name)
        self._client.run_pipeline(
            experiment_id, name, pipeline_id=version.pipeline_id, version_id=version.version_id
        )

    def _recurring_runs(self, name: str, experiment_id: str) -> Iterator[Any]:
        page = ""
        while True:
            answer = self._client.list_recurring_runs(
                page, _PAGE_SIZE, experiment_id=experiment_id, filter=_has_name(name)
            )
            yield from answer.recurring_runs or ()
            page = answer.next_page_token
            if not page:
                return


def _matches(run: Any, version: PipelineVersion, cron: str) -> bool:
    return bool(
        run.status == "ENABLED"
        and run.pipeline_version_reference
        and run.pipeline_version_reference.pipeline_version_id == version.version_id
        and run.trigger.cron_schedule
        and run.trigger.cron_schedule.cron == cron
    )


def _has_name(name: str) -> str:
    equals = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [equals]})
