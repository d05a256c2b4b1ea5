"""kwok's stages, which set the status of nodes, pods and the operators' objects."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import yaml

from support.lab.places import MODULES

Stage = dict[str, Any]

NODES_AND_PODS = ("node/fast/node-initialize.yaml", "pod/fast/pod-*.yaml")
STAND_INS = Path(__file__).with_name("stand_ins.yaml")


def files() -> list[Path]:
    """kwok's own stages of nodes and pods."""
    folder = MODULES / "kwok-stages" / "kustomize" / "stage"
    return [file for pattern in NODES_AND_PODS for file in sorted(folder.glob(pattern))]


def stand_ins(served: Collection[str]) -> str:
    """Stages for the operators' objects of the served kinds: kwok exits on any other kind."""
    return str(yaml.safe_dump_all(_stages(served)))


def _stages(served: Collection[str]) -> Iterator[Stage]:
    for entry in yaml.safe_load(STAND_INS.read_text()):
        for group_version_kind in entry["kinds"]:
            api_version, kind = group_version_kind.split()
            if group_version_kind in served:
                yield {
                    "apiVersion": "kwok.x-k8s.io/v1alpha1",
                    "kind": "Stage",
                    "metadata": {"name": f"{kind.lower()}-{api_version.partition('/')[0]}"},
                    "spec": {
                        "resourceRef": {"apiGroup": api_version, "kind": kind},
                        "selector": {
                            "matchExpressions": [
                                {"key": entry["current"], "operator": "NotIn", "values": ["true"]}
                            ]
                        },
                        "next": {"statusTemplate": entry["status"]},
                    },
                }
