import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from pipelines.retrain.compile import compile_to
from pipelines.retrain.local import Parameters
from pipelines.retrain.pipeline import retrain


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("compiled") / "retrain.yaml"
    compile_to(path)
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
    definition = yaml.safe_load((tmp_path / "out.yaml").read_text())
    executors = definition["deploymentSpec"]["executors"].values()
    assert {executor["container"]["image"] for executor in executors} == {image}


def test_components_follow_one_another_and_install_nothing(compiled: Path) -> None:
    definition = yaml.safe_load(compiled.read_text())
    tasks = definition["root"]["dag"]["tasks"]
    assert {name: set(task.get("dependentTasks", [])) for name, task in tasks.items()} == {
        "load-data": set(),
        "train-towers": {"load-data"},
        "evaluate": {"load-data", "train-towers"},
        "publish": {"evaluate", "load-data", "train-towers"},
    }
    assert not any(task["cachingOptions"] for task in tasks.values())
    assert "pip install" not in compiled.read_text()


def test_the_local_run_takes_the_parameters_that_the_pipeline_has() -> None:
    declared = {name: spec.default for name, spec in retrain.component_spec.inputs.items()}
    assert Parameters().model_dump(by_alias=True) | {"towers": "{}"} == declared
