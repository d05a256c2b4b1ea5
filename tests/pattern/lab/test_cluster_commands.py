"""`make status` and the pre-flight on a real API server."""

import copy
from dataclasses import replace

import pytest

from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from apps.cluster.preflight import Preflight, Purpose
from apps.cluster.status import Row, sections
from streams.errors import RecsysError, UnavailableError
from support.checkout import REPOSITORY
from support.lab.api import Api
from support.lab.processes import wait_until

pytestmark = pytest.mark.gitops

TOPICS = "/apis/kafka.strimzi.io/v1/namespaces/default/kafkatopics"


def test_an_unknown_kind_has_no_objects(environment: dict[str, str]) -> None:
    oc = Oc(environment)
    assert oc.resources("lates.example.com", "default") == []
    assert oc.resource("clusterversions.config.openshift.io", "version") is None
    assert oc.resource("namespaces", "nowhere") is None
    with pytest.raises(UnavailableError, match="unknown flag"):
        oc.run("get", "namespaces", "--colour")


def test_status_shows_the_objects_of_the_cluster(api: Api, environment: dict[str, str]) -> None:
    topic = {
        "apiVersion": "kafka.strimzi.io/v1",
        "kind": "KafkaTopic",
        "metadata": {"name": "seen", "labels": {"strimzi.io/cluster": "recsys-kafka"}},
        "spec": {"partitions": 3, "replicas": 3},
    }
    api.create(TOPICS, topic)
    try:
        oc = Oc(environment)
        (found,) = oc.resources("kafkatopics.kafka.strimzi.io", "default")
        assert found["spec"] == topic["spec"]
        pattern = Pattern.read(REPOSITORY)
        values = copy.deepcopy(pattern.values)
        values["clusterGroup"]["applications"]["kafka"]["namespace"] = "default"
        here = replace(pattern, values=values)
        ready = [Row(("seen", "3", "3", "ready"), healthy=True)]

        def shown() -> list[list[Row]]:
            return [section.rows for section in sections(oc, here)]

        wait_until(lambda: ready in shown(), 60, "it is ready", shown)
    finally:
        api.delete(f"{TOPICS}/seen")


def test_a_cluster_that_is_not_openshift(environment: dict[str, str]) -> None:
    said = {}
    for name, check in Preflight(REPOSITORY, environment).checks(Purpose.INSTALL).items():
        if name in {"login", "version", "storage"}:
            try:
                said[name] = check()
            except RecsysError as error:
                said[name] = str(error)
    assert said["login"] == "as cluster administrator"
    assert said["version"] == "this is not an OpenShift cluster: it has no ClusterVersion"


@pytest.mark.parametrize("token", ["expired", None], ids=["expired", "none"])
def test_a_refused_login(api: Api, environment: dict[str, str], token: str | None) -> None:
    refused = {**environment, "KUBECONFIG": "/dev/null", "K8S_AUTH_VERIFY_SSL": "false"}
    if token:
        refused |= {"K8S_AUTH_HOST": api.url, "K8S_AUTH_TOKEN": token}
    login = Preflight(REPOSITORY, refused).checks(Purpose.UNINSTALL)["login"]
    with pytest.raises(RecsysError, match=r"^not logged in to a cluster: oc login \(.+\)$"):
        login()
