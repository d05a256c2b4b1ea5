"""What the documented commands name exists on a cluster that has the pattern."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from support.docs.cluster import Cluster, installed
from support.docs.commands import Named, is_placeholder, manifests, oc_commands
from support.docs.kinds import CLUSTER_SCOPED, resources
from support.docs.pages import Page, commented_values, pages
from support.pattern.charts import checked

ANNOTATIONS = {
    *("strimzi.io/pause-reconciliation", "strimzi.io/restart", "strimzi.io/restart-task"),
    *("argocd.argoproj.io/refresh", "cnpg.io/reconciliationLoop", "force-sync"),
    "patterns.gitops.hybrid-cloud-patterns.io/prune",
}
"""Annotations by which a person tells an operator what to do."""
FORMER = {"application.argoproj.io/streams"}
"""Names of earlier versions, which an upgrade removes."""


@pytest.mark.parametrize("page", [*pages(), *commented_values()], ids=lambda page: page.name)
def test_objects_of_commands_exist(page: Page) -> None:
    cluster = installed().copy()
    for manifest in manifests(page):
        cluster.add(manifest, manifest["metadata"].get("namespace", "recsys"))
    for created in (each for oc in oc_commands(page) for each in oc.creates):
        made = {"kind": resources()[created.kind], "metadata": {"name": created.name}}
        cluster.add(made, created.namespace or "")
    faults = [
        f"{oc.line}: {fault}"
        for oc in oc_commands(page)
        for named in oc.named
        for fault in _faults(cluster, named)
    ]
    faults += [
        f"{oc.line}: nothing has the label {label}"
        for oc in oc_commands(page)
        for label in oc.labels
        if not is_placeholder(label) and label not in cluster.labels
    ]
    faults += [
        f"{oc.line}: no operator knows the annotation {annotation}"
        for oc in oc_commands(page)
        for annotation in oc.annotations
        if annotation not in ANNOTATIONS and not is_placeholder(annotation)
    ]
    assert faults == []


@pytest.mark.parametrize("page", pages(), ids=lambda page: page.name)
def test_objects_that_a_page_shows_are_valid(page: Page, crds: Path, tmp_path: Path) -> None:
    for number, manifest in enumerate(manifests(page)):
        file = tmp_path / f"{number}.yaml"
        named = {**manifest, "metadata": {"name": "generated", **manifest["metadata"]}}
        file.write_text(yaml.safe_dump(named))
        checked("kubectl-validate", "--local-crds", crds, "--version", "1.30", file)


def test_the_pages_have_commands() -> None:
    """The test above reads something."""
    read = [oc for page in pages() for oc in oc_commands(page)]
    assert len([named for oc in read for named in oc.named]) > 30
    assert any(oc.labels for oc in read)
    assert any(oc.annotations for oc in read)
    assert any(True for page in pages() for _ in manifests(page))


@pytest.mark.parametrize(
    ("named", "exists"),
    [
        (Named("buildconfig", "recsys-connect-connect-build", "recsys"), False),
        (Named("build", "storefront-1", "recsys"), False),
        (Named("deployment", "storefront", "recsys-hub"), False),
        (Named("deployment", "storefront", None), False),
        (Named("cluster.postgresql.cnpg.io", "recsys-db", "recsys"), False),
        (Named("pods", None, "shop"), False),
        (Named("pods", "recsys-db-1", "recsys"), True),
        (Named("clustersecretstore", "vault-backend", None), True),
        (Named("secret", "recsys-grafana-admin-credentials", "recsys"), True),
        (Named("pods", None, "*"), True),
    ],
    ids=str,
)
def test_a_name_is_looked_up(named: Named, exists: bool) -> None:  # noqa: FBT001
    assert exists is not any(_faults(installed(), named))


def test_a_placeholder_is_told_from_a_name() -> None:
    assert is_placeholder("NAME")
    assert is_placeholder("$primary")
    assert not is_placeholder("recsys-db")


def _faults(cluster: Cluster, named: Named) -> Iterator[str]:
    kind = resources().get(named.kind.lower())
    if f"{named.kind}/{named.name}" in FORMER or is_placeholder(named.kind):
        return
    if kind is None:
        yield f"no definition has the kind {named.kind}"
        return
    where = named.namespace
    if where not in (None, "*") and not is_placeholder(where) and where not in cluster.namespaces:
        yield f"there is no namespace {where}"
    if where is None and kind not in CLUSTER_SCOPED:
        yield f"{kind} is in a namespace, and the command names none"
    if named.name is None or is_placeholder(named.name):
        return
    found = cluster.names.get(kind, {}).get(named.name)
    if found is None:
        yield f"there is no {kind} {named.name}"
    elif where not in (None, "*") and where not in found:
        yield f"{kind} {named.name} is in {', '.join(sorted(found))}, not in {where}"
