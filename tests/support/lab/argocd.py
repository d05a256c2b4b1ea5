"""Argo CD: Redis, the repository server, and an application controller for each instance."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import httpx

from support.lab.api import Api
from support.lab.places import BIN
from support.lab.processes import Processes, free_port

PART_OF = {"app.kubernetes.io/part-of": "argocd"}


@dataclass(frozen=True)
class Instance:
    """One Argo CD: the namespace of its Applications, its health checks and its exclusions."""

    namespace: str
    health_checks: Sequence[dict[str, str]]
    resource_exclusions: str

    def manifests(self) -> list[dict[str, Any]]:
        """The objects that Argo CD's operator creates for an ArgoCD resource."""
        settings = {
            "application.resourceTrackingMethod": "annotation",
            "application.instanceLabelKey": "argocd.argoproj.io/instance",
            "resource.exclusions": self.resource_exclusions,
            **{
                f"resource.customizations.health.{_group_and_kind(check)}": check["check"]
                for check in self.health_checks
            },
        }
        return [
            {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.namespace}},
            self._manifest("v1", "ConfigMap", "argocd-cm", {"data": settings}),
            self._manifest("v1", "ConfigMap", "argocd-rbac-cm", {}),
            self._manifest("v1", "Secret", "argocd-secret", {}),
            self._manifest(
                "argoproj.io/v1alpha1",
                "AppProject",
                "default",
                {
                    "spec": {
                        "sourceRepos": ["*"],
                        "destinations": [{"namespace": "*", "server": "*"}],
                        "clusterResourceWhitelist": [{"group": "*", "kind": "*"}],
                    }
                },
            ),
        ]

    def _manifest(
        self, api_version: str, kind: str, name: str, body: dict[str, Any]
    ) -> dict[str, Any]:
        labels = {"app.kubernetes.io/name": name, **PART_OF}
        metadata = {"name": name, "namespace": self.namespace, "labels": labels}
        return {"apiVersion": api_version, "kind": kind, "metadata": metadata, **body}


@contextmanager
def argocd(api: Api, instances: Sequence[Instance], folder: Path) -> Iterator[None]:
    """Run the instances until the block ends."""
    processes = Processes(folder / "logs")
    environment = _environment(api, folder)
    for instance in instances:
        api.apply(instance.manifests())
    with ExitStack() as stack:
        redis = f"127.0.0.1:{free_port()}"
        stack.enter_context(processes.running("redis", _redis(redis, folder)))
        repo_server, metrics = f"127.0.0.1:{free_port()}", free_port()
        server = stack.enter_context(
            processes.running(
                "argocd-repo-server",
                _repo_server(repo_server, metrics, redis),
                environment | {"ARGOCD_BINARY_NAME": "argocd-repo-server"},
            )
        )
        processes.wait_for("argocd-repo-server", server, partial(_serves, metrics))
        for instance in instances:
            name, metrics = f"argocd-controller-{instance.namespace}", free_port()
            controller = stack.enter_context(
                processes.running(
                    name,
                    _controller(api, instance, repo_server, metrics, redis),
                    environment | {"ARGOCD_BINARY_NAME": "argocd-application-controller"},
                )
            )
            processes.wait_for(name, controller, partial(_serves, metrics))
        yield


def _environment(api: Api, folder: Path) -> dict[str, str]:
    home = folder / "argocd"
    for name in ("tls", "ssh", "gnupg"):
        (home / name).mkdir(parents=True, exist_ok=True)
    (home / "ssh" / "ssh_known_hosts").touch()
    return {
        "ARGOCD_FAKE_IN_CLUSTER": "true",
        "ARGOCD_GPG_ENABLED": "false",
        # Argo CD waits two seconds after each wave, in which operators notice what has changed. The
        # pattern does not count on them: what has no status yet is not healthy.
        "ARGOCD_SYNC_WAVE_DELAY": "0",
        "ARGOCD_TLS_DATA_PATH": str(home / "tls"),
        "ARGOCD_SSH_DATA_PATH": str(home / "ssh"),
        "GNUPGHOME": str(home / "gnupg"),
        "HOME": str(home),
        "TMPDIR": str(home),
        "KUBECONFIG": str(api.kubeconfig),
        "PATH": f"{BIN}:/usr/local/bin:/usr/bin:/bin",
    }


def _redis(address: str, folder: Path) -> list[str]:
    port = address.partition(":")[2]
    options = ("--save", "", "--appendonly", "no", "--dir", str(folder))
    return ["redis-server", "--bind", "127.0.0.1", "--port", port, *options]


def _repo_server(address: str, metrics_port: int, redis: str) -> list[str]:
    host, _, port = address.partition(":")
    return [
        str(BIN / "argocd"),
        *("--address", host, "--port", port),
        *("--metrics-address", "127.0.0.1", "--metrics-port", str(metrics_port)),
        *("--redis", redis),
        "--disable-tls",
        *("--revision-cache-expiration", "1s"),
        *("--parallelismlimit", "2"),
    ]


def _controller(
    api: Api, instance: Instance, repo_server: str, metrics_port: int, redis: str
) -> list[str]:
    return [
        str(BIN / "argocd"),
        *("--kubeconfig", str(api.kubeconfig)),
        *("--namespace", instance.namespace),
        *("--repo-server", repo_server),
        "--repo-server-plaintext",
        *("--redis", redis),
        *("--metrics-port", str(metrics_port)),
        # The lab announces a push by annotation, as a webhook does: this is for one that is lost.
        *("--app-resync", "60"),
        *("--app-resync-jitter", "0"),
        *("--self-heal-timeout-seconds", "1"),
        *("--self-heal-backoff-timeout-seconds", "1"),
        *("--self-heal-backoff-cap-seconds", "3"),
        *("--status-processors", "4"),
        *("--operation-processors", "4"),
        "--persist-resource-health",
    ]


def _serves(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics").is_success
    except httpx.TransportError:
        return False


def _group_and_kind(check: dict[str, str]) -> str:
    return "_".join(part for part in (check.get("group"), check["kind"]) if part)
