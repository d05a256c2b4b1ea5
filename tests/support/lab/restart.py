"""The job that starts missing builds: kwok lets its pods succeed, so its command runs here."""

import json
import os
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from support.lab import builds
from support.lab.api import Api, Object
from support.lab.places import BIN

PODS = "/api/v1/namespaces/{namespace}/pods?labelSelector=app.kubernetes.io/component%3Drestart"
# kubectl has no start-build, and the lab no subresource instantiate; the account's rights are real
OC = """#!/usr/bin/env bash
set -euo pipefail
[[ $1 == start-build ]] || exec kubectl "$@"
kubectl auth can-i --quiet create "buildconfigs.build.openshift.io/$2" --subresource=instantiate
kubectl auth can-i --quiet create builds.build.openshift.io --subresource=docker
echo "$2" >>"$STARTED"
"""
SECONDS = 0.5


@contextmanager
def restarts(api: Api, namespace: str, folder: Path) -> Iterator[list[str]]:
    """Run the command of each of its pods until the block ends; what they said, as it comes."""
    folder.mkdir()
    (folder / "kubectl").symlink_to(BIN / "kubectl")
    (folder / "oc").write_text(OC)
    (folder / "oc").chmod(0o755)
    said: list[str] = []
    ended = threading.Event()

    def serve() -> None:
        seen: set[str] = set()
        while not ended.wait(SECONDS):
            for pod in api.items(PODS.format(namespace=namespace)):
                if pod["metadata"]["uid"] not in seen:
                    seen.add(pod["metadata"]["uid"])
                    said.append(_run(api, pod, folder))

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield said
    finally:
        ended.set()
        thread.join()


def _run(api: Api, pod: Object, folder: Path) -> str:
    """Run the pod's command as its service account; start the builds that it asks for."""
    namespace = pod["metadata"]["namespace"]
    account = pod["spec"]["serviceAccountName"]
    token = api.kubectl("create", "token", account, f"--namespace={namespace}").strip()
    started = folder / "started"
    started.write_text("")
    [container] = pod["spec"]["containers"]
    done = subprocess.run(
        [*container["command"], *container["args"]],
        env={
            **{each["name"]: each["value"] for each in container["env"]},
            "HOME": str(folder),
            "PATH": f"{folder}{os.pathsep}{os.environ['PATH']}",
            "KUBECONFIG": str(_kubeconfig(api, token, namespace, folder)),
            "STARTED": str(started),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    for name in started.read_text().split():
        path = f"{builds.BUILDS}/namespaces/{namespace}/buildconfigs/{name}"
        builds.start(api, api.get(path) or {})
    return done.stdout + done.stderr


def _kubeconfig(api: Api, token: str, namespace: str, folder: Path) -> Path:
    content = json.loads(api.kubeconfig.read_text())
    content["users"][0]["user"] = {"token": token}
    content["contexts"][0]["context"]["namespace"] = namespace
    file = folder / "kubeconfig"
    file.write_text(json.dumps(content))
    return file
