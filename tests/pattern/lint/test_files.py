"""Scripts and YAML files outside of the charts' templates, and what no file may name."""

import re
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from jgo.maven import MavenContext

from support.checkout import REPOSITORY
from support.pattern.charts import checked

REGISTRIES = {
    "4db460c55b85212e",
    "789e46d79514e280",
    "c899567ee9068517",
    "0b9986021bbfc84a",
    "00a7dc5a0cc38858",
    "a4aa2ac280bb8d1a",
    "0dc11026ac75c015",
    "70bb4000cd2fab03",
    "317d2d52829b7812",
    "43c04ed1dabe979b",
    "7b5d2e584531d784",
    "71741fe2460a6150",
    "9da5f32d96412512",
}
"""The hosts of the registries of Maven, Python, Conda, npm, Ruby, Rust and Go: each one's SHA-256
(16 of its digits), because this file is searched as well."""


def tracked(*patterns: str) -> list[str]:
    """Files of the working tree that git does not ignore."""
    listed = checked("git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns)
    return [line for line in listed.splitlines() if Path(line).is_file()]


def test_shell(shellcheck: str) -> None:
    scripts = [
        file
        for file in tracked()
        if file.endswith(".sh")
        or (Path(file).suffix == "" and Path(file).read_bytes().startswith(b"#!/usr/bin/env bash"))
    ]
    assert "pattern.sh" in scripts
    checked(shellcheck, *scripts)


def test_yaml() -> None:
    files = tracked("*.yaml", "*.yml", "values-secret.yaml.template")
    assert "values-hub.yaml" in files
    checked("yamllint", "--strict", *files)


def registries_in(text: str) -> list[str]:
    """The hosts of package registries, and those below them, that a text names."""
    hosts = set(re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", text.lower()))
    return sorted(host for host in hosts if is_registry(host))


def is_registry(host: str) -> bool:
    """Whether it is one, or below one."""
    labels = host.split(".")
    domains = (".".join(labels[first:]) for first in range(len(labels) - 1))
    return any(sha256(domain.encode()).hexdigest()[:16] in REGISTRIES for domain in domains)


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """Every package manager knows its registry; who has a mirror sets it where he builds."""
    found = {
        file: registries_in((REPOSITORY / file).read_text(errors="ignore")) for file in tracked()
    }
    assert {file: hosts for file, hosts in found.items() if hosts} == {}


def test_a_registry_is_found_in_an_address() -> None:
    (address,) = MavenContext().remote_repos.values()
    registry = urlsplit(address).hostname
    assert registries_in(f"url: {address.upper()}:443/a/b.tar.gz") == [registry]
    assert registries_in(f"index.{registry}") == [f"index.{registry}"]
    assert registries_in(f"not-a-{registry}.example {registry}.example") == []
