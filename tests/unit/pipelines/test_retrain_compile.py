import inspect
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import HttpUrl, ValidationError

from pipelines.retrain.compile import ClusterSettings, Resources, Steps, compile_to


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compiled") / "retrain.yaml"
    compile_to(path, ClusterSettings())
    return path


def test_the_same_code_gives_the_same_bytes_in_every_process(
    compiled: Path, tmp_path: Path
) -> None:
    command = [sys.executable, "-m", "pipelines.retrain.compile", str(tmp_path / "again.yaml")]
    for seed in ("1", "2"):
        subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, check=True
        )
        assert (tmp_path / "again.yaml").read_bytes() == compiled.read_bytes()


def test_the_image_comes_from_the_environment(tmp_path: Path) -> None:
    image = "registry.example/recsys-pipeline:1.2.3"
    subprocess.run(
        [sys.executable, "-m", "pipelines.retrain.compile", str(tmp_path / "out.yaml")],
        env={**os.environ, "RECSYS_PIPELINE_IMAGE": image},
        check=True,
    )
    definition, _platform = yaml.safe_load_all((tmp_path / "out.yaml").read_text())
    executors = definition["deploymentSpec"]["executors"].values()
    assert {executor["container"]["image"] for executor in executors} == {image}


def test_components_follow_one_another_and_install_nothing(compiled: Path) -> None:
    definition, _platform = yaml.safe_load_all(compiled.read_text())
    tasks = definition["root"]["dag"]["tasks"]
    assert {name: set(task.get("dependentTasks", [])) for name, task in tasks.items()} == {
        "load-data": set(),
        "validate-data": {"load-data"},
        "train-towers": {"load-data", "validate-data"},
        "evaluate": {"load-data", "train-towers"},
        "gate": {"evaluate", "load-data", "train-towers"},
        "publish": {"evaluate", "gate", "load-data", "train-towers", "validate-data"},
    }
    assert not any(task["cachingOptions"] for task in tasks.values())
    assert "pip install" not in compiled.read_text()


def test_a_task_is_repeated_unless_it_found_that_the_data_are_wrong(compiled: Path) -> None:
    definition, _platform = yaml.safe_load_all(compiled.read_text())
    retries = {
        name: task.get("retryPolicy", {}).get("maxRetryCount", 0)
        for name, task in definition["root"]["dag"]["tasks"].items()
    }
    assert retries.pop("validate-data") == 0
    assert set(retries.values()) == {2}


def test_every_task_has_the_database_scratch_volumes_and_resources(tmp_path: Path) -> None:
    cluster = ClusterSettings(
        database_secret="shop-pipeline",
        database_ca_secret="shop-ca",
        artifacts_url="s3://shop/models",
        artifacts_endpoint=HttpUrl("https://s3.example.org"),
        artifacts_region="eu-central-1",
        artifacts_secret="shop-storage",
        artifacts_key_id_field="access-key",
        artifacts_key_field="secret-key",
        pipeline_steps=Steps(evaluate=Resources(cpu="1500m", memory="6Gi")),
    )
    compile_to(tmp_path / "out.yaml", cluster)
    definition, platform = yaml.safe_load_all((tmp_path / "out.yaml").read_text())

    containers = {
        name: executor["container"]
        for name, executor in definition["deploymentSpec"]["executors"].items()
    }
    pods = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    tasks = definition["root"]["dag"]["tasks"]
    assert containers.keys() == {f"exec-{name}" for name in tasks}
    assert pods.keys() == containers.keys()
    for name, pod in pods.items():
        (address,), (authority, storage) = pod["secretAsEnv"], pod["secretAsVolume"]
        assert address["secretName"] == "shop-pipeline"
        assert address["keyToEnv"] == [{"secretKey": "url", "envVar": "RECSYS_DATABASE_URL"}]
        assert authority["secretName"] == "shop-ca"
        assert authority["mountPath"] == "/etc/recsys/database"
        assert not address["optional"]
        assert not authority["optional"]
        assert storage["secretName"] == "shop-storage"
        assert storage["mountPath"] == "/etc/recsys/object-storage"
        assert not storage["optional"]
        volumes = {mount["mountPath"] for mount in pod["emptyDirMounts"]}
        environment = {each["name"]: each["value"] for each in containers[name]["env"]}
        assert volumes == {"/var/cache/recsys/models", "/tmp"}
        assert environment == {
            "RECSYS_MODELS_DIR": "/var/cache/recsys/models",
            "HOME": "/tmp",
            "TMPDIR": "/tmp",
            "RECSYS_ARTIFACTS_URL": "s3://shop/models",
            "RECSYS_ARTIFACTS_ENDPOINT": "https://s3.example.org/",
            "RECSYS_ARTIFACTS_REGION": "eu-central-1",
            "RECSYS_ARTIFACTS_ACCESS_KEY_FILE": "/etc/recsys/object-storage/access-key",
            "RECSYS_ARTIFACTS_SECRET_KEY_FILE": "/etc/recsys/object-storage/secret-key",
        }
        resources = containers[name]["resources"]
        assert resources["resourceCpuRequest"] == resources["resourceCpuLimit"]
        assert resources["resourceMemoryRequest"] == resources["resourceMemoryLimit"]
    found = {name: each["resources"] for name, each in containers.items()}
    assert found["exec-evaluate"]["resourceCpuRequest"] == "1500m"
    assert found["exec-evaluate"]["resourceMemoryRequest"] == "6Gi"
    assert found["exec-load-data"]["resourceMemoryRequest"] == "1Gi", "the others keep theirs"


def test_the_gate_of_a_cluster_has_its_mode_and_bounds(tmp_path: Path) -> None:
    cluster = ClusterSettings.model_validate(
        {"retrain_gate": "report", "retrain_gate_bounds": {"min_users": 200, "max_fall": 0.1}}
    )
    compile_to(tmp_path / "out.yaml", cluster)
    definition, _platform = yaml.safe_load_all((tmp_path / "out.yaml").read_text())
    inputs = definition["root"]["inputDefinitions"]["parameters"]
    assert inputs["gate"]["defaultValue"] == "report"
    assert inputs["gate_bounds"]["defaultValue"] == '{"min_users":200}', "what differs"


@pytest.mark.parametrize(
    "wrong",
    [
        {"pipeline_image": ""},
        {"pipeline_steps": {"gate": {"cpu": "two", "memory": "4Gi"}}},
        {"pipeline_steps": {"gate": {"cpu": "2", "memory": "4 GB"}}},
        {"pipeline_steps": {"gates": {"cpu": "2", "memory": "4Gi"}}},
        {"retrain_gate": "off"},
        {"retrain_gate_bounds": {"max_fall": 2}},
    ],
)
def test_settings_that_no_cluster_takes_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ClusterSettings(**wrong)


def test_the_compiler_reads_the_stack_of_a_worker_without_a_search_for_its_modules() -> None:
    files = {inspect.getabsfile(each.frame) for each in inspect.stack()}
    assert files <= inspect.modulesbyfile.keys()
