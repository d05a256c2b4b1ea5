"""The expressions of alerts and dashboards, parsed, and the metrics that exist."""

import json
from collections.abc import Iterator

import promql_parser
from prometheus_client import REGISTRY
from prometheus_client.metrics import MetricWrapperBase
from promql_parser import AggregateExpr, VectorSelector

import apps.encoder.app  # registers the metrics of the encoder
import apps.storefront.app  # noqa: F401 - registers those of the shop
import streams.processor.metrics  # noqa: F401 - registers those of the processor
from support.pattern.charts import CHARTS, manifests
from support.pattern.clustergroup import Manifest

CHART = "monitoring"
DASHBOARDS = CHARTS[CHART] / "dashboards"
LOOKED_UP: dict[str, set[str]] = {
    "recsys_outbox_waiting": set(),
    "recsys_outbox_oldest_seconds": set(),
    "recsys_outbox_refused": set(),
    "recsys_live_model_info": {"version"},
    "recsys_live_model_loaded": set(),
    "recsys_rejected_versions": set(),
    "recsys_newest_version_timestamp_seconds": set(),
    "recsys_model_registry_behind_since_timestamp_seconds": set(),
}
"""Metrics of the shop that are collected on request, so their labels are unknown before."""
# Metrics of other exporters, from their documentation.
PROMETHEUS = {"up": {"job", "pod"}}
KUBELET = {
    "kubelet_volume_stats_available_bytes": {"namespace", "persistentvolumeclaim"},
    "kubelet_volume_stats_capacity_bytes": {"namespace", "persistentvolumeclaim"},
}
KUBE_STATE_METRICS = {
    "kube_cronjob_created": {"namespace", "cronjob"},
    "kube_cronjob_status_last_successful_time": {"namespace", "cronjob"},
    "kube_resourcequota": {"namespace", "resourcequota", "resource", "type"},
}
KAFKA_EXPORTER = {
    "kafka_consumergroup_lag": {"consumergroup", "topic", "partition"},
    "kafka_topic_partition_current_offset": {"topic", "partition"},
}
STRIMZI_METRICS_REPORTER = {
    "kafka_connect_connect_worker_metrics_connector_failed_task_count": {"connector", "pod"},
    "kafka_connect_connect_worker_metrics_connector_running_task_count": {"connector", "pod"},
    "kafka_controller_kafkacontroller_offlinepartitionscount": {"pod"},
    "kafka_server_replicamanager_underminisrpartitioncount": {"pod"},
    "kafka_server_replicamanager_underreplicatedpartitions": {"pod"},
}
EDB = {
    "cnp_collector_last_available_backup_timestamp": {"pod"},
    "cnp_collector_up": {"cluster", "pod"},
    "cnp_pg_replication_lag": {"pod"},
}
BARMAN_CLOUD = {"barman_cloud_cloudnative_pg_io_last_available_backup_timestamp": {"pod"}}
"""Of the plugin for object stores, whose backups the operator's own metric leaves out."""


def metrics() -> dict[str, set[str]]:
    """The labels of all metrics by name; those of the project are in its registry."""
    found = PROMETHEUS | KUBELET | KAFKA_EXPORTER | STRIMZI_METRICS_REPORTER | LOOKED_UP
    found |= EDB | BARMAN_CLOUD | KUBE_STATE_METRICS
    for metric, names in REGISTRY._collector_to_names.items():
        if isinstance(metric, MetricWrapperBase):
            for name in names:
                buckets = {"le"} if name.endswith("_bucket") else set()
                found[name] = {*metric._labelnames, *buckets}
    return found


def rules(size: str) -> Iterator[Manifest]:
    """The alerts of a size."""
    for manifest in manifests(CHART, size):
        if manifest["kind"] == "PrometheusRule":
            for group in manifest["spec"]["groups"]:
                yield from group["rules"]


def expressions() -> Iterator[tuple[str, str]]:
    """Every expression, with the alert or panel that has it."""
    for rule in rules("production"):
        yield rule["alert"], rule["expr"]
    for file in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(file.read_text())["panels"]:
            for target in panel["targets"]:
                yield f"{file.stem}: {panel['title']}", target["expr"]


def parts(expression: str) -> list[object]:
    """All parts of an expression.

    Raises:
        ValueError: it is not PromQL.
    """
    return list(_parts(promql_parser.parse(expression)))


def _parts(node: object) -> Iterator[object]:
    yield node
    for name in ("expr", "lhs", "rhs", "param", "vector_selector"):
        child = getattr(node, name, None)
        if child is not None:
            yield from _parts(child)
    for argument in getattr(node, "args", None) or ():
        yield from _parts(argument)


def selectors(expression: str) -> list[VectorSelector]:
    """The selectors of the expression."""
    return [part for part in parts(expression) if isinstance(part, VectorSelector)]


def groupings(expression: str) -> list[set[str]]:
    """The labels by which the expression groups."""
    return [
        set(part.modifier.labels)
        for part in parts(expression)
        if isinstance(part, AggregateExpr) and part.modifier is not None
    ]
