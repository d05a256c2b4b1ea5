"""Pods of Strimzi are replaced one by one; all else is proved on a real API server."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.cluster import restarts
from apps.cluster.oc import Oc
from streams.errors import UnavailableError

# A pod that is deleted is there once more, then as a new one, which is ready unless STUCK is set.
OC = """#!/usr/bin/env bash
while [[ $1 == --* ]]; do shift; done
echo "$*" >>"$ANSWERS/calls"
case "$1 $2" in
  "get pods")
    if [[ $3 == --namespace ]]; then cat "$ANSWERS/pods.json"; else cat "$ANSWERS/$3.json"; fi
    [[ ! -f $ANSWERS/$3.next ]] || mv "$ANSWERS/$3.next" "$ANSWERS/$3.json" ;;
  "delete pod")
    ready=True; [[ -z ${STUCK:-} ]] || ready=False
    sed "s/Ready-status/True/" "$ANSWERS/template" >"$ANSWERS/$3.json"
    sed "s/old/new/; s/Ready-status/$ready/" "$ANSWERS/template" >"$ANSWERS/$3.next" ;;
  *) echo '{"items": []}' ;;
esac
"""


def pod(
    name: str, owner: str, secret: str, uid: str = "old", ready: str = "True"
) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "recsys", "uid": uid}
    return {
        "metadata": {**metadata, "ownerReferences": [{"kind": owner}]},
        "spec": {"volumes": [{"secret": {"secretName": secret}}]},
        "status": {"conditions": [{"type": "Ready", "status": ready}]},
    }


@pytest.fixture
def strimzi(cluster: Any) -> Any:
    program = Path(cluster.environment["PATH"].split(":")[0]) / "oc"
    program.write_text(OC)
    found = [
        pod("connect-0", "StrimziPodSet", "recsys-db-connect"),
        pod("connect-1", "StrimziPodSet", "recsys-db-connect"),
        pod("kafka-0", "StrimziPodSet", "other"),
        pod("job", "Job", "recsys-db-connect"),
    ]
    cluster.has("pods", found)
    template = pod("connect", "StrimziPodSet", "recsys-db-connect", ready="Ready-status")
    (cluster.folder / "template").write_text(json.dumps(template))
    return cluster


def test_one_pod_after_the_other(strimzi: Any) -> None:
    said = list(restarts.readers(Oc(strimzi.environment), "recsys", "recsys-db-connect"))
    assert said == ["Pod recsys/connect-0", "Pod recsys/connect-1"]
    changed = [call.split()[:3] for call in strimzi.calls if not call.startswith("get deploy")]
    assert changed[1:7] == [
        ["delete", "pod", "connect-0"],
        *[["get", "pods", "connect-0"]] * 2,
        ["delete", "pod", "connect-1"],
        *[["get", "pods", "connect-1"]] * 2,
    ]


def test_the_next_stays_if_one_does_not_come_back(
    strimzi: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restarts, "PATIENCE", 0.1)
    strimzi.environment["STUCK"] = "yes"
    with pytest.raises(UnavailableError, match="Pod recsys/connect-0 is not ready after 0 seconds"):
        list(restarts.readers(Oc(strimzi.environment), "recsys", "recsys-db-connect"))
    assert not [call for call in strimzi.calls if "delete pod connect-1" in call]
