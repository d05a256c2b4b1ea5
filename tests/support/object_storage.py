"""A real S3 server, versitygw, on loopback and in a folder.

`tests/support/tools/build.sh versitygw` builds it.
"""

import os
import subprocess
import time
from pathlib import Path

import httpx

from ml.settings import MlSettings
from support.lab.places import BIN
from support.laptop import free_ports

BUCKET = "shop"
_ACCESS_KEY = "access-key"
_SECRET_KEY = "secret-key-of-the-tests"
_START_SECONDS = 30.0


class ObjectStorage:
    """A server with one bucket. It can be stopped and started again, with all that it holds."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_ports(1)[0]
        self._process: subprocess.Popen[bytes] | None = None
        for each in ("objects", "metadata"):
            (folder / each).mkdir()
        (folder / "objects" / BUCKET).mkdir()
        (folder / "access-key").write_text(_ACCESS_KEY)
        (folder / "secret-key").write_text(f"{_SECRET_KEY}\n")

    @property
    def objects(self) -> Path:
        """Folder of the bucket's objects, each a file."""
        return self._folder / "objects" / BUCKET

    def settings(self, settings: MlSettings, **changes: Path) -> MlSettings:
        """The same settings with the artifacts in the bucket."""
        return MlSettings.model_validate(
            settings.model_dump()
            | {
                "artifacts_url": f"s3://{BUCKET}/models",
                "artifacts_endpoint": f"http://127.0.0.1:{self._port}",
                "artifacts_access_key_file": self._folder / "access-key",
                "artifacts_secret_key_file": self._folder / "secret-key",
            }
            | changes
        )

    def start(self) -> None:
        """Start it, and wait until it answers."""
        arguments = ["--port", f"127.0.0.1:{self._port}", "--health", "/health"]
        folders = [str(self._folder / each) for each in ("metadata", "objects")]
        arguments += ["posix", "--sidecar", *folders]
        keys = {"ROOT_ACCESS_KEY": _ACCESS_KEY, "ROOT_SECRET_KEY": _SECRET_KEY}
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [BIN / "versitygw", *arguments],
                env={**os.environ, **keys}, stdout=log, stderr=log,
            )  # fmt: skip
        deadline = time.monotonic() + _START_SECONDS
        while not self._answers():
            assert time.monotonic() < deadline, (self._folder / "log").read_text()
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill it."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        try:
            return httpx.get(f"http://127.0.0.1:{self._port}/health", timeout=1).is_success
        except httpx.TransportError:
            return False
