"""`python -m pipelines.retrain.compile OUT.yaml` compiles the pipeline for a cluster.

The image, the secrets and the resources of its tasks come from `ClusterSettings`.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from kfp import compiler, dsl, kubernetes
from pydantic import BaseModel, ConfigDict, Field, HttpUrl
from pydantic_settings import BaseSettings, SettingsConfigDict

from ml.data_validation.bounds import DataBounds
from ml.gate.bounds import GateBounds, Mode
from pipelines.retrain.components import IMAGE
from pipelines.retrain.pipeline import (
    PUBLISHING_TASK,
    TRAINING_TASKS,
    VALIDATION_TASK,
    define,
)

_DATABASE_FILES = "/etc/recsys/database"
_MODELS = "/var/cache/recsys/models"
_STORAGE_FILES = "/etc/recsys/object-storage"
_SERVICE_CA = "openshift-service-ca.crt"
"""ConfigMap in every namespace of OpenShift: the certificate authority of its services."""
_SERVICE_CA_FILES = "/etc/recsys/services"
_ACCOUNT_TOKEN = "/var/run/secrets/kubernetes.io/serviceaccount/token"  # noqa: S105 - its path
_RETRIES = 2
"""Of a task whose pod was evicted, or whose database was away; each can be repeated."""
_SCRATCH = "/tmp"  # noqa: S108 - an emptyDir volume: the container's root file system is read-only


class Resources(BaseModel):
    """Of a step: both request and limit."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cpu: str = Field(pattern=r"^\d+(\.\d+)?$|^\d+m$")
    memory: str = Field(pattern=r"^\d+[GM]i$")


class Steps(BaseModel):
    """The resources of each step; docs/scale.md says what a step takes by the size of a shop."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    load_data: Resources = Resources(cpu="1", memory="1Gi")
    validate_data: Resources = Resources(cpu="1", memory="2Gi")
    train_towers: Resources = Resources(cpu="2", memory="4Gi")
    evaluate: Resources = Resources(cpu="2", memory="4Gi")
    gate: Resources = Resources(cpu="2", memory="4Gi")
    publish: Resources = Resources(cpu="2", memory="4Gi")

    def of(self, task: str) -> Resources:
        """The resources of a task, by its name in the pipeline."""
        found: Resources = getattr(self, task.replace("-", "_"))
        return found


class ClusterSettings(BaseSettings):
    """Settings of the pipeline's tasks, from variables with the prefix RECSYS_."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    pipeline_image: str = Field(default=IMAGE, min_length=1)
    """The image that every component runs in."""
    database_secret: str = "recsys-db-pipeline"  # noqa: S105 - its name
    """Secret whose key `url` is the database's URL."""
    database_ca_secret: str = "recsys-db-authority"  # noqa: S105 - its name
    """Secret whose key `ca.crt` signs the database's certificate; all its keys are mounted."""
    artifacts_url: str = Field(default="s3://recsys-pipelines/models", pattern=r"^s3://.+$")
    """Where the tasks keep the files of the versions (`ml.settings`)."""
    artifacts_endpoint: HttpUrl = HttpUrl("http://minio-recsys-pipelines:9000")
    """Address of that object storage."""
    artifacts_region: str = "us-east-1"
    artifacts_secret: str = "ds-pipeline-s3-recsys-pipelines"  # noqa: S105 - its name
    """Secret with the keys of that object storage; all its fields are mounted."""
    artifacts_key_id_field: str = "accesskey"
    """Field of that Secret with the access key."""
    artifacts_key_field: str = "secretkey"
    """Field of that Secret with the secret key."""
    model_registry_url: HttpUrl | None = None
    """Address of the Service of a model registry, to which the versions are copied; None: to none.
    With https it gets the token of the tasks' service account."""
    model_registry_model: str = Field(default="recommender", min_length=1)
    """Name of the registered model there."""
    pipeline_steps: Steps = Steps()
    """CPU and memory of each task, as JSON."""
    pipeline_gpus: int = Field(default=0, ge=0)
    """GPUs of each task that trains a model."""
    retrain_ranker: Literal["two_tower", "full"] = "two_tower"
    """What ranks the lists of a run that does not say it itself."""
    retrain_spread: float = Field(default=0.5, ge=0, le=5)
    """How far the lists of such a run are spread over categories."""
    retrain_warm_start: bool = False
    """Whether such a run may start from the weights of the live version."""
    retrain_gate: Mode = "enforce"
    """Whether the gate of such a run can reject a version."""
    retrain_gate_bounds: GateBounds = GateBounds()
    """Bounds of that gate, as JSON."""
    retrain_data_bounds: DataBounds = DataBounds()
    """What the data of such a run must keep, as JSON."""


