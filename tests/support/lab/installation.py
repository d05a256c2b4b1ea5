"""A pattern being installed, changed and uninstalled, as the framework's operator does it."""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from support.lab.api import Api, Object
from support.lab.applications import (
    APPLICATIONS,
    explain,
    is_compared,
    is_healthy,
    is_without_project,
    path_of,
    wave,
)
from support.lab.argocd import Instance, argocd
from support.lab.builds import builds
from support.lab.git_server import git_server
from support.lab.processes import wait_until
from support.lab.repository import BRANCH, Repository
from support.pattern import clustergroup
from support.pattern.clustergroup import FINALIZER, Manifest
from support.pattern.pattern import FRAMEWORK_NAMESPACE, Cluster, Pattern

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
BEGIN_SECONDS = 180
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
    parent: str
    """The Application of the cluster group."""
    namespace: str
    """The one of the other Applications."""
    before: set[tuple[str, str, str]]

    @property
    def pattern(self) -> Pattern:
        """The fork as it is now."""
        return Pattern(self.fork.checkout, self.cluster)

    def begin(self) -> None:
        """Push the fork, create the Application of the cluster group and wait for the first wave.

        Its Applications and their AppProject are created at the same time. Argo CD does not look
        again at one that it has seen without its AppProject, until the resync or a refresh.
        """
        self.push("install")
        self.api.apply([self._parent_application()])
        applications = clustergroup.applications(self.pattern)
        earliest = min(map(wave, applications))
        first = {each["metadata"]["name"] for each in applications if wave(each) == earliest}

        def compared() -> bool:
            found = [each for each in self.applications() if each["metadata"]["name"] in first]
            self._refresh(filter(is_without_project, found))
            return len(found) == len(first) and all(map(is_compared, found))

        self.wait_until(compared, BEGIN_SECONDS, "the first wave is compared")

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
        self._refresh([*self._parents(), *self.applications()], kind)

    def compare_anew(self) -> None:
        """Make Argo CD compare everything without what it has cached, and wait until it has.

        It caches the API server's answers for each object, also while the definition of its kind
        changes.
        """
        self.refresh("hard")
        self.wait_until(
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
        self.api.patch(path_of(parent), {"spec": {"syncPolicy": {"automated": automated}}})
        self.refresh()
        self.wait_until(lambda: not self.applications(), 300, "the Applications are deleted")
        self.api.delete(path_of(parent))
        self.wait_until(lambda: not self._parents(), 180, "the cluster group is deleted")
        namespaces = {
            f"/api/v1/namespaces/{each['metadata']['name']}"
            for each in clustergroup.objects(deleting)
            if each["kind"] == "Namespace"
        }
        for path in namespaces:
            self.api.wait_for(path, lambda found: found is None, 180)

    def applications(self) -> list[Object]:
        """The pattern's Applications by name, as Argo CD sees them."""
        found = self.api.items(APPLICATIONS.format(namespace=self.namespace))
        return [each for each in found if each["metadata"]["name"] != self.parent]

    def application(self, name: str) -> Object:
        found = self.api.get(f"{APPLICATIONS.format(namespace=self.namespace)}/{name}")
        assert found, f"no Application {name}"
        return found

    def wait_until(self, condition: Callable[[], object], seconds: float, what: str) -> None:
        """Poll until the condition holds; the error has the state of every Application."""

        def state() -> str:
            found = (*self._parents(), *self.applications())
            return "\n".join(f"- {each['metadata']['name']}: {explain(each)}" for each in found)

        wait_until(condition, seconds, what, state)

    def wait_until_healthy(self, seconds: float = INSTALL_SECONDS) -> None:
        """Wait until every Application is Synced and Healthy at the newest commit."""
        expected = self._expected()
        wait_until(
            lambda: not self._unhealthy(expected),
            seconds,
            "every Application is Synced and Healthy",
            lambda: "\n".join(
                f"- {name}: {reason}" for name, reason in self._unhealthy(expected).items()
            ),
        )

    def delete_removed(self) -> None:
        """Do what docs/day-2.md asks of an administrator: the framework prunes nothing."""
        expected = self._expected()
        removed = {each["metadata"]["name"] for each in self.applications()} - expected.keys()
        self.wait_until(
            lambda: self._unhealthy(expected).keys() <= {self.parent, *removed},
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

    def _expected(self) -> dict[str, str]:
        """The commit that each Application has to be at, by the name of the Application."""
        applications = clustergroup.applications(self.pattern)
        names = (each["metadata"]["name"] for each in applications)
        return {**dict.fromkeys(names, self.fork.head), self.parent: self.framework.head}

    def _unhealthy(self, expected: Mapping[str, str]) -> dict[str, str]:
        """Every Application that is not in the expected state, with the reason."""
        existing = (*self._parents(), *self.applications())
        found = {each["metadata"]["name"]: each for each in existing}
        return {
            **dict.fromkeys(sorted(expected.keys() - found.keys()), "does not exist"),
            **dict.fromkeys(sorted(found.keys() - expected.keys()), "should not exist"),
            **{
                name: explain(each)
                for name, each in found.items()
                if name in expected and not is_healthy(each, expected[name])
            },
        }

    def _refresh(
        self, applications: Iterable[Object], kind: Literal["normal", "hard"] = "normal"
    ) -> None:
        for each in applications:
            self.api.patch(path_of(each), {"metadata": {"annotations": {REFRESH: kind}}})

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
            yield Installation(
                api,
                fork,
                framework,
                cluster,
                parent=f"{pattern.name}-{pattern.group['name']}",
                namespace=pattern.argocd_namespace,
                before=api.snapshot(),
            )
