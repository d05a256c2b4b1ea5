"""Scripts and YAML files outside of the charts' templates, and what no file may name."""

import re
from pathlib import Path

import pytest

from support.checkout import REPOSITORY
from support.pattern.charts import checked

REGISTRIES = {
    ".".join(labels)
    for labels in (
        *(("repo", "maven", "apache", "org"), ("repo1", "maven", "org")),
        *(("maven", "repository", "redhat", "com"), ("repository", "jboss", "org")),
        *(("pypi", "org"), ("files", "pythonhosted", "org"), ("conda", "anaconda", "org")),
        *(("registry", "npmjs", "org"), ("registry", "yarnpkg", "com"), ("rubygems", "org")),
        *(("crates", "io"), ("proxy", "golang", "org"), ("sum", "golang", "org")),
    )
}
"""Hosts of package registries; in parts, because this file is searched as well."""


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
    hosts = re.findall(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", text.lower())
    return [host for host in hosts if any(f".{host}".endswith(f".{r}") for r in REGISTRIES)]


def test_no_file_names_the_host_of_a_package_registry() -> None:
    """Every package manager knows its registry; who has a mirror sets it where he builds."""
    found = {
        file: registries_in((REPOSITORY / file).read_text(errors="ignore")) for file in tracked()
    }
    assert {file: hosts for file, hosts in found.items() if hosts} == {}


@pytest.mark.parametrize("registry", sorted(REGISTRIES))
def test_a_registry_is_found_in_an_address(registry: str) -> None:
    assert registries_in(f"url: https://{registry.upper()}:443/a/b.tar.gz") == [registry]
    assert registries_in(f"index.{registry}") == [f"index.{registry}"]
    assert registries_in(f"not{registry} {registry}.example") == []
