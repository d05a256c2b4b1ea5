"""What deploying asks of Kubeflow Pipelines; each call leaves alone what is there already."""

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

_PAGE = 100


@dataclass(frozen=True, slots=True)
class Version:
    """An uploaded version of a pipeline."""

    pipeline_id: str
    version_id: str


class _Client(kfp.Client):  # type: ignore[misc]
    def get_kfp_healthz(self, sleep_duration: int = 5) -> Any:  # noqa: ARG002 - as kfp has it
        """One attempt: who deploys has a patience of their own."""
        return self._healthz_api.healthz_service_get_healthz()


class Kubeflow:
    """One API server.

    Raises:
        kfp_server_api.ApiException: from every call, where the server refuses.
        urllib3.exceptions.HTTPError: from every call, where it does not answer.
    """

    def __init__(self, url: str, *, ca_file: Path | None, token: str | None) -> None:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", category=FutureWarning, message="This client only")
            self._client = _Client(
                host=url, ssl_ca_cert=str(ca_file) if ca_file else None, existing_token=token
            )

    def pipeline(self, name: str) -> str:
        """Id of the pipeline, which is made without a version where it is absent."""
        found = self._client.get_pipeline_id(name)
        if found is None:
            log.info("making the pipeline", name=name)
            made = self._client.pipelines.pipeline_service_create_pipeline(
                V2beta1Pipeline(name=name, display_name=name)
            )
            found = made.pipeline_id
        return str(found)

    def version(self, pipeline_id: str, name: str, package: Path) -> Version:
        """The pipeline's version of that name, which is uploaded where it is absent."""
        answer = self._client.list_pipeline_versions(pipeline_id, filter=_named(name))
        for version in answer.pipeline_versions or ():
            return Version(pipeline_id, version.pipeline_version_id)
        log.info("uploading a version", name=name)
        uploaded = self._client.upload_pipeline_version(
            str(package), pipeline_version_name=name, pipeline_id=pipeline_id
        )
        return Version(pipeline_id, uploaded.pipeline_version_id)

    def experiment(self, name: str) -> str:
        """Id of the experiment, which is made where it is absent."""
        return str(self._client.create_experiment(name).experiment_id)

    def schedule(self, name: str, experiment_id: str, version: Version, cron: str) -> None:
        """Leave one recurring run of that name, enabled, of that version at those instants."""
        runs = list(self._recurring_runs(name, experiment_id))
        kept = next((run for run in runs if _is_of(run, version, cron)), None)
        if kept is None:
            log.info("scheduling", name=name, cron=cron)
            self._client.create_recurring_run(
                experiment_id,
                name,
                cron_expression=cron,
                max_concurrency=1,
                no_catchup=True,
                pipeline_id=version.pipeline_id,
                version_id=version.version_id,
            )
        # The old ones go last: a deployment that breaks off leaves two, never none.
        for run in runs:
            if run is not kept:
                log.info("removing a recurring run", id=run.recurring_run_id)
                self._client.delete_recurring_run(run.recurring_run_id)

    def has_run(self, experiment_id: str) -> bool:
        """Whether there was ever a run."""
        return bool(self._client.list_runs(experiment_id=experiment_id, page_size=1).runs)

    def run(self, name: str, experiment_id: str, version: Version) -> None:
        """Start a run now."""
        log.info("starting a run", name=name)
        self._client.run_pipeline(
            experiment_id, name, pipeline_id=version.pipeline_id, version_id=version.version_id
        )

    def _recurring_runs(self, name: str, experiment_id: str) -> Iterator[Any]:
        page = ""
        while True:
            answer = self._client.list_recurring_runs(
                page, _PAGE, experiment_id=experiment_id, filter=_named(name)
            )
            yield from answer.recurring_runs or ()
            page = answer.next_page_token
            if not page:
                return


def _is_of(run: Any, version: Version, cron: str) -> bool:
    return bool(
        run.status == "ENABLED"
        and run.pipeline_version_reference
        and run.pipeline_version_reference.pipeline_version_id == version.version_id
        and run.trigger.cron_schedule
        and run.trigger.cron_schedule.cron == cron
    )


def _named(name: str) -> str:
    equals = {"operation": "EQUALS", "key": "display_name", "stringValue": name}
    return json.dumps({"predicates": [equals]})
