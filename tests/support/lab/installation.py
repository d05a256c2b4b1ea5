"""A pattern being installed, changed and uninstalled, as the framework's operator does it."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from support.lab.api import Api, Object
from support.lab.argocd import Instance, argocd
from support.lab.builds import builds
from support.lab.git_server import git_server
from support.lab.processes import LabError, wait_until
from support.lab.repository import BRANCH, Repository
from support.pattern import clustergroup
from support.pattern.clustergroup import FINALIZER, Manifest
from support.pattern.pattern import FRAMEWORK_NAMESPACE, Cluster, Pattern

APPLICATIONS = "/apis/argoproj.io/v1alpha1/namespaces/{namespace}/applications"
# the operator's, with gitops.applicationHealthCheckEnabled in ConfigMap patterns-operator-config
APPLICATION_HEALTH = {
    "group": "argoproj.io",
    "kind": "Application",
    "check": """
local status = obj.status or {}
local sync = (status.sync or {}).status
local health = (status.health or {}).status
if sync == "Synced" and health == "Healthy" then
  return {status = "Healthy", message = "synced and healthy"}
end
return {status = "Progressing", message = tostring(sync) .. ", " .. tostring(health)}
""",
}
INSTALL_SECONDS = 540
REFRESH = "argocd.argoproj.io/refresh"
"""Argo CD removes this annotation when it has done it."""


@dataclass(frozen=True)
class Installation:
    """A fork on a cluster: its repositories, and the objects that existed before it."""

    api: Api
    fork: Repository
    framework: Repository
    cluster: Cluster
    before: set[tuple[str, str, str]]

    @property
    def pattern(self) -> Pattern:
        return Pattern(self.fork.checkout, self.cluster)

    @property
    def parent(self) -> str:
        return f"{self.pattern.name}-{self.pattern.group['name']}"

    def begin(self) -> None:
        """Push the fork and create the Application of the cluster group."""
        self.push("install")
        self.api.apply([self._parent_application()])

    def install(self) -> None:
        """Install the pattern and wait for all of it."""
        self.begin()
        self.wait_until_healthy()

    def push(self, message: str) -> None:
        """Push the fork as it is and notify Argo CD."""
        self.fork.push(message)
        self._render(self.pattern)
        self.refresh()

    def refresh(self, kind: Literal["normal", "hard"] = "normal") -> None:
        """Make Argo CD read the repositories, as a webhook of the git server does."""
        for application in (*self._parents(), *self.applications()):
            self.api.patch(_path(application), {"metadata": {"annotations": {REFRESH: kind}}})

    def compare_anew(self) -> None:
        """Make Argo CD compare everything without what it has cached, and wait until it has.

        It caches the API server's answers for each object, also while the definition of its kind
        changes.
        """
        self.refresh("hard")
        wait_until(
            lambda: (
                not any(
                    REFRESH in each["metadata"].get("annotations", {})
                    for each in (*self._parents(), *self.applications())
                )
            ),
            120,
            "every Application is compared",
        )

    def uninstall(self) -> None:
        """Delete the pattern's Applications while the operators still run, then the rest."""
        deleting = Pattern(self.fork.checkout, self.cluster, deleting=True)
        self._render(deleting)
        [parent] = self._parents()
        automated = {"prune": True, "selfHeal": True}
        self.api.patch(_path(parent), {"spec": {"syncPolicy": {"automated": automated}}})
        self.refresh()
        wait_until(lambda: not self.applications(), 300, "the Applications are deleted")
        self.api.delete(_path(parent))
        wait_until(lambda: not self._parents(), 120, "the cluster group is deleted")
        wait_until(lambda: not self._namespaces(deleting), 120, "the namespaces are deleted")

    def applications(self) -> list[Object]:
        """The pattern's Applications by name, as Argo CD sees them."""
        path = APPLICATIONS.format(namespace=self.pattern.argocd_namespace)
        found = self.api.items(path)
        return [each for each in found if each["metadata"]["name"] != self.parent]

    def application(self, name: str) -> Object:
        path = APPLICATIONS.format(namespace=self.pattern.argocd_namespace)
        found = self.api.get(f"{path}/{name}")
        assert found, f"no Application {name}"
        return found

    def wait_until_healthy(self, seconds: float = INSTALL_SECONDS) -> None:
        """Wait until every Application is Synced and Healthy at the newest commit."""
        try:
            wait_until(lambda: not self._unhealthy(), seconds)
        except TimeoutError:
            reasons = (f"{name}: {reason}" for name, reason in self._unhealthy().items())
            message = "not every Application is Synced and Healthy"
            raise LabError("\n- ".join((message, *reasons))) from None

    def delete_removed(self) -> None:
        """Do what docs/day-2.md asks of an administrator: the framework prunes nothing."""
        expected = {each["metadata"]["name"] for each in clustergroup.applications(self.pattern)}
        removed = [each for each in self.applications() if each["metadata"]["name"] not in expected]
        others = {self.parent, *(each["metadata"]["name"] for each in removed)}
        wait_until(
            lambda: self._unhealthy().keys() <= others,
            INSTALL_SECONDS,
            "the remaining Applications are healthy",
        )
        [parent] = self._parents()
        for each in parent["status"]["resources"]:
            if each.get("requiresPruning"):
                kind = f"{each['kind']}.{each['version']}.{each.get('group', '')}"
                self.api.kubectl(
                    *("delete", kind, each["name"], "--wait=false", "--ignore-not-found"),
                    f"--namespace={each.get('namespace', 'default')}",
                )

    def left_out(self) -> dict[str, str]:
        """What the framework would install and the lab cannot, with the reason."""
        unserved = {
            f"{each['kind']} {each['metadata']['name']}": f"{each['apiVersion']} is not served"
            for each in clustergroup.objects(self.pattern)
            if not self._is_served(each)
        }
        return clustergroup.left_out(self.pattern) | unserved

    def _unhealthy(self) -> dict[str, str]:
        """Every Application that is not in the expected state, with the reason."""
        expected = {each["metadata"]["name"] for each in clustergroup.applications(self.pattern)}
        found = {each["metadata"]["name"]: each for each in self.applications()}
        newest = dict.fromkeys(found, self.fork.head)
        for parent in self._parents():
            found[self.parent], newest[self.parent] = parent, self.framework.head
        return {
            **dict.fromkeys(sorted(expected - found.keys()), "does not exist"),
            **dict.fromkeys(sorted(found.keys() - expected - {self.parent}), "should not exist"),
            **{
                name: explain(each)
                for name, each in found.items()
                if not is_healthy(each, newest[name])
            },
        }

    def _namespaces(self, pattern: Pattern) -> set[str]:
        theirs = {
            each["metadata"]["name"]
            for each in clustergroup.objects(pattern)
            if each["kind"] == "Namespace"
        }
        found = self.api.items("/api/v1/namespaces")
        return theirs & {each["metadata"]["name"] for each in found}

    def group_objects(self, pattern: Pattern | None = None) -> list[Manifest]:
        """The objects of the cluster group whose kinds the API server serves."""
        objects = clustergroup.objects(pattern or self.pattern)
        return [each for each in objects if self._is_served(each)]

    def _render(self, pattern: Pattern) -> None:
        content = {"apiVersion": "v1", "kind": "List", "items": self.group_objects(pattern)}
        (self.framework.checkout / "clustergroup.json").write_text(json.dumps(content, indent=1))
        self.framework.push("render")

    def _is_served(self, manifest: Manifest) -> bool:
        return f"{manifest['apiVersion']} {manifest['kind']}" in self.api.resources

    def _parents(self) -> list[Object]:
        path = APPLICATIONS.format(namespace=FRAMEWORK_NAMESPACE)
        parent = self.api.get(f"{path}/{self.parent}")
        return [parent] if parent else []

    def _parent_application(self) -> Manifest:
        return {
            "apiVersion": "argoproj.io/v1alpha1",
            "kind": "Application",
            "metadata": {
                "name": self.parent,
                "namespace": FRAMEWORK_NAMESPACE,
                "finalizers": [FINALIZER],
            },
            "spec": {
                "project": "default",
                "destination": {"name": "in-cluster", "namespace": FRAMEWORK_NAMESPACE},
                "source": {
                    "repoURL": self.cluster.repo_url.replace("fork.git", "framework.git"),
                    "targetRevision": BRANCH,
                    "path": ".",
                },
                "syncPolicy": {"automated": {"selfHeal": True}, "retry": {"limit": 20}},
            },
        }


