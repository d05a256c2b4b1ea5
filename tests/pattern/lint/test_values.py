"""The values files follow the framework's schema and rules."""

import json
import re
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for

from support.checkout import REPOSITORY
from support.lab.lock import FOLDER
from support.pattern.charts import SIZES, VERSION
from support.pattern.values import FILES, Values, expand, merge, read

SCHEMA = FOLDER / "clustergroup-values.schema.json"
OVERRIDES = sorted(REPOSITORY.glob("overrides/*.yaml"))
DEPRECATED = ("projects", "isHubCluster", "project")
MAX_NAME_LENGTH = 46


@pytest.fixture
def schema() -> Path:
    if not SCHEMA.is_file():
        pytest.skip(
            f"the clustergroup chart's schema is not at {SCHEMA}; RECSYS_CRDS names its folder"
        )
    return SCHEMA


def faults(schema: Path, instance: Values) -> list[str]:
    """The violations of a JSON schema, each with its path."""
    described = json.loads(schema.read_text())
    validator = validator_for(described)(described)
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(instance)]


@pytest.mark.parametrize(
    "override", [None, *OVERRIDES], ids=lambda file: getattr(file, "stem", "-")
)
def test_values_fit_the_frameworks_schema(schema: Path, override: Path | None) -> None:
    assert faults(schema, read(*FILES, *([override] if override else []))) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"clusterGroup": {"applicatons": {}}},
        {"clusterGroup": {"subscriptions": ["amq-streams", 3]}},
        {"global": {"options": {"syncPolicy": {"automated": {}}}}},
        {"global": {"secretStore": {"name": "vault-backend"}}},
        {"main": {"clusterGroupName": None}},
    ],
    ids=str,
)
def test_the_schema_refuses_wrong_values(schema: Path, wrong: Values) -> None:
    assert faults(schema, merge(read(*FILES), wrong))


def test_secrets_template_fits_its_schema() -> None:
    template = yaml.safe_load((REPOSITORY / "values-secret.yaml.template").read_text())
    assert faults(Path(__file__).with_name("values-secret.schema.json"), template) == []


def test_the_frameworks_rules() -> None:
    merged = read(*FILES)
    main, general, group = merged["main"], merged["global"], merged["clusterGroup"]
    assert main["clusterGroupName"] == group["name"] == "hub"
    assert main["multiSourceConfig"] == {"enabled": True, "clusterGroupChartVersion": "0.9.*"}
    assert len(general["pattern"]) + 2 * len(group["name"]) <= MAX_NAME_LENGTH
    assert {"useCSV", "syncPolicy", "installPlanApproval"} <= set(general["options"])
    assert general["size"] in SIZES
    text = "".join(Path(file).read_text() for file in FILES)
    assert [name for name in DEPRECATED if re.search(rf"(?m)^\s*{name}:", text)] == []


def test_entries_are_maps_not_lists() -> None:
    """An override replaces a list, and merges into a map."""
    group = read(*FILES)["clusterGroup"]
    for part in ("namespaces", "subscriptions", "applications", "extraObjects"):
        assert isinstance(group[part], dict), part


def test_every_operator_has_its_namespace() -> None:
    group = read(*FILES, *OVERRIDES)["clusterGroup"]
    for subscription in group["subscriptions"].values():
        namespace = group["namespaces"][subscription["namespace"]]
        assert namespace == {"operatorGroup": True, "targetNamespaces": []}
        assert subscription["channel"]


def test_every_application_has_a_namespace_a_project_and_a_wave() -> None:
    group = read(*FILES)["clusterGroup"]
    for key, application in group["applications"].items():
        assert application["name"] == key
        assert application["namespace"] in group["namespaces"]
        assert application["argoProject"] in group["argoProjects"]
        assert int(application["annotations"]["argocd.argoproj.io/sync-wave"]) >= 0


def test_applications_prune_and_self_heal() -> None:
    for application in read(*FILES)["clusterGroup"]["applications"].values():
        if "path" in application:
            assert application["syncPolicy"]["automated"] == {"prune": True, "selfHeal": True}


def test_retries_never_end() -> None:
    """Argo CD does not sync a commit again whose retries have ended."""
    values = read(*FILES)
    default = values["global"]["options"]["applicationRetryLimit"]
    for name, application in values["clusterGroup"]["applications"].items():
        policy = application.get("syncPolicy", {"retry": {"limit": default}})
        assert policy["retry"]["limit"] < 0, name


def test_every_override_file_has_a_name_that_is_read() -> None:
    """The framework silently ignores a file with any other name."""
    merged = read(*FILES)
    platforms = ("AWS", "Azure", "GCP", "IBMCloud", "BareMetal", "VSphere", "OpenStack", "None")
    group = merged["clusterGroup"]
    templates = set(group["sharedValueFiles"]).union(
        *(application.get("extraValueFiles", []) for application in group["applications"].values())
    )
    read_files = {
        expand(
            file,
            {"global": {"clusterPlatform": platform, "clusterVersion": version, "size": size}},
        )
        for file in templates
        for platform in platforms
        for version in ("4.19", "4.20", "4.21", "4.22")
        for size in SIZES
    }
    assert {f"/overrides/{file.name}" for file in OVERRIDES} <= read_files


def test_shared_overrides_set_only_shared_values() -> None:
    """A value of one chart would be refused by the schemas of the others."""
    for file in OVERRIDES:
        if file.name.startswith("values-"):
            assert set(read(file)) <= {"global", "clusterGroup"}, file


def test_every_chart_can_be_overridden() -> None:
    for name, application in read(*FILES)["clusterGroup"]["applications"].items():
        if "path" in application:
            assert application["extraValueFiles"] == [
                f"/overrides/{name}.yaml",
                f"/overrides/{name}-{{{{ $.Values.global.clusterPlatform }}}}.yaml",
            ]


def test_metadata() -> None:
    metadata = yaml.safe_load((REPOSITORY / "pattern-metadata.yaml").read_text())
    assert metadata["name"] == read(*FILES)["global"]["pattern"]
    assert VERSION.startswith(metadata["pattern_version"])
    assert metadata["tier"] in {"sandbox", "tested", "maintained"}
    for nodes in ("compute", "controlPlane"):
        for cloud in metadata["requirements"]["hub"][nodes]["platform"].values():
            assert cloud["replicas"] >= 1
            assert cloud["type"]
    required = {"metadata_version", "display_name", "owners", "extra_features", "repo_url"}
    required |= {"docs_repo_url", "issues_url", "docs_url", "ci_url"}
    assert required <= set(metadata)
