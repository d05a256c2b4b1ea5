"""The hosts that an installation reads from, with what names them."""

import os
import re
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from support.checkout import REPOSITORY
from support.docs.settings import of_group
from support.lab.places import MODULES
from support.pattern.charts import CHARTS, CLUSTER, SIZES, manifests
from support.pattern.pattern import FRAMEWORK_CHARTS

IMAGE_KEYS = ("image", "imageName")
URL_KEYS = ("url", "uri")
IMAGE = re.compile(r"[\w-]+(\.[\w-]+)+/")
FROM = re.compile(r"^(?:FROM |ARG \w+=)(?!\w+$)([\w.-]+)/", re.MULTILINE)
# Where the images of a catalogue's operators are; the one operator of the community is Grafana's.
CATALOGUES = {
    "redhat-operators": ("registry.redhat.io",),
    "certified-operators": ("registry.connect.redhat.com",),
    "community-operators": (),
}
# Where the images of the framework's charts are, which the tests do not fetch.
FRAMEWORK_IMAGES = {
    "hashicorp-vault": ("registry.connect.redhat.com",),
    "openshift-external-secrets": (),
}
UBI_PACKAGES = "cdn-ubi.redhat.com"
# To where registries redirect, and from where signatures and tokens come, as they document it.
BEHIND = {
    "quay.io": ("*.quay.io",),
    "registry.access.redhat.com": ("access.redhat.com",),
    "docker.io": ("registry-1.docker.io", "auth.docker.io", "production.cloudflare.docker.com"),
    "ghcr.io": ("pkg-containers.githubusercontent.com",),
}


@cache
def used() -> dict[str, set[str]]:
    """Every host, and where it is named."""
    found: dict[str, set[str]] = defaultdict(set)
    for host, where in (*_charts(), *_containerfiles(), *_framework(), *_grafana()):
        found[host].add(where)
    for host, others in BEHIND.items():
        for other in others if host in found else ():
            found[other].add(host)
    return dict(found)


def _charts() -> Iterator[tuple[str, str]]:
    for chart in CHARTS:
        for size in SIZES:
            for manifest in manifests(chart, size):
                for host in _hosts(manifest):
                    yield host, f"charts/all/{chart}"


def _hosts(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if isinstance(value, str) and key in IMAGE_KEYS and IMAGE.match(value):
                yield value.split("/")[0]
            elif isinstance(value, str) and key in URL_KEYS and value.startswith("https://"):
                host = urlsplit(value).hostname or ""
                if not host.endswith((".svc", CLUSTER.domain, "example.org")):
                    yield host
            else:
                yield from _hosts(value)
    elif isinstance(node, list):
        for each in node:
            yield from _hosts(each)


def _containerfiles() -> Iterator[tuple[str, str]]:
    for file in REPOSITORY.glob("*/**/Containerfile"):
        name = str(file.relative_to(REPOSITORY))
        if name.startswith("."):
            continue
        text = file.read_text()
        yield from ((host, name) for host in FROM.findall(text))
        if "microdnf install" in text:
            yield UBI_PACKAGES, name
        if backend := re.search(r"TORCH_BACKEND=(\w+)", text):
            index = _index_of_pytorch(backend[1])
            yield index, name
            # its links lead to another host since 2025
            yield index.replace("download.", "download-r2.", 1), name


@cache
def _index_of_pytorch(backend: str) -> str:
    """Where uv looks for PyTorch's build; offline it only says so."""
    command = ("uv", "pip", "compile", "-", "--torch-backend", backend, "--offline", "--no-cache")
    program = REPOSITORY / ".venv/bin" / command[0]
    done = subprocess.run(
        [program, *command[1:], "--verbose"],
        input="torch",
        capture_output=True,
        text=True,
        check=False,
        env={key: value for key, value in os.environ.items() if not key.startswith("UV_")},
    )
    (url,) = set(re.findall(r"https://\S+(?=/torch/)", done.stderr))
    return urlsplit(url).hostname or ""


def _framework() -> Iterator[tuple[str, str]]:
    yield urlsplit(FRAMEWORK_CHARTS).hostname or "", "the framework's charts"
    for image in re.findall(r"quay\.io(?=/)", (REPOSITORY / "pattern.sh").read_text()):
        yield image, "pattern.sh"
    for host in re.findall(r"git clone https://([\w.]+)/", (REPOSITORY / "README.md").read_text()):
        yield host, "README.md"
    group = of_group()["clusterGroup"]
    for subscription in group["subscriptions"].values():
        for host in CATALOGUES[subscription.get("source", "redhat-operators")]:
            yield host, "values-hub.yaml"
    for application in group["applications"].values():
        for host in FRAMEWORK_IMAGES[application["chart"]] if "chart" in application else ():
            yield host, "values-hub.yaml"
    for host in re.findall(r'dict "([\w.]+\.com)"', (REPOSITORY / "values-hub.yaml").read_text()):
        yield host, "values-hub.yaml"


def _grafana() -> Iterator[tuple[str, str]]:
    """The images of the one operator of the community, and of what it runs."""
    constants = (MODULES / "grafana/controllers/config/operator_constants.go").read_text()
    deployment = (MODULES / "grafana/deploy/kustomize/base/deployment.yaml").read_text()
    images = re.findall(r'GrafanaImage\s*=\s*"([^"]+)"', constants)
    images += re.findall(r"image: (\S+)", deployment)
    assert len(images) == 2, images
    yield from ((image.split("/")[0], "Grafana's operator") for image in images)
