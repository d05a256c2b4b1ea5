"""The Secrets that pods read, which a kubelet looks up and kwok does not."""

from collections.abc import Iterator

from support.lab.api import Api, Object

Reference = tuple[str, str]


def unresolved(api: Api, namespace: str) -> set[Reference]:
    """Names and keys that pods of the namespace read and that do not exist; "" for any key."""
    existing = {
        (secret["metadata"]["name"], key)
        for secret in api.items(f"/api/v1/namespaces/{namespace}/secrets")
        for key in ("", *secret.get("data", {}))
    }
    pods = api.items(f"/api/v1/namespaces/{namespace}/pods")
    return {reference for pod in pods for reference in _references(pod["spec"])} - existing


def _references(pod: Object) -> Iterator[Reference]:
    for each in pod.get("imagePullSecrets", []):
        yield each["name"], ""
    for volume in pod.get("volumes", []):
        if secret := volume.get("secret"):
            yield from _keys(secret["secretName"], secret)
        for source in volume.get("projected", {}).get("sources", []):
            if secret := source.get("secret"):
                yield from _keys(secret["name"], secret)
    for container in (*pod.get("initContainers", []), *pod["containers"]):
        for variable in container.get("env", []):
            if secret := variable.get("valueFrom", {}).get("secretKeyRef"):
                yield secret["name"], secret["key"]


def _keys(name: str, secret: Object) -> Iterator[Reference]:
    for item in secret.get("items", [{"key": ""}]):
        yield name, item["key"]
