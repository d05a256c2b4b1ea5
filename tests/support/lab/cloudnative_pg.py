"""CloudNativePG's operator under the names of EDB's fork of it, and its webhooks."""

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import yaml

from support.authority import Authority
from support.lab.api import Api, Object
from support.lab.instance_manager import instance_managers
from support.lab.places import BIN, SOURCES
from support.lab.processes import Processes, free_port

# where the pattern subscribes to it
NAMESPACE = "edb-postgres"
PULL_SECRET = "postgresql-operator-pull-secret"
WEBHOOKS = SOURCES / "cloudnative-pg" / "config" / "webhook" / "manifests.yaml"


@contextmanager
def cloudnative_pg(api: Api, folder: Path) -> Iterator[None]:
    """Run the operator until the block ends."""
    processes = Processes(folder / "logs")
    authority = Authority(folder / "webhooks")
    (folder / "operator").mkdir()
    for architecture in ("amd64", "arm64"):
        (folder / "operator" / f"manager_{architecture}").symlink_to(BIN / "cloudnative-pg")
    # the file names are those that OLM gives to an operator's certificate
    authority.issue("apiserver")
    server = f"https://127.0.0.1:{free_port()}"
    command = [
        # it compares its image's programs, which are in this folder, with those of the instances
        *("env", f"--chdir={folder}", str(BIN / "cloudnative-pg")),
        "controller",
        f"--metrics-bind-address=127.0.0.1:{free_port()}",
        f"--webhook-port={httpx.URL(server).port}",
    ]
    environment = {
        "KUBECONFIG": str(api.kubeconfig),
        "OPERATOR_NAMESPACE": NAMESPACE,
        "PULL_SECRET_NAME": PULL_SECRET,
        "WEBHOOK_CERT_DIR": str(authority.folder),
    }
    with (
        instance_managers(api),
        processes.running("cloudnative-pg", command, environment) as operator,
    ):
        processes.wait_for("cloudnative-pg", operator, lambda: _serves(server))
        api.apply(_webhooks(server, authority))
        yield


def _serves(server: str) -> bool:
    try:
        return httpx.get(f"{server}/readyz", verify=False).is_success
    except httpx.TransportError:
        return False


def _webhooks(server: str, authority: Authority) -> Iterator[Object]:
    """The operator's own configurations, for a server that is no pod."""
    bundle = base64.b64encode(authority.certificate.read_bytes()).decode()
    for configuration in yaml.safe_load_all(WEBHOOKS.read_text()):
        for webhook in configuration["webhooks"]:
            path = webhook["clientConfig"]["service"]["path"]
            webhook["clientConfig"] = {"url": server + path, "caBundle": bundle}
        name = f"postgresql-operator-{configuration['metadata']['name']}"
        yield {**configuration, "metadata": {"name": name}}
