import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ml.registry.artifacts import ArtifactStore
from ml.registry.registration import alias_of, digest
from ml.registry.repository import Live, ModelVersion
from ml.settings import MlSettings

LIVE = Live("20261102", "20261101", datetime(2026, 11, 2, tzinfo=UTC))
REJECTED = {"promoted": False, "reason": "worse"}


@pytest.mark.parametrize(
    ("version", "live", "alias"),
    [
        (ModelVersion("20261102"), LIVE, "champion"),
        (ModelVersion("20261102", decision=REJECTED), LIVE, "champion"),
        (ModelVersion("20261101"), LIVE, "previous"),
        (ModelVersion("20261103"), LIVE, "candidate"),
        (ModelVersion("20261103", decision={"promoted": True, "reason": ""}), LIVE, "candidate"),
        (ModelVersion("20261103", decision=REJECTED), LIVE, "rejected"),
        (ModelVersion("20261031"), LIVE, "none"),
        (ModelVersion("20261101"), None, "candidate"),
    ],
)
def test_an_alias_says_what_a_version_is_to_the_shop(
    version: ModelVersion, live: Live | None, alias: str
) -> None:
    assert alias_of(version, live) == alias


def test_the_digest_of_files_is_that_of_the_lines_of_sha256sum(tmp_path: Path) -> None:
    folder = tmp_path / "files"
    (folder / "card").mkdir(parents=True)
    for name in ("weights.bin", "bundle.json", "card/README.md"):
        (folder / name).write_text(name)
    settings = MlSettings(database_url="postgresql://nowhere", models_dir=tmp_path / "models")
    manifest = ArtifactStore.of(settings).write("v", folder)
    command = (
        "export LC_ALL=C; find * -type f | sort | xargs sha256sum | sha256sum | cut -d ' ' -f 1"
    )
    expected = subprocess.run(
        ["bash", "-c", command], cwd=folder, check=True, capture_output=True, text=True
    ).stdout.strip()
    assert digest(manifest) == expected
