"""The objects that the framework creates from values files."""

from pathlib import Path

import pytest
import yaml

from support.pattern import clustergroup
from support.pattern.clustergroup import Manifest
from support.pattern.pattern import Cluster, Pattern
from support.pattern.values import Values, expand, merge

pytestmark = pytest.mark.gitops

CLUSTER = Cluster("https://git.example.com/fork.git", platform="AWS", version="4.20")
GLOBAL: Values = {
    "global": {"pattern": "shop"},
    "main": {
        "clusterGroupName": "hub",
        "multiSourceConfig": {"enabled": True, "clusterGroupChartVersion": "0.9.*"},
    },
}
GROUP: Values = {
    "namespaces": {
        "shop": {"operatorGroup": False, "labels": {"team": "shop"}},
        "operator": {"targetNamespaces": []},
        "off": {"disabled": True},
    },
    "subscriptions": {
        "kafka": {"name": "amq-streams", "namespace": "operator", "channel": "stable"},
        "off": {"name": "off", "disabled": True},
    },
    "argoProjects": ["shop"],
    "sharedValueFiles": ["/overrides/values-{{ $.Values.global.clusterPlatform }}.yaml"],
    "applications": {
        "web": {
            "name": "web",
            "namespace": "shop",
            "argoProject": "shop",
            "path": "charts/web",
            "annotations": {"argocd.argoproj.io/sync-wave": 3},
            "overrides": [{"name": "host", "value": "{{ .Values.global.clusterDomain }}"}],
        },
        "vault": {"name": "vault", "chart": "hashicorp-vault", "chartVersion": "0.1.*"},
        "off": {"name": "off", "path": "charts/off", "disabled": True},
    },
}


def pattern_of(folder: Path, group: Values = GROUP, *, deleting: bool = False) -> Pattern:
    (folder / "values-global.yaml").write_text(yaml.safe_dump(GLOBAL))
    (folder / "values-hub.yaml").write_text(yaml.safe_dump({"clusterGroup": group}))
    return Pattern(folder, CLUSTER, deleting=deleting)


def of_kind(pattern: Pattern, kind: str) -> dict[str, Manifest]:
    found = [each for each in clustergroup.objects(pattern) if each["kind"] == kind]
    return {each["metadata"]["name"]: each for each in found}


def test_an_application_has_its_destination_its_files_and_the_frameworks_parameters(
    tmp_path: Path,
) -> None:
    [web] = clustergroup.applications(pattern_of(tmp_path))
    assert web["metadata"]["namespace"] == "shop-hub"
    assert web["metadata"]["annotations"] == {"argocd.argoproj.io/sync-wave": "3"}
    assert web["spec"]["destination"] == {"name": "in-cluster", "namespace": "shop"}
    assert web["spec"]["project"] == "shop"
    helm = web["spec"]["source"]["helm"]
    assert helm["valueFiles"][:2] == ["/values-global.yaml", "/values-hub.yaml"]
    assert "/values-AWS-4.20.yaml" in helm["valueFiles"]
    assert helm["valueFiles"][-1] == "$patternref/overrides/values-AWS.yaml"
    parameters = {each["name"]: each["value"] for each in helm["parameters"]}
    assert parameters["global.repoURL"] == CLUSTER.repo_url
    assert parameters["global.localClusterDomain"] == "apps.shop.example.com"
    assert parameters["host"] == "shop.example.com"


def test_an_application_without_a_sync_policy_is_synced_automatically(tmp_path: Path) -> None:
    [web] = clustergroup.applications(pattern_of(tmp_path))
    assert web["spec"]["syncPolicy"] == {"automated": {}, "retry": {"limit": 20}}


def test_a_chart_of_the_frameworks_repository_is_left_out_with_the_reason(tmp_path: Path) -> None:
    assert list(clustergroup.left_out(pattern_of(tmp_path))) == ["vault"]


def test_namespaces_have_operator_groups_by_default(tmp_path: Path) -> None:
    pattern = pattern_of(tmp_path)
    assert set(of_kind(pattern, "Namespace")) == {"shop-hub", "operator", "shop"}
    groups = of_kind(pattern, "OperatorGroup")
    assert set(groups) == {"operator-operator-group"}
    assert groups["operator-operator-group"]["spec"] == {}


def test_a_subscription_has_the_frameworks_defaults(tmp_path: Path) -> None:
    subscriptions = of_kind(pattern_of(tmp_path), "Subscription")
    assert set(subscriptions) == {"amq-streams"}
    assert subscriptions["amq-streams"]["spec"] == {
        "name": "amq-streams",
        "source": "redhat-operators",
        "sourceNamespace": "openshift-marketplace",
        "installPlanApproval": "Automatic",
        "channel": "stable",
    }


def test_while_the_pattern_is_deleted_there_are_no_applications(tmp_path: Path) -> None:
    pattern = pattern_of(tmp_path, deleting=True)
    assert not of_kind(pattern, "Application")
    assert of_kind(pattern, "Namespace")


def test_values_of_the_platform_take_precedence(tmp_path: Path) -> None:
    override = {"clusterGroup": {"applications": {"web": {"disabled": True}}}}
    (tmp_path / "overrides").mkdir()
    (tmp_path / "overrides" / "values-AWS.yaml").write_text(yaml.safe_dump(override))
    assert not clustergroup.applications(pattern_of(tmp_path))


def test_merging_keeps_maps_replaces_lists_and_removes_nulls() -> None:
    base = {"map": {"a": 1, "b": 2}, "list": [1, 2], "removed": 1}
    over = {"map": {"b": 3}, "list": [3], "removed": None}
    assert merge(base, over) == {"map": {"a": 1, "b": 3}, "list": [3]}


def test_a_template_may_only_refer_to_values() -> None:
    with pytest.raises(ValueError, match="not a reference"):
        expand("{{ if .Values.a }}b{{ end }}", {"a": True})
