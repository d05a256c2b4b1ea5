import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pytest

from ml.registry import bundles, repository
from ml.registry.artifacts import ArtifactStore
from ml.registry.repository import ModelVersion
from ml.settings import MlSettings
from streams.errors import ModelError

pytestmark = pytest.mark.integration

FETCH = """
import resource, sys
from functools import partial
from pathlib import Path
import psycopg
from ml.registry import bundles
from ml.settings import MlSettings

url, version, models_dir = sys.argv[1:]
psycopg.connect(url).close()
settings = MlSettings(database_url=url, models_dir=Path(models_dir))
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(bundles.folder_of(version, settings, partial(psycopg.connect, url), "card", "twin"))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
"""Prints the folder, then by how many KiB the process grew."""


@pytest.fixture
def published(tmp_path: Path) -> Path:
    """A version's folder: small, empty, nested and large files."""
    folder = tmp_path / "published"
    (folder / "card").mkdir(parents=True)
    (folder / "bundle.json").write_text('{"version": "v1"}')
    (folder / "card" / "README.md").write_text("# Größe ✓")
    (folder / "card" / "empty.svg").touch()
    (folder / "weights.safetensors").write_bytes(os.urandom(11 << 20))
    return folder


def _store(settings: MlSettings, version: str, folder: Path) -> None:
    manifest = ArtifactStore.of(settings).write(version, folder)
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion(version))
        repository.write_manifest(connection, version, manifest)
        repository.mark_published(connection, version)


def _fetch(settings: MlSettings, version: str, *attached: str) -> Path:
    return bundles.folder_of(
        version, settings, partial(psycopg.connect, settings.database_url), *attached
    )


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def _stored(settings: MlSettings, version: str) -> Path:
    return Path(settings.artifacts.removeprefix("file://")) / version


def test_a_missing_folder_is_fetched_as_it_was_published(
    settings: MlSettings, published: Path
) -> None:
    _store(settings, "v1", published)
    _store(settings, "v1", published)

    fetched = _fetch(settings, "v1", "card", "twin")

    assert fetched == settings.models_dir / "v1"
    assert _files(fetched) == _files(published)


def test_a_reader_fetches_only_what_it_asks_for(settings: MlSettings, published: Path) -> None:
    _store(settings, "v1", published)

    served = _fetch(settings, "v1")

    assert set(_files(served)) == {"bundle.json", "weights.safetensors"}
    assert set(_files(_fetch(settings, "v1", "card"))) == set(_files(published))


def test_a_folder_that_is_there_needs_no_database(tmp_path: Path) -> None:
    (tmp_path / "v1").mkdir()
    unavailable = "postgresql://nobody@127.0.0.1:1/none"
    settings = MlSettings(database_url=unavailable, models_dir=tmp_path)
    assert _fetch(settings, "v1") == tmp_path / "v1"


