"""What a cluster of OpenShift has and the lab has not, for as long as a block runs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.authority import Authority
from support.lab.api import Object
from support.lab.installation import Installation
from support.lab.router import router

CONFIGURATION = "config.openshift.io/v1"
OLM = "operators.coreos.com/v1alpha1"


@contextmanager
def openshift_cluster(shop: Installation, folder: Path) -> Iterator[None]:
    """A version, a platform, installed operators, a run of the pipeline, a router."""
    authority = Authority(folder)
    plain, with_status = list(_plain(shop, authority)), list(_with_status(shop))
    kubectl = shop.api.kubectl
    try:
        shop.api.apply([*plain, *with_status])
        statuses = {"apiVersion": "v1", "kind": "List", "items": [*with_status, *_installed(shop)]}
        # without the client's validation, as a Subscription's other fields are there already
        by_status = ("--server-side", "--subresource=status", "--validate=false", "--filename=-")
        kubectl("apply", *by_status, stdin=json.dumps(statuses))
        with router(shop.api, shop.cluster.apps_domain, authority):
            yield
    finally:
        added = {"apiVersion": "v1", "kind": "List", "items": [*plain, *with_status]}
        kubectl("delete", "--ignore-not-found", "--filename=-", stdin=json.dumps(added))


def _plain(shop: Installation, authority: Authority) -> Iterator[Object]:
    space = "openshift-config-managed"
    yield {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}}
    yield {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "default-ingress-cert", "namespace": space},
        "data": {"ca-bundle.crt": authority.certificate.read_text()},
    }
    argocd = {
        "name": f"{shop.parent}-gitops-server",
        "namespace": shop.pattern.argocd_namespace,
        "labels": {"app.kubernetes.io/part-of": "argocd"},
    }
    yield {
        "apiVersion": "route.openshift.io/v1",
        "kind": "Route",
        "metadata": argocd,
        "spec": {"to": {"kind": "Service", "name": argocd["name"]}},
    }
    yield {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Workflow",
        "metadata": {"name": "retrain-x1", "namespace": _namespace_of_runs(shop)},
        "status": {"phase": "Succeeded"},
    }


def _with_status(shop: Installation) -> Iterator[Object]:
    version = {"version": f"{shop.cluster.version}.3", "image": "registry.example.com/release"}
    yield {
        "apiVersion": CONFIGURATION,
        "kind": "ClusterVersion",
        "metadata": {"name": "version"},
        "spec": {"clusterID": "9b3d1b5e-3c1f-4f6f-9d0e-8f2f0f6f2a11"},
        "status": {
            "availableUpdates": [],
            "desired": version,
            "observedGeneration": 1,
            "versionHash": "",
        },
    }
    yield {
        "apiVersion": CONFIGURATION,
        "kind": "Infrastructure",
        "metadata": {"name": "cluster"},
        "spec": {"platformSpec": {"type": shop.cluster.platform}},
        "status": {"platformStatus": {"type": shop.cluster.platform}},
    }
    for subscription in _subscriptions(shop):
        name = _version(subscription)
        yield {
            "apiVersion": OLM,
            "kind": "ClusterServiceVersion",
            "metadata": {"name": name, "namespace": subscription["metadata"]["namespace"]},
            "spec": {"displayName": name, "install": {"strategy": "deployment"}},
            "status": {"phase": "Succeeded"},
        }


def _installed(shop: Installation) -> Iterator[Object]:
    """The Subscriptions' statuses; the rest of them is Argo CD's."""
    for subscription in _subscriptions(shop):
        metadata = {key: subscription["metadata"][key] for key in ("name", "namespace")}
        status = {"installedCSV": _version(subscription)}
        yield {"apiVersion": OLM, "kind": "Subscription", "metadata": metadata, "status": status}


def _subscriptions(shop: Installation) -> list[Object]:
    return shop.api.items(f"/apis/{OLM}/subscriptions")


def _version(subscription: Object) -> str:
    return f"{subscription['metadata']['name']}.v1"


def _namespace_of_runs(shop: Installation) -> str:
    namespace: str = shop.application("pipelines")["spec"]["destination"]["namespace"]
    return namespace