def compile_to(path: Path, cluster: ClusterSettings) -> None:
    """Write the compiled pipeline; the same code and settings give the same bytes."""
    pipeline = define(
        lambda task: _configure(task, cluster),
        default_ranker=cluster.retrain_ranker,
        default_spread=cluster.retrain_spread,
        default_warm_start=cluster.retrain_warm_start,
        default_gate=cluster.retrain_gate,
        default_gate_bounds=cluster.retrain_gate_bounds.model_dump_json(exclude_defaults=True),
        default_data_bounds=cluster.retrain_data_bounds.model_dump_json(exclude_defaults=True),
    )
    compiler.Compiler().compile(pipeline, str(path))


def _configure(task: dsl.PipelineTask, cluster: ClusterSettings) -> None:
    task.set_container_image(cluster.pipeline_image)
    resources = cluster.pipeline_steps.of(task.name)
    task.set_cpu_request(resources.cpu).set_cpu_limit(resources.cpu)
    task.set_memory_request(resources.memory).set_memory_limit(resources.memory)
    if task.name != VALIDATION_TASK:
        task.set_retry(_RETRIES, backoff_duration="60s", backoff_factor=2.0)
    if cluster.pipeline_gpus and task.name in TRAINING_TASKS:
        task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(cluster.pipeline_gpus)
    kubernetes.use_secret_as_env(task, cluster.database_secret, {"url": "RECSYS_DATABASE_URL"})
    kubernetes.use_secret_as_volume(task, cluster.database_ca_secret, _DATABASE_FILES)
    kubernetes.empty_dir_mount(task, "models", _MODELS)
    kubernetes.empty_dir_mount(task, "scratch", _SCRATCH)
    kubernetes.use_secret_as_volume(task, cluster.artifacts_secret, _STORAGE_FILES)
    for name, value in (
        ("RECSYS_MODELS_DIR", _MODELS),
        ("RECSYS_ARTIFACTS_URL", cluster.artifacts_url),
        ("RECSYS_ARTIFACTS_ENDPOINT", str(cluster.artifacts_endpoint)),
        ("RECSYS_ARTIFACTS_REGION", cluster.artifacts_region),
        (
            "RECSYS_ARTIFACTS_ACCESS_KEY_FILE",
            f"{_STORAGE_FILES}/{cluster.artifacts_key_id_field}",
        ),
        (
            "RECSYS_ARTIFACTS_SECRET_KEY_FILE",
            f"{_STORAGE_FILES}/{cluster.artifacts_key_field}",
        ),
    ):
        task.set_env_variable(name, value)
    if task.name == PUBLISHING_TASK and cluster.model_registry_url:
        _copy_versions(task, cluster.model_registry_url, cluster.model_registry_model)
    for name in ("HOME", "TMPDIR"):
        task.set_env_variable(name, _SCRATCH)


def _copy_versions(task: dsl.PipelineTask, url: HttpUrl, model: str) -> None:
    task.set_env_variable("RECSYS_MODEL_REGISTRY_URL", str(url))
    task.set_env_variable("RECSYS_MODEL_REGISTRY_MODEL", model)
    if url.scheme == "https":
        kubernetes.use_config_map_as_volume(task, _SERVICE_CA, _SERVICE_CA_FILES)
        authority = f"{_SERVICE_CA_FILES}/service-ca.crt"
        task.set_env_variable("RECSYS_MODEL_REGISTRY_CA_FILE", authority)
        task.set_env_variable("RECSYS_MODEL_REGISTRY_TOKEN_FILE", _ACCOUNT_TOKEN)


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(description="Compile the pipeline `retrain`.")
    parser.add_argument("out", type=Path, metavar="OUT.yaml")
    compile_to(parser.parse_args(arguments).out, ClusterSettings())


if __name__ == "__main__":
    main()
