"""External Secrets' operator, and the store that the framework's chart makes for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.lab.api import Api, Object
from support.lab.places import BIN
from support.lab.processes import Processes, free_port
from support.lab.vault import Vault, vault

NAMESPACE = "lab"
ACCOUNT = "external-secrets"
STORE = "/apis/external-secrets.io/v1/clustersecretstores/vault-backend"
UNUSED = ("cluster-external-secret", "cluster-push-secret", "push-secret")


@contextmanager
def external_secrets(api: Api, folder: Path) -> Iterator[Vault]:
    """Run the operator with the store `vault-backend` until the block ends."""
    processes = Processes(folder / "logs")
    with vault(api) as server:
        api.apply(_store(server.url))
        command = [
            str(BIN / "external-secrets"),
            *("--metrics-addr", f"127.0.0.1:{free_port()}"),
            *("--live-addr", f"127.0.0.1:{free_port()}"),
            *("--concurrent", "4"),
            *(f"--enable-{kind}-reconciler=false" for kind in UNUSED),
        ]
        environment = {"KUBECONFIG": str(api.kubeconfig)}
        with processes.running("external-secrets", command, environment) as operator:
            processes.wait_for("external-secrets", operator, lambda: _is_ready(api))
            yield server


def _is_ready(api: Api) -> bool:
    found = api.get(STORE) or {}
    conditions = found.get("status", {}).get("conditions", [])
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)


def _store(server: str) -> Iterator[Object]:
    """What the chart openshift-external-secrets makes, and the namespace of it."""
    account = {"name": ACCOUNT, "namespace": NAMESPACE}
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    yield {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account}
    yield {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {**account, "annotations": {"kubernetes.io/service-account.name": ACCOUNT}},
        "type": "kubernetes.io/service-account-token",
    }
    login = {"mountPath": "hub", "role": "hub-role", "secretRef": {**account, "key": "token"}}
    yield {
        "apiVersion": "external-secrets.io/v1",
        "kind": "ClusterSecretStore",
        "metadata": {"name": "vault-backend"},
        "spec": {
            "provider": {
                "vault": {
                    "server": server,
                    "path": "secret",
                    "version": "v2",
                    "auth": {"kubernetes": login},
                }
            }
        },
    }
