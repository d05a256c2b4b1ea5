"""Argo CD and the shop answer over HTTPS, and every application is synced and healthy."""

import ssl
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest

from apps.cluster.oc import Oc
from apps.cluster.pattern import Pattern
from apps.cluster.status import Section


@pytest.fixture(scope="module")
def trust(oc: Oc) -> ssl.SSLContext:
    """Trusts what this machine trusts and the authority of the cluster's router."""
    context = ssl.create_default_context()
    found = oc.resource("configmaps", "default-ingress-cert", "openshift-config-managed")
    if found:
        context.load_verify_locations(cadata=found["data"]["ca-bundle.crt"])
    return context


def test_applications_are_healthy(section: Callable[[str], Section], pattern: Pattern) -> None:
    rows = section("applications").rows
    assert set(pattern.namespaces) <= {row.cells[0] for row in rows}
    assert [row.cells for row in rows if not row.healthy] == []


def test_argocd_is_reachable(oc: Oc, pattern: Pattern, trust: ssl.SSLContext) -> None:
    routes = oc.resources("routes.route.openshift.io", pattern.argocd_namespace)
    hosts = [
        route["spec"]["host"]
        for route in routes
        if (route["metadata"].get("labels") or {}).get("app.kubernetes.io/part-of") == "argocd"
    ]
    assert hosts, f"Argo CD has no Route in {pattern.argocd_namespace}"
    assert [_status(f"https://{host}/healthz", trust) for host in hosts] == [200] * len(hosts)


def test_the_shop_is_reachable(section: Callable[[str], Section], trust: ssl.SSLContext) -> None:
    (row,) = section("shop").rows
    assert row.healthy
    assert _status(row.cells[0], trust) == 200


def _status(address: str, trust: ssl.SSLContext) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30, context=trust) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
