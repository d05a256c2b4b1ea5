"""The operator's resources in the namespace of this pod, with the rights of its service account."""

import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from streams.errors import UnavailableError

Resource = dict[str, Any]
"""A Kubernetes object, as its JSON."""

_GROUP = "postgresql.k8s.enterprisedb.io/v1"
_URL = "https://kubernetes.default.svc"
_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_TIMEOUT = 30


@dataclass(frozen=True, slots=True)
class Api:
    """A client of one namespace; every call raises UnavailableError if the API refuses it."""

    client: httpx.Client
    namespace: str

    @classmethod
    def of_this_pod(cls) -> "Api":
        """The API as Kubernetes offers it to a pod."""
        token = (_ACCOUNT / "token").read_text()
        client = httpx.Client(
            base_url=_URL,
            headers={"Authorization": f"Bearer {token}"},
            verify=ssl.create_default_context(cafile=str(_ACCOUNT / "ca.crt")),
            timeout=_TIMEOUT,
        )
        return cls(client, (_ACCOUNT / "namespace").read_text())

    def backups(self, cluster: str) -> list[Resource]:
        """The backups of a database cluster."""
        found: list[Resource] = self._call("GET", "backups").json()["items"]
        return [each for each in found if each["spec"]["cluster"]["name"] == cluster]

    def delete_backup(self, name: str) -> None:
        """Delete a backup; its snapshots belong to it and go with it."""
        self._call("DELETE", f"backups/{name}")

    def cluster(self, name: str) -> Resource | None:
        """A database cluster, None if there is none of this name."""
        response = self._call("GET", f"clusters/{name}", may_be_missing=True)
        return None if response.status_code == httpx.codes.NOT_FOUND else response.json()

    def create_cluster(self, manifest: Resource) -> None:
        """Create a database cluster."""
        self._call("POST", "clusters", manifest)

    def delete_cluster(self, name: str) -> None:
        """Delete a database cluster with its volumes, if there is one."""
        self._call("DELETE", f"clusters/{name}", may_be_missing=True)

    def _call(
        self, method: str, path: str, body: Resource | None = None, *, may_be_missing: bool = False
    ) -> httpx.Response:
        try:
            response = self.client.request(
                method, f"/apis/{_GROUP}/namespaces/{self.namespace}/{path}", json=body
            )
        except httpx.TransportError as error:
            raise UnavailableError(f"the cluster's API does not answer: {error}") from error
        missing = response.status_code == httpx.codes.NOT_FOUND
        if not response.is_success and not (missing and may_be_missing):
            raise UnavailableError(f"{method} {path}: {response.text}")
        return response
