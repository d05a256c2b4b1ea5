"""The encoder as a process of its own, as `make demo` runs it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from ml.settings import MlSettings
from support.laptop import free_ports


@contextmanager
def running_encoder(
    settings: MlSettings, folder: Path, port: int | None = None, **variables: str
) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Its address and the process, in a session of its own; it may be killed inside the block."""
    port = port or free_ports(1)[0]
    environment = {
        "RECSYS_DATABASE_URL": settings.database_url,
        "RECSYS_MODELS_DIR": str(folder / "encoder-models"),
        "RECSYS_ENCODER_PORT": str(port),
        "RECSYS_ENCODER_INTERVAL": "PT0.5S",
        **variables,
    }
    with (folder / "encoder.log").open("ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "apps.encoder"],
            env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
    try:
        yield f"http://127.0.0.1:{port}", process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def status(url: str) -> int:
    """The status that an address answers; 0 if nobody does."""
    try:
        return httpx.get(url).status_code
    except httpx.TransportError:
        return 0
