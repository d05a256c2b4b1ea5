"""A real Kubernetes control plane, with kwok in place of kubelets and operators."""

import secrets
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import yaml

from support.lab import crds, stages
from support.lab.api import Api, Object
from support.lab.places import BIN
from support.lab.processes import Processes, free_port, wait_until

KUBELAB = str(BIN / "kubelab")
# Pods find the API server by this name, at the port of https; run.sh makes it this machine's.
NAME, PORT = "kubernetes.default", 443
WORKERS = ("worker-a", "worker-b", "worker-c")
# the default one of AWS, the platform of the tests
STORAGE_CLASS = {
    "apiVersion": "storage.k8s.io/v1",
    "kind": "StorageClass",
    "metadata": {
        "name": "gp3-csi",
        "annotations": {"storageclass.kubernetes.io/is-default-class": "true"},
    },
    "provisioner": "kubernetes.io/host-path",
}
# every pod has to do with what OpenShift's restricted-v2 grants
POD_SECURITY = {
    "apiVersion": "apiserver.config.k8s.io/v1",
    "kind": "AdmissionConfiguration",
    "plugins": [
        {
            "name": "PodSecurity",
            "configuration": {
                "apiVersion": "pod-security.admission.config.k8s.io/v1",
                "kind": "PodSecurityConfiguration",
                "defaults": {"enforce": "restricted", "warn": "restricted"},
            },
        }
    ],
}


@contextmanager
def control_plane(folder: Path) -> Iterator[Api]:
    """A cluster with the operators' kinds and three workers, on which every pod runs at once."""
    processes = Processes(folder / "logs")
    keys = _keys(folder)
    with ExitStack() as stack:
        api = Api(
            url=f"https://{NAME}:{PORT}",
            token=secrets.token_hex(16),
            kubeconfig=folder / "kubeconfig",
            etcd=stack.enter_context(_etcd(processes, folder)),
        )
        api.write_kubeconfig()
        server = stack.enter_context(
            processes.running("kube-apiserver", _apiserver(api, folder, keys))
        )
        processes.wait_for("kube-apiserver", server, api.is_ready)
        # before kwok, which ends at a kind that is not served
        api.kubectl("create", "--filename=-", stdin=crds.manifests())
        wait_until(lambda: _all(api, crds.PATH, "Established"), 60, "the kinds are served")
        for name, command in _controllers(api, folder, keys).items():
            stack.enter_context(processes.running(name, command))
        kwok = stack.enter_context(processes.running("kwok", _kwok(api, folder)))
        api.apply([STORAGE_CLASS, *map(_worker, WORKERS)])
        processes.wait_for("kwok", kwok, lambda: _all(api, "/api/v1/nodes", "Ready"))
        account = "/api/v1/namespaces/default/serviceaccounts/default"
        api.wait_for(account, bool, 60)
        yield api


@contextmanager
def _etcd(processes: Processes, folder: Path) -> Iterator[str]:
    client, peer = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    command = [
        KUBELAB,
        "etcd",
        f"--data-dir={folder / 'etcd'}",
        "--unsafe-no-fsync",
        "--log-level=warn",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
    ]
    with processes.running("etcd", command):
        yield client


def _keys(folder: Path) -> Path:
    """A key that signs service accounts' tokens."""
    private, public = folder / "sa.key", folder / "sa.pub"
    for command in (
        ["genrsa", "-out", str(private), "2048"],
        ["rsa", "-in", str(private), "-pubout", "-out", str(public)],
    ):
        subprocess.run(["openssl", *command], check=True, capture_output=True)
    return private


def _apiserver(api: Api, folder: Path, key: Path) -> list[str]:
    tokens = folder / "tokens.csv"
    tokens.write_text(f"{api.token},admin,admin,system:masters\n")
    admission = folder / "admission.yaml"
    admission.write_text(yaml.safe_dump(POD_SECURITY))
    return [
        KUBELAB,
        "kube-apiserver",
        f"--etcd-servers={api.etcd}",
        "--bind-address=127.0.0.1",
        f"--secure-port={PORT}",
        "--advertise-address=127.0.0.1",
        "--endpoint-reconciler-type=none",
        f"--cert-dir={folder / 'apiserver'}",
        f"--token-auth-file={tokens}",
        "--authorization-mode=RBAC",
        f"--admission-control-config-file={admission}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={key.with_suffix('.pub')}",
        f"--service-account-signing-key-file={key}",
        "--service-cluster-ip-range=10.96.0.0/16",
    ]


def _controllers(api: Api, folder: Path, key: Path) -> dict[str, list[str]]:
    shared = [
        *(
            f"--{what}kubeconfig={api.kubeconfig}"
            for what in ("", "authentication-", "authorization-")
        ),
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]
    manager = "kube-controller-manager"
    return {
        manager: [
            KUBELAB,
            manager,
            *shared,
            f"--secure-port={free_port()}",
            f"--cert-dir={folder / manager}",
            f"--service-account-private-key-file={key}",
            "--enable-hostpath-provisioner",
            # by default an autoscaler has no status, and so is not healthy, for up to 15 seconds
            "--horizontal-pod-autoscaler-sync-period=1s",
            f"--root-ca-file={folder / 'apiserver' / 'apiserver.crt'}",
        ],
        "kube-scheduler": [
            KUBELAB,
            "kube-scheduler",
            *shared,
            f"--secure-port={free_port()}",
            f"--cert-dir={folder / 'kube-scheduler'}",
        ],
    }


def _kwok(api: Api, folder: Path) -> list[str]:
    stand_ins = folder / "stand-ins.yaml"
    stand_ins.write_text(stages.stand_ins(api.resources))
    return [
        str(BIN / "kwok"),
        f"--kubeconfig={api.kubeconfig}",
        "--manage-all-nodes=true",
        "--node-lease-duration-seconds=40",
        f"--server-address=127.0.0.1:{free_port()}",
        *(f"--config={file}" for file in (*stages.files(), stand_ins)),
    ]


def _worker(name: str) -> Object:
    capacity = {"cpu": "8", "memory": "32Gi", "pods": "250"}
    labels = {"kubernetes.io/hostname": name, "topology.kubernetes.io/zone": f"zone-{name[-1]}"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"allocatable": capacity, "capacity": capacity},
    }


def _all(api: Api, path: str, condition: str) -> bool:
    """Whether the condition is true for every object at the path."""
    return all(
        any(
            each["type"] == condition and each["status"] == "True"
            for each in found.get("status", {}).get("conditions") or []
        )
        for found in api.items(path)
    )
