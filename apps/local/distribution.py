"""Apache Kafka, Connect and the JDBC sink: fetched by explicit coordinates, checked by SHA-256.

jgo downloads single artifacts into the usual Maven cache; it resolves nothing, because what a
resolver would pick (older kafka-clients) breaks the broker.
"""

import fcntl
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jgo.maven import MavenContext

from streams.errors import UnavailableError

_JARS = Path(__file__).with_name("jars.txt")
_PLUGIN_DIR = "debezium-connector-jdbc"
# Drivers of other databases, and jars that the Connect worker brings itself.
_NOT_NEEDED = (
    "ojdbc",
    "mysql-",
    "mariadb-",
    "mssql-",
    "kafka-clients-",
    "connect-api-",
    "zstd-jni-",
    "lz4-java-",
    "snappy-java-",
    "slf4j-api-",
)
_ATTEMPTS = 3

Progress = Callable[[int, int], None]
"""Called with the number of files that are there and the number of all."""


@dataclass(frozen=True, slots=True)
class _Artifact:
    group: str
    name: str
    version: str
    sha256: str
    classifier: str = ""
    packaging: str = "jar"

    def fetch(self, context: MavenContext) -> Path:
        component = context.project(self.group, self.name).at_version(self.version)
        artifact = component.artifact(self.classifier, self.packaging)
        for _ in range(_ATTEMPTS):
            try:
                path = Path(artifact.resolve())
            except (OSError, RuntimeError) as error:
                reason = str(error)
                continue
            with path.open("rb") as file:
                if hashlib.file_digest(file, "sha256").hexdigest() == self.sha256:
                    return path
            reason = "its SHA-256 is not the expected one"
            path.unlink()
        raise UnavailableError(
            f"{self.group}:{self.name}:{self.version} could not be fetched: {reason}"
        )


_PLUGIN = _Artifact(
    "io.debezium",
    "debezium-connector-jdbc",
    "3.6.0.Final",
    "c23af8d416f0f801ffb0271b1a8fd9b5360ff8d66b0dd650e066bb56ecfddc05",
    classifier="plugin",
    packaging="tar.gz",
)


@dataclass(frozen=True, slots=True)
class Distribution:
    """A folder with `libs` (broker, tools, Connect) and `plugins` (the JDBC sink)."""

    folder: Path

    @property
    def classpath(self) -> str:
        """Java's classpath; the asterisk is Java's, no shell may expand it."""
        return f"{self.folder / 'libs'}/*"

    @property
    def plugins(self) -> Path:
        """Connect's plugin.path."""
        return self.folder / "plugins"

    def install(self, progress: Progress) -> None:
        """Fetch what is not there yet; of several at once, one does and the others wait.

        Raises:
            UnavailableError: naming the artifact that cannot be had.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._install(progress)

    def _install(self, progress: Progress) -> None:
        marker = self.folder / "complete"
        wanted = hashlib.sha256(_JARS.read_bytes() + _PLUGIN.sha256.encode()).hexdigest()
        if marker.exists() and marker.read_text() == wanted:
            return
        artifacts = [*_listed(), _PLUGIN]
        context = MavenContext(timeout=60)
        paths: dict[_Artifact, Path] = {}
        with ThreadPoolExecutor(8) as workers:
            for artifact, path in zip(
                artifacts, workers.map(lambda each: each.fetch(context), artifacts), strict=True
            ):
                paths[artifact] = path
                progress(len(paths), len(artifacts))
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "libs").mkdir(parents=True)
        plugin = paths.pop(_PLUGIN)
        for path in paths.values():
            shutil.copyfile(path, self.folder / "libs" / path.name)
        self._unpack(plugin)
        marker.write_text(wanted)

    def _unpack(self, archive: Path) -> None:
        target = self.plugins / _PLUGIN_DIR
        target.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            with tarfile.open(archive) as tar:
                tar.extractall(scratch, filter="data")
            for jar in Path(scratch).rglob("*.jar"):
                if not jar.name.startswith(_NOT_NEEDED):
                    jar.rename(target / jar.name)


def _listed() -> list[_Artifact]:
    lines = [line.split() for line in _JARS.read_text().splitlines() if not line.startswith("#")]
    artifacts = []
    for sha256, coordinates in lines:
        group, name, version = coordinates.split(":")
        artifacts.append(_Artifact(group, name, version, sha256))
    return artifacts
