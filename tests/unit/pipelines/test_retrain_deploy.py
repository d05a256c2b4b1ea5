"""Deploying to Kubeflow Pipelines: the real client against the server of `kubeflow_api`.

The real API server needs Kubernetes.
"""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipelines.retrain.deploy import DeploySettings, deploy
from streams.errors import ConfigurationError, RecsysError, UnavailableError
from support.kubeflow_api import TOKEN, KubeflowApi, serving
from support.laptop import free_ports

NIGHTLY = "0 0 3 * * *"


@pytest.fixture
def api() -> Iterator[KubeflowApi]:
    with serving(KubeflowApi()) as running:
        yield running


@pytest.fixture
def settings(api: KubeflowApi, tmp_path: Path) -> Callable[..., DeploySettings]:
    """Settings that differ in what is named."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")

    def make(**changes: Any) -> DeploySettings:
        known: dict[str, Any] = {
            "pipelines_url": api.url,
            "pipelines_token_file": tmp_path / "token",
            "pipelines_patience": timedelta(seconds=20),
            "retrain_schedule": NIGHTLY,
        }
        return DeploySettings(**known | changes)

    return make


def test_an_empty_server_gets_the_pipeline_a_schedule_and_a_first_run(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    deploy(settings(pipeline_image="registry.example/pipeline@sha256:1"))

    (pipeline,), (version,), (experiment,) = api.pipelines, api.versions, api.experiments
    assert (pipeline["display_name"], experiment["display_name"]) == ("retrain", "retrain")
    assert version["pipeline_id"] == pipeline["pipeline_id"]
    assert version["display_name"].startswith("retrain-")
    specification, platform = yaml.safe_load_all(api.packages[version["pipeline_version_id"]])
    executors = specification["deploymentSpec"]["executors"].values()
    images = {executor["container"]["image"] for executor in executors}
    assert images == {"registry.example/pipeline@sha256:1"}
    assert platform["platforms"]["kubernetes"]
    reference = {
        "pipeline_id": pipeline["pipeline_id"],
        "pipeline_version_id": version["pipeline_version_id"],
    }
    (recurring,), (run,) = api.recurring_runs, api.runs
    assert (recurring["display_name"], run["display_name"]) == ("retrain", "retrain-first")
    for made in (recurring, run):
        assert made["pipeline_version_reference"] == reference
        assert made["experiment_id"] == experiment["experiment_id"]
    assert recurring["trigger"] == {"cron_schedule": {"cron": NIGHTLY}}
    assert (recurring["status"], recurring["no_catchup"]) == ("ENABLED", True)
    assert int(recurring["max_concurrency"]) == 1


def test_deploying_again_changes_nothing(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    deploy(settings())
    api.changes.clear()

    deploy(settings())

    assert api.changes == []


def test_another_pipeline_is_a_new_version_and_replaces_what_is_scheduled(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    deploy(settings())
    (before,) = api.recurring_runs

    deploy(settings(pipeline_steps={"gate": {"cpu": "2", "memory": "8Gi"}}))

    assert len(api.pipelines) == len(api.runs) == 1
    assert len(api.versions) == 2
    (after,) = api.recurring_runs
    assert after["recurring_run_id"] != before["recurring_run_id"]
    newest = api.versions[1]["pipeline_version_id"]
    assert after["pipeline_version_reference"]["pipeline_version_id"] == newest

    deploy(settings())
    assert len(api.versions) == 2, "the first version is still there"


@pytest.mark.parametrize("others", [0, 1, 150])
def test_one_recurring_run_is_left_with_todays_schedule(
    api: KubeflowApi, settings: Callable[..., DeploySettings], others: int
) -> None:
    deploy(settings())
    (made,) = api.recurring_runs
    api.recurring_runs += [{**made, "recurring_run_id": f"r{number}"} for number in range(others)]
    foreign = {**made, "recurring_run_id": "someone's", "display_name": "theirs"}
    api.recurring_runs.append(foreign)

    deploy(settings(retrain_schedule="0 30 4 * * *"))

    theirs, ours = api.recurring_runs
    assert theirs == foreign
    assert ours["trigger"]["cron_schedule"]["cron"] == "0 30 4 * * *"


def test_a_schedule_that_was_switched_off_is_on_again(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    deploy(settings())
    api.recurring_runs[0]["status"] = "DISABLED"

    deploy(settings())

    assert [run["status"] for run in api.recurring_runs] == ["ENABLED"]


def test_an_interrupted_deployment_is_completed(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    with pytest.raises(RecsysError, match="Schedule cron is not supported"):
        deploy(settings(retrain_schedule="99 0 0 * * *"))
    assert (len(api.versions), api.recurring_runs, api.runs) == (1, [], [])

    deploy(settings())

    assert [len(rows) for rows in (api.versions, api.recurring_runs, api.runs)] == [1, 1, 1]


def test_a_first_run_only_if_wanted(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    deploy(settings(first_run=False))
    assert api.runs == []


def test_it_waits_for_a_server_that_starts(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    api.unavailable = 2
    deploy(settings())
    assert len(api.runs) == 1


def test_a_server_that_stays_unavailable_is_named(
    api: KubeflowApi, settings: Callable[..., DeploySettings]
) -> None:
    brief = {"pipelines_patience": timedelta(seconds=1)}
    api.unavailable = 1000
    with pytest.raises(UnavailableError, match=f"{api.url}.*503"):
        deploy(settings(**brief))
    (port,) = free_ports(1)
    with pytest.raises(UnavailableError, match=f"{port}.*does not answer"):
        deploy(settings(pipelines_url=f"http://127.0.0.1:{port}", **brief))


def test_a_refused_token_ends_it_at_once(
    api: KubeflowApi, settings: Callable[..., DeploySettings], tmp_path: Path
) -> None:
    (tmp_path / "other").write_text("expired")
    with pytest.raises(ConfigurationError, match=r"refuses the token.*401.*Unauthorized"):
        deploy(settings(pipelines_token_file=tmp_path / "other"))
    assert api.changes == []


def test_the_command_is_set_by_its_environment(api: KubeflowApi, tmp_path: Path) -> None:
    (tmp_path / "token").write_text(TOKEN)
    environment = {
        **os.environ,
        "RECSYS_PIPELINES_URL": api.url,
        "RECSYS_PIPELINES_TOKEN_FILE": str(tmp_path / "token"),
        "RECSYS_PIPELINE_IMAGE": "pipeline:1.2.3",
        "RECSYS_DATABASE_SECRET": "other-pipeline",
        "RECSYS_FIRST_RUN": "false",
    }
    command = [sys.executable, "-m", "pipelines.retrain.deploy"]
    subprocess.run(command, env=environment, check=True, timeout=120)
    (package,) = api.packages.values()
    assert b"image: pipeline:1.2.3" in package
    assert b"secretName: other-pipeline" in package
    assert (len(api.recurring_runs), api.runs) == (1, [])

    del environment["RECSYS_PIPELINES_URL"]
    failed = subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert failed.returncode == 1
    assert "pipelines_url" in failed.stderr
    assert "Traceback" not in failed.stderr