@contextmanager
def installation(api: Api, folder: Path, fill: Callable[[Path], None]) -> Iterator[Installation]:
    """A fork, filled with a version of the project, and an Argo CD; nothing is installed yet."""
    served = folder / "git"
    served.mkdir(parents=True)
    fork, framework = (
        Repository.create(name, served, folder / "checkouts") for name in ("fork", "framework")
    )
    fill(fork.checkout)
    with git_server(served) as server:
        cluster = Cluster(repo_url=f"{server.url}/fork.git", revision=BRANCH)
        pattern = Pattern(fork.checkout, cluster)
        exclusions = pattern.resource_exclusions
        instances = [Instance(FRAMEWORK_NAMESPACE, [APPLICATION_HEALTH], exclusions)]
        if pattern.has_own_argocd:
            own = Instance(pattern.argocd_namespace, pattern.health_checks, exclusions)
            instances.append(own)
        with argocd(api, instances, folder), builds(api):
            yield Installation(api, fork, framework, cluster, before=api.snapshot())


def is_healthy(application: Object, revision: str) -> bool:
    """Whether it is both: Argo CD reports Healthy for an Application that it cannot render."""
    status = application.get("status", {})
    sync = status.get("sync", {})
    state = (
        sync.get("status"),
        sync.get("revision"),
        status.get("health", {}).get("status"),
        status.get("operationState", {}).get("phase"),
    )
    return state == ("Synced", revision, "Healthy", "Succeeded")


def explain(application: Object) -> str:
    """Why an Application is not Synced and Healthy."""
    status = application.get("status", {})
    reasons = [each["message"] for each in status.get("conditions", [])]
    operation = status.get("operationState", {})
    if operation.get("phase") != "Succeeded":
        reasons.append(operation.get("message", ""))
    for each in status.get("resources", []):
        health = each.get("health", {})
        if each.get("status") != "Synced" or health.get("status", "Healthy") != "Healthy":
            state = f"{each.get('status')}, {health.get('status')} {health.get('message', '')}"
            reasons.append(f"{each['kind']}/{each['name']}: {state.rstrip()}")
    sync, health = status.get("sync", {}).get("status"), status.get("health", {}).get("status")
    return f"{sync}, {health}; " + "; ".join(reasons)


def _path(application: Object) -> str:
    metadata = application["metadata"]
    return f"{APPLICATIONS.format(namespace=metadata['namespace'])}/{metadata['name']}"
