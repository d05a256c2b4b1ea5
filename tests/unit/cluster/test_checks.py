"""Each check of the pre-flight on clusters that lack something or have too much."""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from apps.cluster.checks import capacity, clashes, ingress, registry, storage
from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from streams.errors import ConfigurationError
from support.checkout import REPOSITORY

DEFAULT_CLASS = {"storageclass.kubernetes.io/is-default-class": "true"}
DEFAULT_SNAPSHOTS = {"snapshot.storage.kubernetes.io/is-default-class": "true"}
DRIVER = "csi.example.com"
OURS = {"argocd.argoproj.io/tracking-id": "recsys-hub:operators.coreos.com/Subscription:x"}


def named(name: str, namespace: str = "", **fields: Any) -> dict[str, Any]:
    annotations = fields.pop("annotations", {})
    metadata = {"name": name, "namespace": namespace, "annotations": annotations}
    return {"metadata": metadata, **fields}


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout whose values can be changed."""
    root = tmp_path / "checkout"
    root.mkdir()
    for file in ("values-global.yaml", "values-hub.yaml"):
        shutil.copy(REPOSITORY / file, root / file)
    shutil.copytree(REPOSITORY / "overrides", root / "overrides")
    (root / "charts").symlink_to(REPOSITORY / "charts")
    return root


def pattern(root: Path, size: str = "demo", **settings: Any) -> Pattern:
    """The checkout after `global` was changed."""
    file = root / "values-global.yaml"
    values = yaml.safe_load(file.read_text())
    values["global"] |= {"size": size, **settings}
    file.write_text(yaml.safe_dump(values))
    return Pattern.read(root)


# The registry


def test_a_registry_that_is_removed(cluster: Any, checkout: Path) -> None:
    cluster.has_one(
        "configs.imageregistry.operator.openshift.io", {"spec": {"managementState": "Removed"}}
    )
    with pytest.raises(ConfigurationError, match="is Removed, so no image can be built") as error:
        registry.builds(Oc(cluster.environment), pattern(checkout))
    assert "oc patch configs.imageregistry.operator.openshift.io cluster" in str(error.value)
    assert '"managementState":"Managed"' in str(error.value)


def test_a_cluster_without_the_registry(cluster: Any, checkout: Path) -> None:
    with pytest.raises(ConfigurationError, match="is Removed"):
        registry.builds(Oc(cluster.environment), pattern(checkout))


def test_no_registry_is_needed_for_images_that_are_named(cluster: Any, checkout: Path) -> None:
    images = dict.fromkeys(Pattern.read(checkout).images, "registry.example.com/x@sha256:0")
    said = registry.builds(Oc(cluster.environment), pattern(checkout, images=images))
    assert said == "not needed: global.images names every image"
    images["connect"] = ""
    with pytest.raises(ConfigurationError, match="is Removed"):
        registry.builds(Oc(cluster.environment), pattern(checkout, images=images))


def test_a_registry_without_a_volume(cluster: Any, checkout: Path) -> None:
    condition = {
        "type": "Available",
        "status": "False",
        "message": "storage backend not configured",
    }
    found = {"spec": {"managementState": "Managed"}, "status": {"conditions": [condition]}}
    cluster.has_one("configs.imageregistry.operator.openshift.io", found)
    with pytest.raises(ConfigurationError, match=r"not available.* storage backend not configured"):
        registry.builds(Oc(cluster.environment), pattern(checkout))
    condition["status"] = "True"
    cluster.has_one("configs.imageregistry.operator.openshift.io", found)
    assert registry.builds(Oc(cluster.environment), pattern(checkout)) == "Managed"


# What is there already


def subscription(package: str, namespace: str, name: str = "", **fields: Any) -> dict[str, Any]:
    return named(name or package, namespace, spec={"name": package}, **fields)


def clash(cluster: Any, checkout: Path) -> str:
    with pytest.raises(ConfigurationError) as error:
        clashes.operators(Oc(cluster.environment), Pattern.read(checkout))
    return str(error.value)


def test_an_operator_in_another_namespace(cluster: Any, checkout: Path) -> None:
    cluster.has(
        "subscriptions.operators.coreos.com",
        [
            subscription("amq-streams", "openshift-operators"),
            subscription("grafana-operator", "grafana-operator", name="by-hand"),
            subscription("cloud-native-postgresql", "edb-postgres"),
            subscription("somebody-elses", "openshift-operators"),
        ],
    )
    said = clash(cluster, checkout)
    assert "openshift-operators/amq-streams installs amq-streams already: remove it" in said
    assert "grafana-operator/by-hand installs grafana-operator already" in said
    assert "cloud-native-postgresql" not in said
    assert "somebody-elses" not in said


def test_an_operator_that_the_checkout_leaves_out(cluster: Any, checkout: Path) -> None:
    cluster.has(
        "subscriptions.operators.coreos.com", [subscription("amq-streams", "openshift-operators")]
    )
    file = checkout / "values-hub.yaml"
    values = yaml.safe_load(file.read_text())
    values["clusterGroup"]["subscriptions"]["kafka"]["disabled"] = True
    file.write_text(yaml.safe_dump(values))
    clashes.operators(Oc(cluster.environment), Pattern.read(checkout))


def test_what_the_pattern_has_installed_is_no_clash(cluster: Any, checkout: Path) -> None:
    cluster.has(
        "subscriptions.operators.coreos.com",
        [subscription("amq-streams", "moved", annotations=OURS)],
    )
    tracked = {"argocd.argoproj.io/tracking-id": "pipelines:opendatahub.io/DataScienceCluster:x"}
    cluster.has(
        "datascienceclusters.datasciencecluster.opendatahub.io",
        [named("default-dsc", annotations=tracked)],
    )
    cluster.has(
        "operatorgroups.operators.coreos.com",
        [named("amq-streams-operator-group", "amq-streams"), named("global", "elsewhere")],
    )
    clashes.operators(Oc(cluster.environment), Pattern.read(checkout))


def test_two_operator_groups(cluster: Any, checkout: Path) -> None:
    cluster.has("operatorgroups.operators.coreos.com", [named("by-hand-x7", "edb-postgres")])
    said = clash(cluster, checkout)
    assert "OperatorGroup edb-postgres/by-hand-x7 would be the second" in said
    assert "`operatorGroup: false` for edb-postgres" in said


def test_openshift_ai_that_somebody_else_has_set_up(cluster: Any, checkout: Path) -> None:
    cluster.has("datascienceclusters.datasciencecluster.opendatahub.io", [named("default-dsc")])
    said = clash(cluster, checkout)
    assert "DataScienceCluster default-dsc exists already" in said
    (file,) = checkout.glob("charts/all/*/templates/datasciencecluster*.yaml")
    override = f"overrides/{file.parent.parent.name}.yaml"
    assert override in said
    (checkout / override).write_text("{dataScienceCluster: {enabled: false}}")
    clashes.operators(Oc(cluster.environment), Pattern.read(checkout))


# Nodes


def node(cpu: str, memory: str, **spec: Any) -> dict[str, Any]:
    return named("node", spec=spec, status={"allocatable": {"cpu": cpu, "memory": memory}})


def nodes(cluster: Any, checkout: Path, found: list[dict[str, Any]], size: str = "demo") -> str:
    cluster.has("nodes", found)
    return capacity.workers(Oc(cluster.environment), pattern(checkout, size))


def test_the_documented_nodes_are_enough(cluster: Any, checkout: Path) -> None:
    """Allocatable of nodes of 8 CPU and 32 GiB, and of 16 CPU and 64 GiB."""
    small, large = node("7500m", "31011532Ki"), node("15500m", "63011532Ki")
    assert nodes(cluster, checkout, [small] * 3) == "22.5 CPU and 89 GiB on schedulable nodes: 3"
    said = nodes(cluster, checkout, [large] * 6, "production")
    assert said == "93.0 CPU and 361 GiB on schedulable nodes: 6"


@pytest.mark.parametrize(
    "unusable",
    [{"unschedulable": True}, {"taints": [{"key": "infra", "effect": "NoSchedule"}]}],
    ids=["cordoned", "tainted"],
)
def test_nodes_that_take_no_pods_do_not_count(
    cluster: Any, checkout: Path, unusable: dict[str, Any]
) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^4[.]0 CPU and 16 GiB on schedulable nodes: 1; the"
    ):
        nodes(cluster, checkout, [node("4", "16Gi"), node("64", "256Gi", **unusable)])
    preferred = {"taints": [{"key": "spot", "effect": "PreferNoSchedule"}]}
    nodes(cluster, checkout, [node("64", "256Gi", **preferred)])


def test_production_needs_a_node_for_each_replica(cluster: Any, checkout: Path) -> None:
    with pytest.raises(ConfigurationError, match="the size production needs 3 nodes"):
        nodes(cluster, checkout, [node("256", "1024Gi")] * 2, "production")


def test_the_largest_pod_needs_one_node(cluster: Any, checkout: Path) -> None:
    with pytest.raises(ConfigurationError, match="as the largest pod of the size production needs"):
        nodes(cluster, checkout, [node("4", "16Gi")] * 30, "production")


def test_quantities() -> None:
    assert capacity.Amount.of({"cpu": "500m", "memory": "1Gi"}) == capacity.Amount(0.5, 1)
    assert capacity.Amount.of({"cpu": "2", "memory": "2147483648"}) == capacity.Amount(2, 2)
    assert capacity.Amount.of({"memory": "1024Mi"}) == capacity.Amount(0, 1)
    with pytest.raises(ConfigurationError, match="much is no quantity"):
        capacity.Amount.of({"memory": "much"})


# Snapshots


def snapshot_class(name: str, driver: str = DRIVER, *, default: bool = False) -> dict[str, Any]:
    return named(name, driver=driver, annotations=DEFAULT_SNAPSHOTS if default else {})


@pytest.fixture
def volumes(cluster: Any) -> Any:
    cluster.has("storageclasses", [named("fast", provisioner=DRIVER, annotations=DEFAULT_CLASS)])
    cluster.has_one(
        "clusterversions.config.openshift.io", {"status": {"desired": {"version": "4.20.1"}}}
    )
    return cluster


def test_the_demo_needs_no_snapshots(volumes: Any, checkout: Path) -> None:
    assert storage.snapshots(Oc(volumes.environment), pattern(checkout)).startswith("not needed")


@pytest.mark.parametrize(
    "classes",
    [
        [],
        [snapshot_class("foreign", driver="other.example.com", default=True)],
        [snapshot_class("a"), snapshot_class("b")],
        [snapshot_class("a", default=True), snapshot_class("b", default=True)],
    ],
    ids=["none", "other driver", "no default", "two defaults"],
)
def test_backups_without_a_class_of_snapshots(
    volumes: Any, checkout: Path, classes: list[dict[str, Any]]
) -> None:
    volumes.has("volumesnapshotclasses.snapshot.storage.k8s.io", classes)
    with pytest.raises(ConfigurationError, match="need a VolumeSnapshotClass of the driver csi"):
        storage.snapshots(Oc(volumes.environment), pattern(checkout, "production"))


def test_a_default_or_a_name_is_enough(volumes: Any, checkout: Path) -> None:
    oc = Oc(volumes.environment)
    kind = "volumesnapshotclasses.snapshot.storage.k8s.io"
    volumes.has(kind, [snapshot_class("a"), snapshot_class("b", default=True)])
    assert storage.snapshots(oc, pattern(checkout, "production")) == "b"
    override = {"sizes": {"production": {"backup": {"snapshotClass": "a"}}}}
    (checkout / "overrides/postgres.yaml").write_text(yaml.safe_dump(override))
    assert storage.snapshots(oc, pattern(checkout, "production")) == "a"


# Ingress


def test_the_routers_certificate(cluster: Any) -> None:
    oc = Oc(cluster.environment)
    controllers = "ingresscontrollers.operator.openshift.io"
    cluster.has_one(controllers, {"spec": {}})
    assert "the router's own certificate" in ingress.certificate(oc)
    cluster.has_one(controllers, {"spec": {"defaultCertificate": {"name": "company"}}})
    with pytest.raises(ConfigurationError, match="Secret company of the namespace openshift-ingr"):
        ingress.certificate(oc)
    cluster.has_one("secrets", named("company", "openshift-ingress"))
    assert ingress.certificate(oc) == "has the certificate of Secret company"
