"""CustomResourceDefinitions are fetched from releases if no folder of them is given."""

import os
import subprocess
from pathlib import Path

from support.checkout import REPOSITORY


def build(folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [REPOSITORY / "tests/support/tools/build.sh", "definitions"],
        env={**os.environ, "RECSYS_GITOPS_BIN": str(folder / "bin"), **variables},
        capture_output=True,
        text=True,
        check=True,
    )


def test_missing_definitions_are_fetched_once_and_failures_are_reported(tmp_path: Path) -> None:
    (tmp_path / "published.yaml").write_text("kind: CustomResourceDefinition\n")
    releases = tmp_path / "releases.txt"
    releases.write_text(
        "# FILE URL\n"
        f"published.yaml file://{tmp_path}/published.yaml\n"
        f"withdrawn.yaml file://{tmp_path}/withdrawn.yaml\n"
    )
    variables = {"RECSYS_CRDS": str(tmp_path / "none"), "RECSYS_RELEASES": str(releases)}
    first = build(tmp_path, **variables)
    assert "published.yaml: fetched" in first.stdout
    assert "withdrawn.yaml cannot be fetched" in first.stderr
    found = {file.name for file in (tmp_path / "definitions").glob("*.yaml")}
    assert found == {"published.yaml"}
    assert "published.yaml" not in build(tmp_path, **variables).stdout


def test_nothing_is_fetched_if_a_folder_is_given(tmp_path: Path) -> None:
    (tmp_path / "given").mkdir()
    done = build(tmp_path, RECSYS_CRDS=str(tmp_path / "given"), RECSYS_RELEASES="/nothing")
    assert done.stderr == ""
