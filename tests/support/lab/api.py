"""The lab's Kubernetes API: quick reads and edits over HTTP, the rest by kubectl."""

import base64
import json
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx

from support.lab.places import BIN
from support.lab.processes import wait_until

Object = dict[str, Any]

MERGE_PATCH = "application/merge-patch+json"
NOTES = ("Event", "Lease")


@dataclass(frozen=True)
class Api:
    """An API server and a user with every right."""

    url: str
    token: str
    kubeconfig: Path
    etcd: str
    """The address of the store behind it."""
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"}
        client = httpx.Client(base_url=self.url, headers=headers, verify=False, timeout=30)
        object.__setattr__(self, "client", client)

    def write_kubeconfig(self) -> None:
        """Write a kubeconfig for kubectl and the other programs."""
        cluster = {"server": self.url, "insecure-skip-tls-verify": True}
        content = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [{"name": "lab", "cluster": cluster}],
            "users": [{"name": "admin", "user": {"token": self.token}}],
            "contexts": [{"name": "lab", "context": {"cluster": "lab", "user": "admin"}}],
            "current-context": "lab",
        }
        self.kubeconfig.write_text(json.dumps(content))

    def is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").is_success
        except httpx.TransportError:
            return False

    def get(self, path: str) -> Object | None:
        """The object at the path, None if there is none."""
        response = self._request("GET", path)
        if response.status_code == httpx.codes.NOT_FOUND:
            return None
        found: Object = response.raise_for_status().json()
        return found

    def wait_for(
        self, path: str, condition: Callable[[Object | None], object], seconds: float
    ) -> None:
        """Poll the object at the path until the condition holds; the error has the object."""
        wait_until(
            lambda: condition(self.get(path)),
            seconds,
            path,
            lambda: json.dumps(self.get(path), indent=1),
        )

    def items(self, path: str) -> list[Object]:
        found = self.get(path)
        return list(found["items"]) if found else []

    def create(self, path: str, body: Object) -> None:
        self._request("POST", path, json=body).raise_for_status()

    def replace(self, path: str, body: Object) -> None:
        """Replace the object at the path; a refusal raises RuntimeError with its message."""
        response = self._request("PUT", path, json=body)
        if response.is_error:
            raise RuntimeError(response.json().get("message", response.text))

    def patch(self, path: str, body: Object) -> None:
        headers = {"Content-Type": MERGE_PATCH}
        content = json.dumps(body)
        self._request("PATCH", path, content=content, headers=headers).raise_for_status()

    def delete(self, path: str) -> None:
        self._request("DELETE", path).raise_for_status()

    def _request(self, method: str, path: str, **content: Any) -> httpx.Response:
        """The answer; the server refuses a kind for a moment after its definition has changed."""
        for _ in range(60):
            response = self.client.request(method, path, **content)
            if response.status_code != httpx.codes.TOO_MANY_REQUESTS:
                break
            time.sleep(1)
        return response

    def stored(self, group: str, plural: str, item: Object) -> Object:
        """An object of a custom kind as it lies in etcd, in the version that it is stored in."""
        metadata = item["metadata"]
        key = f"/registry/{group}/{plural}/{metadata['namespace']}/{metadata['name']}"
        content = {"key": base64.b64encode(key.encode()).decode()}
        [found] = httpx.post(f"{self.etcd}/v3/kv/range", json=content).json()["kvs"]
        stored: Object = json.loads(base64.b64decode(found["value"]))
        return stored

    def kubectl(self, *arguments: str, stdin: str | None = None) -> str:
        """The output of kubectl; a failure raises RuntimeError with its message."""
        done = subprocess.run(
            [BIN / "kubectl", f"--kubeconfig={self.kubeconfig}", *arguments],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, manifests: Iterable[Object]) -> None:
        """Apply manifests by server-side apply, which refuses an unknown field by itself.

        For the client's validation the API server would have to describe all kinds, which takes it
        half a minute on a busy machine.
        """
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
        self.kubectl("apply", "--server-side", "--validate=false", "--filename=-", stdin=content)

    @cached_property
    def resources(self) -> dict[str, str]:
        """The path of every kind that is served and can be listed, by `group/version Kind`."""
        groups = (self.get("/apis") or {})["groups"]
        versions = [each["groupVersion"] for group in groups for each in group["versions"]]
        roots = {"v1": "/api/v1", **{version: f"/apis/{version}" for version in versions}}
        return {
            f"{version} {resource['kind']}": f"{root}/{resource['name']}"
            for version, root in roots.items()
            for resource in (self.get(root) or {}).get("resources", [])
            if "list" in resource["verbs"]
        }

    def everything(self) -> Iterator[Object]:
        """Every object except the control plane's own events and leases."""
        for group_version_kind, path in self.resources.items():
            kind = group_version_kind.partition(" ")[2]
            if kind not in NOTES:
                yield from (each | {"kind": kind} for each in self.items(path))

    def snapshot(self) -> set[tuple[str, str, str]]:
        """Kind, namespace and name of every object."""
        return {
            (each["kind"], each["metadata"].get("namespace", ""), each["metadata"]["name"])
            for each in self.everything()
        }
