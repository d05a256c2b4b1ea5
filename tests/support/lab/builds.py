"""OpenShift's builds: a new BuildConfig starts one, and a complete one pushes its tag.

A build clones the commit and fails if there is no Containerfile; it makes no image.
"""

import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import httpx

from support.lab.api import Api, Object

BUILDS = "/apis/build.openshift.io/v1"
STREAMS = "/apis/image.openshift.io/v1"
CONFIG = "openshift.io/build-config.name"
VERSION = "lastVersion"
SECONDS = 0.5


@contextmanager
def builds(api: Api) -> Iterator[None]:
    """Run the builds of all namespaces until the block ends."""
    ended = threading.Event()
    thread = threading.Thread(target=_serve, args=(api, ended), daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def start(api: Api, config: Object) -> str:
    """Create the next build of a BuildConfig, as its subresource `instantiate` does."""
    metadata = config["metadata"]
    number = config.get("status", {}).get(VERSION, 0) + 1
    name = f"{metadata['name']}-{number}"
    api.patch(f"{_path('buildconfigs', config)}/status", {"status": {VERSION: number}})
    kept = ("source", "strategy", "output")
    build = {
        "apiVersion": "build.openshift.io/v1",
        "kind": "Build",
        "metadata": {
            "name": name,
            "labels": {**metadata["labels"], CONFIG: metadata["name"]},
            "ownerReferences": [
                {
                    "apiVersion": "build.openshift.io/v1",
                    "kind": "BuildConfig",
                    "name": metadata["name"],
                    "uid": metadata["uid"],
                    "controller": True,
                }
            ],
        },
        "spec": {key: config["spec"][key] for key in kept},
    }
    api.create(f"{BUILDS}/namespaces/{metadata['namespace']}/builds", build)
    return name


def _serve(api: Api, ended: threading.Event) -> None:
    while not ended.wait(SECONDS):
        # an object may be deleted meanwhile, and an ImageStream may come later than its build
        with suppress(httpx.HTTPStatusError):
            for config in api.items(f"{BUILDS}/buildconfigs"):
                if not config.get("status", {}).get(VERSION):
                    start(api, config)
            for build in api.items(f"{BUILDS}/builds"):
                if "phase" not in build.get("status", {}):
                    _run(api, build)


def _run(api: Api, build: Object) -> None:
    spec = build["spec"]
    complete = _has_file(
        spec["source"]["git"]["uri"],
        spec["source"]["git"]["ref"],
        spec["strategy"]["dockerStrategy"]["dockerfilePath"],
    )
    if complete:
        _push(api, build["metadata"]["namespace"], spec["output"]["to"]["name"])
    phase = "Complete" if complete else "Failed"
    api.patch(f"{_path('builds', build)}/status", {"status": {"phase": phase}})


def _has_file(repository: str, revision: str, file: str) -> bool:
    with tempfile.TemporaryDirectory() as folder:
        clone = ["git", "clone", "--bare", "--depth=1", f"--branch={revision}", repository, folder]
        find = ["git", "-C", folder, "cat-file", "-e", f"HEAD:{file}"]
        return all(
            subprocess.run(command, check=False, capture_output=True).returncode == 0
            for command in (clone, find)
        )


def _push(api: Api, namespace: str, image: str) -> None:
    name, _, tag = image.partition(":")
    pushed = {"image": "sha256:0", "dockerImageReference": f"registry.example/{name}@sha256:0"}
    path = f"{STREAMS}/namespaces/{namespace}/imagestreams/{name}/status"
    stamped = {"created": "2026-01-01T00:00:00Z", "generation": 1, **pushed}
    api.patch(path, {"status": {"tags": [{"tag": tag, "items": [stamped]}]}})


def _path(resource: str, item: Object) -> str:
    metadata = item["metadata"]
    return f"{BUILDS}/namespaces/{metadata['namespace']}/{resource}/{metadata['name']}"
