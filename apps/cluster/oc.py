"""The cluster as `oc` sees it, or `kubectl` where there is no `oc`."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from streams.errors import ConfigurationError, UnavailableError

Resource = dict[str, Any]
"""A Kubernetes object, as its JSON."""

_TIMEOUT = "20s"
_UNKNOWN_KIND = "doesn't have a resource type"
_ABSENT = "(NotFound)"
_LOG_LINE = re.compile(r"(?m)^[EFIW]\d{4} \d\d:.*\n")
"""A log line of the client, which repeats the error message."""


@dataclass(frozen=True)
class Oc:
    """Runs `oc` with the login of KUBECONFIG or, as the framework does, of K8S_AUTH_*."""

    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))

    def run(self, *arguments: str, stdin: str | None = None) -> str:
        """What a command prints.

        Raises:
            ConfigurationError: neither oc nor kubectl is installed.
            UnavailableError: the command fails; the message has the reason.
        """
        path = self.environment.get("PATH")
        program = shutil.which("oc", path=path) or shutil.which("kubectl", path=path)
        if program is None:
            raise ConfigurationError(
                "neither oc nor kubectl is installed: install oc"
                " (https://mirror.openshift.com/pub/openshift-v4/clients/ocp/), or run"
                " ./pattern.sh on a machine with podman, whose container has it"
            )
        done = subprocess.run(  # noqa: S603
            [program, f"--request-timeout={_TIMEOUT}", *self._login(), *arguments],
            env=dict(self.environment),
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = _LOG_LINE.sub("", f"{done.stderr}\n{done.stdout}").strip()
            raise UnavailableError(said or f"{program} ended with status {done.returncode}")
        return done.stdout.strip()

    def resources(self, kind: str, namespace: str | None = None) -> list[Resource]:
        """All resources of a kind, by name; none where the cluster does not know the kind (yet)."""
        where = ["--namespace", namespace] if namespace else ["--all-namespaces"]
        try:
            listed = json.loads(self.run("get", kind, *where, "--output", "json"))
        except UnavailableError as error:
            if _UNKNOWN_KIND in str(error):
                return []
            raise
        items: list[Resource] = listed["items"]
        return sorted(items, key=lambda item: str(item["metadata"]["name"]))

    def resource(self, kind: str, name: str, namespace: str | None = None) -> Resource | None:
        """One object, of the cluster or of a namespace; None if it does not exist."""
        where = ["--namespace", namespace] if namespace else []
        try:
            found: Resource = json.loads(self.run("get", kind, name, *where, "--output", "json"))
        except UnavailableError as error:
            if _UNKNOWN_KIND in str(error) or _ABSENT in str(error):
                return None
            raise
        return found

    def _login(self) -> list[str]:
        options = {
            "K8S_AUTH_HOST": "--server",
            "K8S_AUTH_TOKEN": "--token",
            "K8S_AUTH_USERNAME": "--username",
            "K8S_AUTH_PASSWORD": "--password",
            "K8S_AUTH_SSL_CA_CERT": "--certificate-authority",
        }
        login = [
            f"{option}={self.environment[variable]}"
            for variable, option in options.items()
            if self.environment.get(variable)
        ]
        if self.environment.get("K8S_AUTH_VERIFY_SSL", "true").lower() in {"false", "no", "0"}:
            login.append("--insecure-skip-tls-verify")
        return login
