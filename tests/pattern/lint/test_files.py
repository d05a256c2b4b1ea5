"""Shell and YAML outside of the charts' templates."""

import re
from pathlib import Path

from support.pattern.charts import checked, manifests


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


def test_every_alert_has_its_paragraph() -> None:
    """Alerts link to docs/troubleshooting.md#name, GitHub's anchor of the heading."""
    headings = re.findall(r"(?m)^#+ (.*)$", Path("docs/troubleshooting.md").read_text())
    anchors = {re.sub(r"[^\w-]", "", heading.lower().replace(" ", "-")) for heading in headings}
    links = {
        rule["annotations"]["runbook_url"]
        for manifest in manifests("monitoring", "production")
        if manifest["kind"] == "PrometheusRule"
        for group in manifest["spec"]["groups"]
        for rule in group["rules"]
        if "alert" in rule
    }
    assert links
    page = "https://git.example.org/somebody/fork/blob/a-branch/docs/troubleshooting.md"
    assert {link.partition("#")[0] for link in links} == {page}
    assert {link.partition("#")[2] for link in links} <= anchors


def test_links_between_pages_lead_somewhere() -> None:
    for page in [*Path("docs").glob("*.md"), Path("README.md"), *Path("overrides").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+\.md)[^)]*\)", page.read_text()):
            if "://" not in target:
                assert (page.parent / target).is_file(), f"{page}: {target}"
