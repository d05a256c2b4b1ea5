"""Connect's image: against the laptop's sink, the operator in operators.lock, and the charts."""

import hashlib
import os
import re
import subprocess
import tarfile
from collections.abc import Callable
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import pytest
from jgo.maven import MavenContext

from apps.local.distribution import _PLUGIN as PLUGIN
from apps.local.distribution import Distribution
from support.checkout import REPOSITORY
from support.lab.lock import operators
from support.pattern.charts import manifests
from support.pattern.clustergroup import Manifest
from support.pattern.containerfile import Containerfile
from support.pattern.values import read

FILE = Containerfile.of("connect")
MAVEN = """#!/bin/sh
echo "$MAVEN_OPTS|$*" >>"$CALLS"
case "$*" in *:copy*) cp "$ARCHIVE" debezium-connector-jdbc.tar.gz ;; esac
"""
"""Instead of Maven, which not every machine has: it brings the archive, and unpacks nothing."""
Build = Callable[..., tuple[int, list[str]]]


@pytest.fixture(scope="module")
def archive() -> Path:
    return PLUGIN.fetch(MavenContext(timeout=60))


@pytest.fixture
def build(tmp_path: Path, archive: Path) -> Build:
    """The builder's command, with the exit status and the calls of Maven."""
    (tmp_path / "mvn").write_text(MAVEN)
    (tmp_path / "mvn").chmod(0o755)

    def run(**settings: str) -> tuple[int, list[str]]:
        [command] = [words for word, words in FILE.instructions if word == "RUN"]
        calls = tmp_path / "calls"
        environment = {
            **FILE.settings,
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "ARCHIVE": str(archive),
            "CALLS": str(calls),
            **settings,
        }
        done = subprocess.run(
            ["/bin/sh", "-c", command], cwd=tmp_path, env=environment, check=False
        )
        return done.returncode, calls.read_text().splitlines()

    return run


def test_the_base_is_the_operators_image_of_the_kafka_that_it_runs() -> None:
    operator = operators()["kafka"]
    [version] = re.findall(r"v(\d+\.\d+\.\d+)-\d+$", operator["csv"])
    kafka = "".join(operator["kafka"].split(".")[:2])
    connect = read("values-global.yaml")["global"]["connect"]
    assert connect["base"] == f"registry.redhat.io/amq-streams/kafka-{kafka}-rhel9:{version}"
    assert connect["version"] == operator["kafka"]
    assert FILE.settings["KAFKA_IMAGE"] == connect["base"]


def test_it_is_built_from_pinned_images_of_red_hat() -> None:
    builder, base = FILE.bases
    assert re.fullmatch(r"registry\.access\.redhat\.com/ubi9/openjdk-21:1\.\d+", builder)
    assert base == "${KAFKA_IMAGE}"


def test_it_has_the_plugin_and_runs_as_the_user_of_kafka() -> None:
    """As Red Hat documents it for an image of Connect."""
    assert FILE.runtime[1:] == [
        ("USER", "root:root"),
        ("COPY", "--from=builder /build/plugins/ /opt/kafka/plugins/"),
        ("USER", "1001"),
    ]


def test_the_plugin_is_the_laptops(archive: Path) -> None:
    coordinates = (PLUGIN.group, PLUGIN.name, PLUGIN.version, PLUGIN.packaging, PLUGIN.classifier)
    assert FILE.settings["PLUGIN"] == ":".join(coordinates)
    assert FILE.settings["SHA512"] == hashlib.sha512(archive.read_bytes()).hexdigest()


def test_its_jars_are_the_laptops(archive: Path, tmp_path: Path) -> None:
    patterns = [each.removeprefix("**/") for each in FILE.settings["NOT_NEEDED"].split(",")]
    with tarfile.open(archive) as tar:
        names = [Path(each).name for each in tar.getnames() if each.endswith(".jar")]
    kept = {name for name in names if not any(fnmatch(name, each) for each in patterns)}
    laptop = Distribution(tmp_path)
    laptop._unpack(archive)
    assert kept == {jar.name for jar in laptop.plugins.rglob("*.jar")}
    assert len(kept) < len(names)


def test_the_archive_is_unpacked_once_its_sum_is_checked(build: Build) -> None:
    status, calls = build()
    assert status == 0
    copied, unpacked = calls
    assert f"{FILE.settings['MAVEN_DEPENDENCY']}:copy" in copied
    assert f"--offline {FILE.settings['MAVEN_DEPENDENCY']}:unpack" in unpacked
    for call in calls:
        assert call.startswith("|--batch-mode ")
        assert f"-Dartifact={FILE.settings['PLUGIN']}" in call
        assert "--settings" not in call


def test_another_archive_ends_the_build(build: Build, tmp_path: Path) -> None:
    (tmp_path / "other.tar.gz").write_bytes(b"other")
    status, calls = build(ARCHIVE=str(tmp_path / "other.tar.gz"))
    assert status != 0
    assert len(calls) == 1


@pytest.mark.parametrize("proxy", ["http://proxy.example.com:3128", "proxy.example.com:3128/"])
def test_maven_gets_settings_and_the_clusters_proxy(build: Build, proxy: str) -> None:
    status, calls = build(HTTPS_PROXY=proxy, MAVEN_SETTINGS="/run/maven/settings.xml")
    assert status == 0
    options = "-Dhttps.proxyHost=proxy.example.com -Dhttps.proxyPort=3128"
    for call in calls:
        assert call.startswith(f"{options}|")
        assert "--settings /run/maven/settings.xml" in call


def of_kind(chart: str, kind: str) -> dict[str, Manifest]:
    found = [each for each in manifests(chart, "demo") if each["kind"] == kind]
    labels = (each["metadata"]["labels"] for each in found)
    names = (each.get("app.kubernetes.io/component", kind) for each in labels)
    return dict(zip(names, found, strict=True))


def test_the_charts_name_the_same_image() -> None:
    config = of_kind("images", "BuildConfig")["connect"]["spec"]
    stream = of_kind("images", "ImageStream")["connect"]["metadata"]
    [worker] = of_kind("connect", "KafkaConnect").values()
    built: dict[str, Any] = config["output"]["to"]
    assert worker["spec"]["image"] == built["name"]
    assert f"{stream['name']}:{stream['labels']['app.kubernetes.io/version']}" == built["name"]


def test_every_built_image_has_a_containerfile_with_its_build_arguments() -> None:
    for config in of_kind("images", "BuildConfig").values():
        strategy = config["spec"]["strategy"]["dockerStrategy"]
        text = (REPOSITORY / strategy["dockerfilePath"]).read_text()
        for argument in strategy.get("buildArgs", ()):
            assert re.search(rf"^ARG {argument['name']}\b", text, re.MULTILINE)
