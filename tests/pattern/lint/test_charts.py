"""Each chart and each size: linted, rendered, valid for its API, tested, documented."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from support.pattern.charts import (
    CHARTS,
    SIZES,
    VERSION,
    checked,
    framework_options,
    manifests,
    rendered,
    run,
    template,
)

TEMPLATE = "README.md.gotmpl"
OURS = {"global", "main", "clusterGroup", "secretStore", "extraParametersNested"}


def test_there_is_a_chart_for_every_application() -> None:
    group = yaml.safe_load(Path("values-hub.yaml").read_text())["clusterGroup"]
    paths = {Path(entry["path"]) for entry in group["applications"].values() if "path" in entry}
    assert {folder.relative_to(Path.cwd()) for folder in CHARTS.values()} == paths


def test_chart_has_the_projects_version(chart: str) -> None:
    metadata = yaml.safe_load((CHARTS[chart] / "Chart.yaml").read_text())
    assert metadata["apiVersion"] == "v2"
    assert metadata["name"] == chart
    assert metadata["description"]
    assert (metadata["version"], str(metadata["appVersion"])) == (VERSION, VERSION)


def test_lint(chart: str, size: str) -> None:
    checked("helm", "lint", "--strict", CHARTS[chart], *framework_options(chart, size))


def test_lint_without_the_patterns_values(chart: str) -> None:
    checked("helm", "lint", "--strict", CHARTS[chart])


def test_manifests_are_valid(chart: str, size: str, crds: Path, tmp_path: Path) -> None:
    file = tmp_path / "manifests.yaml"
    file.write_text(rendered(chart, size))
    checked("kubectl-validate", "--local-crds", crds, "--version", "1.30", file)


@pytest.mark.parametrize(("option", "kind"), [("delivery.enabled=true", "AlertmanagerConfig")])
def test_optional_manifests_are_valid(option: str, kind: str, crds: Path, tmp_path: Path) -> None:
    file = tmp_path / "manifests.yaml"
    done = template("monitoring", "demo", "--set", option)
    assert f"kind: {kind}" in done.stdout, done.stderr
    file.write_text(done.stdout)
    checked("kubectl-validate", "--local-crds", crds, "--version", "1.30", file)


def test_an_invalid_manifest_is_found(crds: Path, tmp_path: Path) -> None:
    """The check above can fail: for kinds of Kubernetes, of OpenShift and of an operator."""
    wrong = {"Deployment": "replicas", "Route": "to", "KafkaTopic": "partitions"}
    for kind, field in wrong.items():
        sample = next(
            manifest
            for chart in CHARTS
            for manifest in manifests(chart, SIZES[0])
            if manifest["kind"] == kind
        )
        broken = {**sample, "spec": {**sample["spec"], field: ["wrong"]}}
        file = tmp_path / "broken.yaml"
        file.write_text(yaml.safe_dump(broken))
        done = run("kubectl-validate", "--local-crds", crds, "--version", "1.30", file)
        assert done.returncode != 0
        assert field in done.stdout + done.stderr


def test_unit_tests(chart: str) -> None:
    said = checked("helm-unittest", "--strict", CHARTS[chart])
    assert re.search(r"(?m)^Tests: +[1-9]\d* passed, ", said), said


def test_readme_is_generated(chart: str, tmp_path: Path) -> None:
    shutil.copytree(CHARTS[chart], tmp_path / "all" / chart)
    shutil.copy(CHARTS[chart].parents[1] / TEMPLATE, tmp_path)
    checked("helm-docs", "--template-files", f"../../{TEMPLATE}", folder=tmp_path / "all" / chart)
    generated = (tmp_path / "all" / chart / "README.md").read_text()
    assert (CHARTS[chart] / "README.md").read_text() == generated, "run `make charts-docs`"


def test_every_value_is_documented(chart: str) -> None:
    """By its own comment, or by the comment of the same value of another size."""
    row = re.compile(r"^\| (?P<key>\S+) \| \w+ \| .*\| ?(?P<words>[^|]*)\|$", re.MULTILINE)
    found = {
        match["key"]: bool(match["words"].strip())
        for match in row.finditer((CHARTS[chart] / "README.md").read_text())
    }
    assert found
    silent = [
        key
        for key, has_words in found.items()
        if not has_words
        and not any(found.get(re.sub(r"^sizes\.\w+", f"sizes.{size}", key)) for size in SIZES)
    ]
    assert silent == []


def test_schema_is_closed(chart: str) -> None:
    schema = json.loads((CHARTS[chart] / "values.schema.json").read_text())
    values = yaml.safe_load((CHARTS[chart] / "values.yaml").read_text())
    assert schema["additionalProperties"] is False
    assert set(schema["properties"]) == OURS | set(values)
    open_maps = [
        where
        for where, node in _objects(schema, "")
        if node.get("additionalProperties") is None and where.split("/")[1] not in OURS
    ]
    assert open_maps == []


def _objects(node: object, where: str) -> list[tuple[str, dict[str, object]]]:
    if not isinstance(node, dict):
        return []
    found = [(where or "/", node)] if node.get("type") == "object" and "properties" in node else []
    for name, child in node.get("properties", {}).items():
        found += _objects(child, f"{where}/{name}")
    return found