def test_processes_that_fetch_at_once_all_find_it_whole_and_stay_small(
    settings: MlSettings, published: Path
) -> None:
    weights = published / "weights.safetensors"
    with weights.open("ab") as file:
        file.truncate(200 << 20)
    _store(settings, "v1", published)
    arguments = [settings.database_url, "v1", str(settings.models_dir)]

    racing = [
        subprocess.Popen(
            [sys.executable, "-c", FETCH, *arguments], stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]

    for process in racing:
        folder, grown = process.communicate(timeout=120)[0].splitlines()
        assert process.returncode == 0
        assert folder == str(settings.models_dir / "v1")
        assert int(grown) < 100 << 10, "a process holds some blocks, not all 200 MiB"
    assert [path.name for path in settings.models_dir.iterdir()] == ["v1"]
    assert _files(settings.models_dir / "v1") == _files(published)


def test_a_version_without_files_is_refused_and_leaves_nothing(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion("bare"))
    for version in ("bare", "unknown"):
        with pytest.raises(ModelError, match=f"does not hold the files of version {version}"):
            _fetch(settings, version)
    assert list(settings.models_dir.iterdir()) == []


@pytest.mark.parametrize(
    ("damage", "expected"),
    [
        (Path.unlink, "v1/weights.safetensors is missing"),
        (lambda path: path.write_bytes(b"other"), "v1/weights.safetensors is damaged"),
        (lambda path: os.truncate(path, 99), "v1/weights.safetensors is damaged"),
    ],
    ids=["missing", "other", "cut"],
)
def test_a_damaged_file_is_named_and_leaves_nothing(
    settings: MlSettings, published: Path, damage: Callable[[Path], object], expected: str
) -> None:
    _store(settings, "v1", published)
    damage(_stored(settings, "v1") / "weights.safetensors")
    with pytest.raises(ModelError, match=expected):
        _fetch(settings, "v1")
    assert list(settings.models_dir.iterdir()) == []


def test_a_damaged_attachment_leaves_the_bundle_as_it_is(
    settings: MlSettings, published: Path
) -> None:
    _store(settings, "v1", published)
    (_stored(settings, "v1") / "card" / "README.md").write_text("other")
    with pytest.raises(ModelError, match=r"v1/card/README\.md is damaged"):
        _fetch(settings, "v1", "card")
    assert set(_files(settings.models_dir)) == {"v1/bundle.json", "v1/weights.safetensors"}


def test_a_file_outside_of_its_folder_is_not_written(
    settings: MlSettings, published: Path, tmp_path: Path
) -> None:
    manifest = ArtifactStore.of(settings).write("v1", published)
    escaping = {"../../escaped": manifest["bundle.json"]}
    with pytest.raises(ModelError, match="must lie in its folder"):
        ArtifactStore.of(settings).read("v1", escaping, tmp_path / "a" / "b")
    assert not (tmp_path / "escaped").exists()


def test_the_store_names_and_removes_what_lies_in_it(settings: MlSettings, published: Path) -> None:
    store = ArtifactStore.of(settings)
    assert store.versions() == []
    for version in ("v1", "v2"):
        _store(settings, version, published)
    assert store.versions() == ["v1", "v2"]
    store.remove("v1")
    assert store.versions() == ["v2"]
    shutil.rmtree(settings.models_dir, ignore_errors=True)
    with pytest.raises(ModelError, match=r"v1/bundle\.json is missing"):
        _fetch(settings, "v1")


def test_a_version_of_a_release_that_kept_files_in_postgresql_is_still_read(
    settings: MlSettings, published: Path
) -> None:
    (published / "weights.safetensors").write_bytes(b"abcdefgh")
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion("v1"))
        for path, content in _files(published).items():
            for part, piece in enumerate((content[:3], content[3:])):
                connection.execute(
                    "insert into ml.bundle_parts values ('v1', %s, %s, %s)", (path, part, piece)
                )
    assert _files(_fetch(settings, "v1", "twin")) == _files(published)


def test_pruning_takes_what_a_process_left_that_was_killed_while_it_filled_a_folder(
    tmp_path: Path,
) -> None:
    program = """
import os, signal, sys
from pathlib import Path
from ml.registry import bundles

def fill(folder):
    (folder / "weights.safetensors").write_bytes(bytes(100))
    os.kill(os.getpid(), signal.SIGKILL)

bundles.place("v1", Path(sys.argv[1]), fill)
"""
    subprocess.run([sys.executable, "-c", program, str(tmp_path)], check=False, timeout=60)
    (left,) = tmp_path.iterdir()
    bundles.prune(tmp_path, set())
    assert left.is_dir()
    os.utime(left, (0, 0))
    bundles.prune(tmp_path, set())
    assert not list(tmp_path.iterdir())


def test_pruning_takes_old_bundles_of_deleted_versions_alone(tmp_path: Path) -> None:
    for name in ("kept", "deleted", "young"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bundle.json").touch()
    (tmp_path / "something-else").mkdir()
    (tmp_path / "some-file").touch()
    for path in tmp_path.iterdir():
        if path.name != "young":
            os.utime(path, (0, 0))

    bundles.prune(tmp_path, {"kept"})

    left = {path.name for path in tmp_path.iterdir()}
    assert left == {"kept", "young", "something-else", "some-file"}
    bundles.prune(tmp_path / "not-there", {"kept"})
