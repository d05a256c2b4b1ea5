"""The chart's pipeline against the code: parameters, image, resources, schedule, server, rights."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from ml.data_validation.bounds import DataBounds
from ml.gate.bounds import GateBounds
from pipelines.retrain.compile import ClusterSettings, compile_to
from pipelines.retrain.deploy import DeploySettings
from pipelines.retrain.local import Parameters
from pipelines.retrain.pipeline import NAME
from support.pattern.charts import CHARTS, SIZES, containers, manifests, template
from support.pattern.clustergroup import Manifest

CHART = "pipelines"


def only(kind: str, size: str = "demo", *, of: str = "") -> Manifest:
    """The one manifest of a kind, or the one whose name ends so."""
    (found,) = [
        manifest
        for manifest in manifests(CHART, size)
        if manifest["kind"] == kind and manifest["metadata"]["name"].endswith(of)
    ]
    return found


def environment(size: str) -> dict[str, str]:
    (container,) = containers(only("Job", size))
    return {variable["name"]: variable["value"] for variable in container["env"]}


@pytest.fixture
def settings(size: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> DeploySettings:
    """The Job's settings, with two empty files in place of the mounted ones."""
    for name, value in environment(size).items():
        if name.endswith("_FILE"):
            (tmp_path / name).touch()
            monkeypatch.setenv(name, str(tmp_path / name))
        else:
            monkeypatch.setenv(name, value)
    return DeploySettings()


@pytest.fixture
def compiled(settings: DeploySettings, tmp_path: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    compile_to(tmp_path / "pipeline.yaml", settings)
    specification, platform = yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text())
    return specification, platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "size" in metafunc.fixturenames:
        metafunc.parametrize("size", SIZES)


def test_the_steps_have_the_image_and_resources_of_the_chart(
    size: str,
    compiled: tuple[dict[str, Any], dict[str, Any]],
    settings: DeploySettings,
) -> None:
    (upload,) = containers(only("Job", size))
    specification, platform = compiled
    steps = json.loads(environment(size)["RECSYS_PIPELINE_STEPS"])
    executors = specification["deploymentSpec"]["executors"]
    assert {name.removeprefix("exec-").replace("-", "_") for name in executors} == steps.keys()
    for name, executor in executors.items():
        container, given = executor["container"], settings.pipeline_steps.of(name[5:])
        assert container["image"] == upload["image"]
        assert given.model_dump() == steps[name[5:].replace("-", "_")]
        for bound in ("Request", "Limit"):
            assert container["resources"][f"resourceCpu{bound}"] == given.cpu
            assert container["resources"][f"resourceMemory{bound}"] == given.memory
    (url,) = {executor["secretAsEnv"][0]["secretName"] for executor in platform.values()}
    (mounted,) = {
        tuple(each["secretName"] for each in executor["secretAsVolume"])
        for executor in platform.values()
    }
    authority, storage = mounted
    server = only("DataSciencePipelinesApplication", size)["metadata"]["name"]
    assert storage == f"ds-pipeline-s3-{server}", "as its operator names it"
    database = next(m for m in manifests("postgres", size) if m["kind"] == "Cluster")
    assert url == f"{database['metadata']['name']}-pipeline"
    copied = only("ExternalSecret", size, of="-authority")
    assert copied["spec"]["data"][0]["remoteRef"]["key"] == f"{database['metadata']['name']}-ca"
    assert authority == copied["spec"]["target"]["name"]


def test_the_settings_have_the_variable_of_the_gpu() -> None:
    done = template(CHART, "demo", "--set", "global.gpu=true")
    (job,) = [each for each in yaml.safe_load_all(done.stdout) if each["kind"] == "Job"]
    more = {each["name"] for each in containers(job)[0]["env"]} - set(environment("demo"))
    assert more == {"RECSYS_PIPELINE_GPUS"}
    assert "pipeline_gpus" in DeploySettings.model_fields


@pytest.mark.parametrize(
    ("value", "parameter", "expected"),
    [
        ("retrain.ranker=full", "ranker", "full"),
        ("retrain.spread=2", "spread", 2),
        ("retrain.gate=report", "gate", "report"),
        ("retrain.warmStart=true", "warm_start", True),
        ("retrain.gateBounds.min_users=99", "gate_bounds", '{"min_users":99}'),
    ],
)
def test_the_chart_says_how_a_scheduled_run_ranks_and_judges(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, value: str, parameter: str, *, expected: object
) -> None:
    done = template(CHART, "demo", "--set", value)
    (job,) = [each for each in yaml.safe_load_all(done.stdout) if each["kind"] == "Job"]
    name = f"RECSYS_RETRAIN_{parameter.upper()}"
    (given,) = [each["value"] for each in containers(job)[0]["env"] if each["name"] == name]
    monkeypatch.setenv(name, given)
    compile_to(tmp_path / "pipeline.yaml", ClusterSettings())
    specification, _ = yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text())
    parameters = specification["root"]["inputDefinitions"]["parameters"]
    assert parameters[parameter]["defaultValue"] == expected


