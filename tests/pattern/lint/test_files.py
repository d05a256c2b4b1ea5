"""Scripts and YAML files outside of the charts' templates."""

from pathlib import Path

from support.pattern.charts import checked


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
