"""The names of the objects that operators and Kubernetes make from an object of the charts.

`{name}` is the object's name, `{each}` one of its numbers or parts.
"""

from collections.abc import Callable, Iterator, Sequence

from support.pattern.clustergroup import Manifest

Parts = Callable[[Manifest], Sequence[object]]
NOTHING: Parts = lambda _: [""]  # noqa: E731 - most names have no part


def _instances(manifest: Manifest) -> range:
    return range(1, manifest["spec"]["instances"] + 1)


def _replicas(manifest: Manifest) -> range:
    return range(manifest["spec"]["replicas"])


def _cluster_of_pool(manifest: Manifest) -> list[str]:
    return [manifest["metadata"]["labels"]["strimzi.io/cluster"]]


def _target(manifest: Manifest) -> list[str]:
    return [manifest["spec"].get("target", {}).get("name") or manifest["metadata"]["name"]]


PARTS_OF_PIPELINES = ("persistenceagent", "scheduledworkflow", "workflow-controller")
GENERATED: dict[str, tuple[tuple[str, str, Parts], ...]] = {
    # Strimzi: KafkaResources and KafkaConnectResources of its API
    "Kafka": (
        ("Secret", "{name}-cluster-ca-cert", NOTHING),
        ("Secret", "{name}-cluster-ca", NOTHING),
        ("Secret", "{name}-clients-ca-cert", NOTHING),
        ("Secret", "{name}-clients-ca", NOTHING),
        ("Service", "{name}-kafka-bootstrap", NOTHING),
        ("Service", "{name}-kafka-brokers", NOTHING),
        ("Deployment", "{name}-entity-operator", NOTHING),
        ("Deployment", "{name}-kafka-exporter", NOTHING),
    ),
    # its pods are numbered through all pools of a cluster, so that only the pool is known
    "KafkaNodePool": (("StrimziPodSet", "{each}-{name}", _cluster_of_pool),),
    "KafkaUser": (("Secret", "{name}", NOTHING),),
    "KafkaConnect": (
        ("StrimziPodSet", "{name}-connect", NOTHING),
        ("Pod", "{name}-connect-{each}", _replicas),
        ("Service", "{name}-connect-api", NOTHING),
    ),
    # EDB, as CloudNativePG: pkg/specs and api/v1 (names of services and secrets)
    "Cluster": (
        ("Pod", "{name}-{each}", _instances),
        ("PersistentVolumeClaim", "{name}-{each}", _instances),
        ("PersistentVolumeClaim", "{name}-{each}-wal", _instances),
        ("Service", "{name}-{each}", lambda _: ("rw", "ro", "r")),
        ("Secret", "{name}-{each}", lambda _: ("ca", "server", "replication")),
    ),
    "Pooler": (("Deployment", "{name}", NOTHING), ("Service", "{name}", NOTHING)),
    # Grafana's operator: controllers/model/grafana_resources.go
    "Grafana": (
        ("Deployment", "{name}-deployment", NOTHING),
        ("Service", "{name}-service", NOTHING),
        ("ServiceAccount", "{name}-sa", NOTHING),
        ("ConfigMap", "{name}-ini", NOTHING),
        ("Secret", "{name}-admin-credentials", NOTHING),
    ),
    # KEDA names the autoscaler after its object
    "ScaledObject": (("HorizontalPodAutoscaler", "keda-hpa-{name}", NOTHING),),
    # the pipelines' operator: config/internal
    "DataSciencePipelinesApplication": (
        ("Deployment", "ds-pipeline-{name}", NOTHING),
        ("Deployment", "ds-pipeline-{each}-{name}", lambda _: PARTS_OF_PIPELINES),
        ("Deployment", "mariadb-{name}", NOTHING),
        ("PersistentVolumeClaim", "mariadb-{name}", NOTHING),
        ("Secret", "ds-pipeline-db-{name}", NOTHING),
        ("Secret", "ds-pipeline-s3-{name}", NOTHING),
        ("Deployment", "minio-{name}", NOTHING),
        ("PersistentVolumeClaim", "minio-{name}", NOTHING),
        ("Route", "ds-pipeline-{name}", NOTHING),
        ("Service", "ds-pipeline-{name}", NOTHING),
    ),
    # Feast's operator: GetObjectMeta and its service types
    "FeatureStore": (
        ("Deployment", "feast-{name}", NOTHING),
        ("Service", "feast-{name}-{each}", lambda _: ("online", "registry", "registry-rest")),
        ("ConfigMap", "feast-{name}-client", NOTHING),
    ),
    # External Secrets: the target's name, or the ExternalSecret's own
    "ExternalSecret": (("Secret", "{each}", _target),),
}

LABELS = {
    "Kafka": ("strimzi.io/cluster={name}",),
    "KafkaConnect": ("strimzi.io/cluster={name}",),
    "Cluster": ("k8s.enterprisedb.io/cluster={name}",),
    "Pooler": ("k8s.enterprisedb.io/poolerName={name}",),
    "BuildConfig": ("buildconfig={name}",),
}
"""The labels of what they make."""


def names(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """Kind and name of everything that is made from an object."""
    name = manifest["metadata"].get("name", "")
    for kind, template, parts in GENERATED.get(manifest["kind"], ()):
        for each in parts(manifest):
            yield kind, template.format(name=name, each=each)


def labels(manifest: Manifest) -> Iterator[str]:
    """The labels, as `key=value`, of what is made from an object."""
    for template in LABELS.get(manifest["kind"], ()):
        yield template.format(name=manifest["metadata"]["name"])