def test_the_step_that_publishes_knows_the_model_registry(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = "https://shop.rhoai-model-registries.svc:8443"
    done = template(CHART, "demo", "--set", f"modelRegistry.url={url},modelRegistry.model=toys")
    (job,) = [each for each in yaml.safe_load_all(done.stdout) if each["kind"] == "Job"]
    given = {each["name"]: each["value"] for each in containers(job)[0]["env"]}
    more = given.keys() - environment("demo").keys()
    assert more == {"RECSYS_MODEL_REGISTRY_URL", "RECSYS_MODEL_REGISTRY_MODEL"}
    for name in more:
        monkeypatch.setenv(name, given[name])
    compile_to(tmp_path / "pipeline.yaml", ClusterSettings())
    specification, platform = yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text())
    mounts = platform["platforms"]["kubernetes"]["deploymentSpec"]["executors"]
    told = {
        name: {
            each["name"]: each["value"]
            for each in executor["container"]["env"]
            if each["name"].startswith("RECSYS_MODEL_REGISTRY")
        }
        for name, executor in specification["deploymentSpec"]["executors"].items()
    }
    (services,) = mounts["exec-publish"]["configMapAsVolume"]
    assert services["configMapName"] == "openshift-service-ca.crt"
    assert told.pop("exec-publish") == {
        "RECSYS_MODEL_REGISTRY_URL": f"{url}/",
        "RECSYS_MODEL_REGISTRY_MODEL": "toys",
        "RECSYS_MODEL_REGISTRY_CA_FILE": f"{services['mountPath']}/service-ca.crt",
        "RECSYS_MODEL_REGISTRY_TOKEN_FILE": "/var/run/secrets/kubernetes.io/serviceaccount/token",
    }
    assert set(map(len, told.values())) == {0}, "no other step has to know it"


def test_the_chart_takes_the_bounds_that_the_gate_has() -> None:
    schema = json.loads((CHARTS["pipelines"] / "values.schema.json").read_text())
    bounds = schema["properties"]["retrain"]["properties"]["gateBounds"]["properties"]
    assert set(bounds) == set(GateBounds.model_fields)


def test_the_parameters_that_a_scheduled_run_leaves_to_the_pipeline_have_defaults(
    compiled: tuple[dict[str, Any], dict[str, Any]],
) -> None:
    specification, _ = compiled
    assert specification["pipelineInfo"]["name"] == NAME
    parameters = specification["root"]["inputDefinitions"]["parameters"]
    on_a_laptop = Parameters().model_dump(by_alias=True)
    assert set(parameters) == set(on_a_laptop)
    assert all(each["isOptional"] for each in parameters.values())
    for name, value in on_a_laptop.items():
        default = parameters[name].get("defaultValue", "")
        assert default == ("{}" if name in {"data_bounds", "gate_bounds", "towers"} else value), (
            name
        )


def test_the_chart_bounds_the_data_of_a_scheduled_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    done = template(CHART, "demo", "--set-json", "retrain.dataBounds.max_fall=0.5")
    (job,) = [each for each in yaml.safe_load_all(done.stdout) if each["kind"] == "Job"]
    (bounds,) = [
        each["value"]
        for each in containers(job)[0]["env"]
        if each["name"] == "RECSYS_RETRAIN_DATA_BOUNDS"
    ]
    monkeypatch.setenv("RECSYS_RETRAIN_DATA_BOUNDS", bounds)
    compile_to(tmp_path / "pipeline.yaml", ClusterSettings())
    specification, _ = yaml.safe_load_all((tmp_path / "pipeline.yaml").read_text())
    parameters = specification["root"]["inputDefinitions"]["parameters"]
    assert DataBounds.model_validate_json(parameters["data_bounds"]["defaultValue"]) == DataBounds(
        max_fall=0.5
    )


def test_the_charts_schema_knows_the_bounds_of_the_data() -> None:
    schema = json.loads((CHARTS[CHART] / "values.schema.json").read_text())
    of_chart = schema["properties"]["retrain"]["properties"]["dataBounds"]["properties"]
    kept = {"type", "minimum", "maximum", "exclusiveMinimum"}
    assert of_chart == {
        name: {key: value for key, value in field.items() if key in kept}
        for name, field in DataBounds.model_json_schema()["properties"].items()
    }


def test_no_parameter_of_the_pipeline_is_set_twice() -> None:
    """The environment configures the deployment, parameters configure a run: no name is both."""
    parameters = set(Parameters().model_dump(by_alias=True))
    assert parameters & set(DeploySettings.model_fields) == set()


def test_the_schedule_is_that_of_the_code(settings: DeploySettings) -> None:
    assert settings.retrain_schedule == DeploySettings.model_fields["retrain_schedule"].default
    assert settings.first_run


def test_the_job_calls_the_server_of_the_chart() -> None:
    server = only("DataSciencePipelinesApplication")["metadata"]["name"]
    host = (
        f"ds-pipeline-{server}.{only('RoleBinding', of='-upload')['subjects'][0]['namespace']}.svc"
    )
    assert environment("demo")["RECSYS_PIPELINES_URL"] == f"https://{host}:8443"
    api, route = only("Role", of="-upload")["rules"]
    assert api["resourceNames"] == [server]
    assert route["resourceNames"] == [f"ds-pipeline-{server}"]


def test_the_job_has_only_its_own_rights() -> None:
    account = only("ServiceAccount", of="-upload")["metadata"]["name"]
    binding = only("RoleBinding", of="-upload")
    assert only("Job")["spec"]["template"]["spec"]["serviceAccountName"] == account
    assert [subject["name"] for subject in binding["subjects"]] == [account]
    assert binding["roleRef"]["name"] == only("Role", of="-upload")["metadata"]["name"]
