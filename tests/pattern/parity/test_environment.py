"""The pods' environment against the settings classes that read it and the laptop stack."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from apps.analytics.dashboard.settings import DashboardSettings
from apps.backups.prune import PruneSettings
from apps.backups.restore_test import RestoreTestSettings
from apps.encoder.settings import EncoderSettings
from apps.filling.fill import FillSettings
from apps.local.stack import Stack
from apps.migrations.__main__ import MigrationSettings
from apps.storefront.settings import StorefrontSettings
from ml.settings import MlSettings
from pipelines.retrain.deploy import DeploySettings
from streams.settings import FeatureSettings, ProcessorSettings
from support.authority import Authority
from support.laptop import local_settings
from support.pattern.charts import containers, manifests, title
from support.pattern.charts import pod as pod_spec
from support.pattern.clustergroup import Manifest

PREFIX = "RECSYS_"
PLAIN = {"HOME", "TMPDIR"}
"""Variables of the system that every pod sets: its root file system is read-only."""
ON_A_LAPTOP = {
    "RECSYS_SESSION_COOKIE_SECURE": "the laptop's shop answers plain HTTP",
    "RECSYS_SIGN_UP_LIMIT": "all shoppers of a laptop come from one address",
    "RECSYS_LOG_IN_LIMIT": "all shoppers of a laptop come from one address",
}
IN_A_CLUSTER = {
    "RECSYS_KAFKA_CA_FILE": "Kafka is reached over TLS",
    "RECSYS_KAFKA_CERTIFICATE_FILE": "Kafka is reached over TLS",
    "RECSYS_KAFKA_KEY_FILE": "Kafka is reached over TLS",
    "RECSYS_METRICS_PORT": "Prometheus reads the metrics",
    "RECSYS_PROCESSOR_HOST": "the kubelet probes the health from outside the pod",
    "RECSYS_ANALYTICS_HOST": "the kubelet probes the health from outside the pod",
    "RECSYS_ENCODER_HOST": "the kubelet probes the health from outside the pod",
    "RECSYS_ARTIFACTS_ENDPOINT": "the models' files are in an object storage",
    "RECSYS_ARTIFACTS_REGION": "the models' files are in an object storage",
    "RECSYS_ARTIFACTS_ACCESS_KEY_FILE": "the models' files are in an object storage",
    "RECSYS_ARTIFACTS_SECRET_KEY_FILE": "the models' files are in an object storage",
    "RECSYS_POOLED_DATABASE_URL": "a laptop has one shop, a cluster many",
    "RECSYS_TRUSTED_PROXIES": "the router stands before the shop",
    "RECSYS_SHOP_NAME": "a fork names its shop",
    "RECSYS_CURRENCY_SYMBOL": "a fork names its currency",
    "RECSYS_REGION": "a fork names its region",
    "RECSYS_PERSONAL_SEARCH": "a fork knows its shoppers",
    "RECSYS_OUTBOX_LIMIT": "a fork sizes its database",
    "RECSYS_TEXT_ENCODER": "a fork knows the languages of its catalogue",
    "RECSYS_ENCODER_PRELOAD": "a fork sizes its encoder",
    "RECSYS_ENCODER_QUEUE_LIMIT": "a fork sizes its encoder",
    "RECSYS_ENCODER_CACHE_SIZE": "a fork sizes its encoder",
    "RECSYS_IMAGE_MODEL": "a fork may have a model of its own",
    "RECSYS_IMAGE_QUEUE_LIMIT": "a fork sizes its encoder",
    "RECSYS_IMAGE_SEARCH_LIMIT": "a fork knows its shoppers",
    "RECSYS_API_LIMIT": "a fork knows its callers",
}


@dataclass(frozen=True)
class Pod:
    """A container of a chart and the settings classes of the program in it."""

    chart: str
    workload: str
    settings: tuple[type[BaseSettings], ...]
    size: str = "demo"

    @property
    def fields(self) -> set[str]:
        return {f"{PREFIX}{name.upper()}" for each in self.settings for name in each.model_fields}

    @property
    def required(self) -> set[str]:
        return {
            f"{PREFIX}{name.upper()}"
            for each in self.settings
            for name, field in each.model_fields.items()
            if field.is_required()
        }

    @cached_property
    def container(self) -> dict[str, Any]:
        (found,) = [
            container
            for manifest in manifests(self.chart, self.size)
            if title(manifest) == self.workload
            for container in containers(manifest)
            if container.get("command")  # a proxy beside it runs no program of ours
        ]
        return dict(found)

    @property
    def environment(self) -> dict[str, dict[str, Any]]:
        return {each["name"]: each for each in self.container["env"] if each["name"] not in PLAIN}


SHOP = Pod("storefront", "Deployment/storefront", (StorefrontSettings, MlSettings))
PROCESSOR = Pod("processor", "Deployment/processor", (ProcessorSettings,))
DASHBOARD = Pod("analytics", "Deployment/analytics", (DashboardSettings,))
ENCODER = Pod("encoder", "Deployment/encoder", (EncoderSettings,))
SERVING = (SHOP, PROCESSOR, DASHBOARD, ENCODER)
"""Those that the laptop runs as well."""
PODS = (
    *SERVING,
    Pod("storefront", "Job/storefront-catalogue", (FillSettings,)),
    Pod("feast", "Job/recsys-feast-apply", (FeatureSettings,)),
    Pod("pipelines", "Job/recsys-pipelines-upload", (DeploySettings,)),
    Pod("postgres", "Job/recsys-db-migrations", (MigrationSettings,)),
    Pod("postgres", "CronJob/recsys-db-prune", (PruneSettings,), "production"),
    Pod("postgres", "CronJob/recsys-db-restore-test", (RestoreTestSettings,), "production"),
)
by_workload = pytest.mark.parametrize("pod", PODS, ids=lambda pod: pod.workload)


@by_workload
def test_every_variable_is_known_and_none_is_missing(pod: Pod) -> None:
    given = set(pod.environment)
    assert given - pod.fields == set(), "no settings class of this program knows them"
    assert pod.required - given == set(), "the program does not start without them"


@by_workload
def test_the_settings_take_the_values(
    pod: Pod, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    files = _files(tmp_path)
    for name, variable in pod.environment.items():
        value = variable.get("value", f"{name}, from a secret, {'x' * 32}")
        monkeypatch.setenv(name, str(files.get(Path(value).name, value)))
    for each in pod.settings:
        each()


def _files(folder: Path) -> dict[str, Path]:
    """The files that are mounted into the pods, by name."""
    authority = Authority(folder)
    user = authority.issue("user")
    (folder / "token").write_text("token")
    return {
        "ca.crt": authority.certificate,
        "user.crt": user.certificate,
        "user.key": user.key,
        "token": folder / "token",
    }


@by_workload
def test_files_of_the_environment_are_mounted(pod: Pod) -> None:
    mounts = {Path(mount["mountPath"]) for mount in pod.container["volumeMounts"]}
    named = [Path(each.get("value", "")) for each in pod.environment.values()]
    for path in filter(Path.is_absolute, named):
        assert mounts & {path, *path.parents}, path


@pytest.mark.parametrize("pod", SERVING, ids=lambda pod: pod.workload)
def test_the_laptop_and_the_cluster_differ_only_where_they_must(pod: Pod, tmp_path: Path) -> None:
    laptop = set(Stack(local_settings(tmp_path)).environment) & pod.fields
    cluster = set(pod.environment)
    assert laptop - cluster <= set(ON_A_LAPTOP)
    assert cluster - laptop <= set(IN_A_CLUSTER)


def test_every_listed_difference_exists(tmp_path: Path) -> None:
    """An entry of the lists above must be removed when its difference is."""
    laptop = set(Stack(local_settings(tmp_path)).environment)
    cluster = {name for pod in SERVING for name in pod.environment}
    assert laptop & set(ON_A_LAPTOP) == set(ON_A_LAPTOP)
    assert cluster & set(ON_A_LAPTOP) == set()
    assert cluster & set(IN_A_CLUSTER) == set(IN_A_CLUSTER)
    assert laptop & set(IN_A_CLUSTER) == set()


def test_the_laptop_runs_the_same_commands(tmp_path: Path) -> None:
    components = Stack(local_settings(tmp_path)).components
    for pod in (PROCESSOR, DASHBOARD, ENCODER):
        name = pod.chart
        assert pod.container["command"][1:] == list(components[name].command[1:])
    assert list(_options(SHOP.container["command"])) == list(
        _options(components["storefront"].command[2:])
    )


def _options(command: list[str] | tuple[str, ...]) -> Iterator[str]:
    """The words of a command, without the address that it listens on."""
    words = [word for argument in command for word in argument.split("=", 1)]
    skipped = words.index("--bind") + 1
    return (word for number, word in enumerate(words) if number != skipped)


@pytest.mark.parametrize("pod", [SHOP, PROCESSOR], ids=lambda pod: pod.workload)
def test_ports_and_probes_are_those_of_the_program(pod: Pod) -> None:
    ports = {port["name"]: port["containerPort"] for port in pod.container["ports"]}
    assert str(ports["metrics"]) == pod.environment["RECSYS_METRICS_PORT"]["value"]
    if pod is PROCESSOR:
        assert str(ports["health"]) == pod.environment["RECSYS_PROCESSOR_PORT"]["value"]
    else:
        assert f"--bind=0.0.0.0:{ports['http']}" in pod.container["command"]
    for probe in ("startupProbe", "livenessProbe", "readinessProbe"):
        assert pod.container[probe]["httpGet"]["port"] in ports
    assert pod.container["readinessProbe"]["httpGet"]["path"] == "/health/ready"


def _secrets(manifest: Manifest) -> Iterator[str]:
    spec = pod_spec(manifest)
    for container in containers(manifest):
        for variable in container.get("env", []):
            if "valueFrom" in variable:
                yield variable["valueFrom"]["secretKeyRef"]["name"]
    for volume in spec.get("volumes", []):
        sources = [volume, *volume.get("projected", {}).get("sources", [])]
        for source in sources:
            secret = source.get("secret", {})
            yield from filter(None, [secret.get("secretName") or secret.get("name")])


@by_workload
def test_every_secret_is_created_by_a_chart_or_an_operator(pod: Pod) -> None:
    made = {
        manifest["spec"]["target"].get("name") or manifest["metadata"]["name"]
        for chart in ("postgres", "storefront", "analytics")
        for manifest in manifests(chart, "demo")
        if manifest["kind"] == "ExternalSecret"
    }
    made |= {
        manifest["metadata"]["name"]
        for manifest in manifests("kafka", "demo")
        if manifest["kind"] == "KafkaUser"
    }
    made |= {"recsys-db-ca", "recsys-kafka-cluster-ca-cert"}  # EDB's and Strimzi's operators
    made.add("ds-pipeline-s3-recsys-pipelines")  # the pipelines' operator
    workload = next(m for m in manifests(pod.chart, pod.size) if title(m) == pod.workload)
    assert set(_secrets(workload)) - made == set()
