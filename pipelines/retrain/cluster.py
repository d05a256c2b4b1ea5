"""The pipeline as a cluster runs it: its image, its database, room for files, and resources."""

from functools import partial

from kfp import dsl, kubernetes
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from pipelines.retrain.components import IMAGE
from pipelines.retrain.pipeline import define

_TRAINING = ("train-towers", "evaluate")
_DATABASE_FILES = "/etc/recsys/database"
_MODELS = "/var/cache/recsys/models"
_SCRATCH = "/tmp"  # noqa: S108 - a volume of the task's own: its root file system is read-only


class ClusterSettings(BaseSettings):
    """What the compiled pipeline names, from variables with the prefix RECSYS_."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    pipeline_image: str = Field(default=IMAGE, min_length=1)
    """The image that every component runs in."""
    database_secret: str = "recsys-db-pipeline"  # noqa: S105 - its name
    """Secret whose key `url` is the database's address."""
    database_ca_secret: str = "recsys-db-authority"  # noqa: S105 - its name
    """Secret whose key `ca.crt` signs the database's certificate; it is mounted whole."""
    pipeline_cpu: str = Field(default="2", pattern=r"^\d+(\.\d+)?$|^\d+m$")
    """Cores of each task, requested and at most."""
    pipeline_memory: str = Field(default="4Gi", pattern=r"^\d+[GM]i$")
    """Memory of each task, requested and at most."""
    pipeline_gpus: int = Field(default=0, ge=0)
    """GPUs of each task that trains."""


def retrain_in(cluster: ClusterSettings) -> dsl.base_component.BaseComponent:
    """The pipeline `retrain` with all that its tasks need there."""
    return define(partial(_prepare, cluster))


def _prepare(cluster: ClusterSettings, task: dsl.PipelineTask) -> None:
    task.set_container_image(cluster.pipeline_image)
    task.set_cpu_request(cluster.pipeline_cpu).set_cpu_limit(cluster.pipeline_cpu)
    task.set_memory_request(cluster.pipeline_memory).set_memory_limit(cluster.pipeline_memory)
    if cluster.pipeline_gpus and task.name in _TRAINING:
        task.set_accelerator_type("nvidia.com/gpu").set_accelerator_limit(cluster.pipeline_gpus)
    kubernetes.use_secret_as_env(task, cluster.database_secret, {"url": "RECSYS_DATABASE_URL"})
    kubernetes.use_secret_as_volume(task, cluster.database_ca_secret, _DATABASE_FILES)
    kubernetes.empty_dir_mount(task, "models", _MODELS)
    kubernetes.empty_dir_mount(task, "scratch", _SCRATCH)
    task.set_env_variable("RECSYS_MODELS_DIR", _MODELS)
    for name in ("HOME", "TMPDIR"):
        task.set_env_variable(name, _SCRATCH)
