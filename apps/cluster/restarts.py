"""Lets what reads a Secret read it again."""

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from apps.cluster.oc import Oc, Resource
from streams.errors import UnavailableError

PATIENCE = 300.0
_INTERVAL = 1.0
_FEATURE_STORES = "featurestores.feast.dev"


def readers(oc: Oc, namespace: str, secret: str) -> Iterator[str]:
    """Restart whatever reads a Secret only when it starts, and name each once it is ready.

    PostgreSQL is none of them: its operator watches the Secrets of its roles.
    """
    for item in oc.resources("deployments", namespace):
        name = item["metadata"]["name"]
        if _uses(item["spec"]["template"]["spec"], secret):
            oc.run("rollout", "restart", f"deployment/{name}", "--namespace", namespace)
            done = partial(_is_rolled_out, oc, name, namespace)
            wait_until(done, f"Deployment {namespace}/{name} is not available")
            yield f"Deployment {namespace}/{name}"
    for item in oc.resources("pods", namespace):
        owners = {each["kind"] for each in item["metadata"].get("ownerReferences") or []}
        if "StrimziPodSet" in owners and _uses(item["spec"], secret):
            name = item["metadata"]["name"]
            oc.run("delete", "pod", name, "--namespace", namespace, "--wait=false")
            wait_until(partial(_is_replaced, oc, item), f"Pod {namespace}/{name} is not ready")
            yield f"Pod {namespace}/{name}"
    for item in oc.resources(_FEATURE_STORES, namespace):
        if _uses(item["spec"], secret):
            touch(oc, _FEATURE_STORES, item["metadata"]["name"], namespace)
            yield f"FeatureStore {namespace}/{item['metadata']['name']}"


def touch(oc: Oc, kind: str, name: str, namespace: str) -> None:
    """Make the operator of an object read again what the object names.

    External Secrets and Feast's operator, which watches no Secrets, do so when an annotation
    changes. Argo CD leaves an annotation that git does not have.
    """
    now = f"force-sync={time.time_ns()}"
    oc.run("annotate", kind, name, now, "--overwrite", "--namespace", namespace)


def wait_until(holds: Callable[[], bool], otherwise: str) -> None:
    """Wait for something to hold.

    Raises:
        UnavailableError: it does not.
    """
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise UnavailableError(f"{otherwise} after {PATIENCE:.0f} seconds")
        time.sleep(_INTERVAL)


def _is_rolled_out(oc: Oc, name: str, namespace: str) -> bool:
    item = oc.resource("deployments", name, namespace)
    if item is None:
        return False
    status, wanted = item.get("status", {}), item["spec"].get("replicas", 1)
    counts = ("replicas", "updatedReplicas", "availableReplicas")
    seen = status.get("observedGeneration", 0) >= item["metadata"]["generation"]
    return seen and all(status.get(key, 0) == wanted for key in counts)


def _is_replaced(oc: Oc, pod: Resource) -> bool:
    found = oc.resource("pods", pod["metadata"]["name"], pod["metadata"]["namespace"])
    if found is None or found["metadata"]["uid"] == pod["metadata"]["uid"]:
        return False
    conditions = found.get("status", {}).get("conditions", [])
    return any((each["type"], each["status"]) == ("Ready", "True") for each in conditions)


def _uses(value: Any, secret: str) -> bool:
    """Whether a part of a specification names the Secret in any of Kubernetes' ways."""
    if isinstance(value, dict):
        references = (value.get(key) for key in ("secretKeyRef", "secretRef", "secret"))
        named = [each.get("name") for each in references if isinstance(each, dict)]
        if secret in (*named, value.get("secretName")):
            return True
        return any(_uses(each, secret) for each in value.values())
    return isinstance(value, list) and any(_uses(each, secret) for each in value)
