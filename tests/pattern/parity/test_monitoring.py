"""Alerts, monitors, dashboards and links against the objects and pages that they refer to."""

import json
import re

import pytest
import yaml

from support.checkout import REPOSITORY
from support.pattern.charts import CHARTS, CLUSTER, SIZES, manifests
from support.pattern.promql import CHART, DASHBOARDS, rules

HEADING = re.compile(r"^#+ (\w+)$", re.MULTILINE)
SEVERITIES = {"critical", "warning", "info"}


@pytest.mark.parametrize("size", SIZES)
def test_every_alert_has_a_severity_and_texts(size: str) -> None:
    for rule in rules(size):
        assert rule["labels"]["severity"] in SEVERITIES
        assert rule["for"]
        for text in (rule["annotations"]["summary"], rule["annotations"]["description"]):
            assert text.endswith(".")
            assert "\n" not in text


def test_every_alert_is_in_the_troubleshooting_guide() -> None:
    headings = set(HEADING.findall((REPOSITORY / "docs/troubleshooting.md").read_text()))
    page = (
        f"{CLUSTER.repo_url.removesuffix('.git')}/blob/{CLUSTER.revision}/docs/troubleshooting.md"
    )
    for rule in rules("production"):
        assert rule["alert"] in headings
        # GitHub's anchor of a heading of one word is the word in lower case.
        assert rule["annotations"]["runbook_url"] == f"{page}#{rule['alert'].lower()}"


@pytest.mark.parametrize("size", SIZES)
def test_the_alert_for_old_backups_exists_where_backups_do(size: str) -> None:
    backups = any(each["kind"] == "ScheduledBackup" for each in manifests("postgres", size))
    alert = any(rule["alert"] == "BackupTooOld" for rule in rules(size))
    assert backups == alert


def test_alerts_on_backups_name_the_objects_of_the_database() -> None:
    expressions = {rule["alert"]: rule["expr"] for rule in rules("production")}
    made = {
        (each["kind"], each["metadata"]["name"]): each
        for each in manifests("postgres", "production")
    }
    (quota,) = [each for (kind, _), each in made.items() if kind == "ResourceQuota"]
    named = re.findall(r'(\w+)="([^"]+)"', expressions["SnapshotsPileUp"])
    assert {value for label, value in named if label == "resource"} == set(quota["spec"]["hard"])
    tested = re.findall(r'cronjob="([^"]+)"', expressions["RestoreTestTooOld"])
    assert tested
    assert {("CronJob", name) for name in tested} <= set(made)


def test_monitors_find_the_services_and_ports_of_the_project() -> None:
    services = {
        service["metadata"]["name"]: service
        for chart in ("storefront", "processor", "encoder")
        for service in manifests(chart, "demo")
        if service["kind"] == "Service"
    }
    monitors = [each for each in manifests(CHART, "demo") if each["kind"] == "ServiceMonitor"]
    assert {monitor["metadata"]["name"] for monitor in monitors} == set(services)
    for monitor in monitors:
        service = services[monitor["metadata"]["name"]]
        selected = monitor["spec"]["selector"]["matchLabels"]
        assert selected.items() <= service["metadata"]["labels"].items()
        ports = {port["name"] for port in service["spec"]["ports"]}
        assert {endpoint["port"] for endpoint in monitor["spec"]["endpoints"]} <= ports


def test_pods_of_kafka_that_export_metrics_are_scraped() -> None:
    (kafka,) = [each for each in manifests("kafka", "demo") if each["kind"] == "Kafka"]
    (connect,) = [each for each in manifests("connect", "demo") if each["kind"] == "KafkaConnect"]
    exporting = {
        (kafka["metadata"]["name"], "kafka"): kafka["spec"]["kafka"].get("metricsConfig"),
        (kafka["metadata"]["name"], "kafka-exporter"): kafka["spec"].get("kafkaExporter"),
        (connect["metadata"]["name"], "kafka-connect"): connect["spec"].get("metricsConfig"),
    }
    read = set()
    for monitor in manifests(CHART, "demo"):
        if monitor["kind"] == "PodMonitor":
            labels = monitor["spec"]["selector"]["matchLabels"]
            read.add((labels["strimzi.io/cluster"], labels["strimzi.io/component-type"]))
    assert read == {pods for pods, exports in exporting.items() if exports}


@pytest.mark.parametrize("name", [file.stem for file in sorted(DASHBOARDS.glob("*.json"))])
def test_dashboards_are_rendered_completely(name: str) -> None:
    board = json.loads((DASHBOARDS / f"{name}.json").read_text())
    identifiers = [panel["id"] for panel in board["panels"]]
    assert len(set(identifiers)) == len(identifiers)
    assert {panel["datasource"]["uid"] for panel in board["panels"]} == {"${datasource}"}
    (made,) = [
        manifest
        for manifest in manifests(CHART, "demo")
        if manifest["kind"] == "GrafanaDashboard"
        and manifest["metadata"]["name"].endswith(f"-{name}")
    ]
    assert json.loads(made["spec"]["json"]) == board


def test_links_refer_to_the_routes() -> None:
    routes = {
        manifest["metadata"]["name"]
        for chart in ("storefront", "analytics", CHART)
        for manifest in manifests(chart, "demo")
        if manifest["kind"] == "Route"
    }
    values = yaml.safe_load((CHARTS["consolelinks"] / "values.yaml").read_text())
    assert set(values["global"]["names"].values()) == routes
