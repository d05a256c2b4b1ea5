"""A shop under gunicorn, in processes of its own that a test may kill."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from streams.settings import KafkaSettings
from support.laptop import free_ports

_START_SECONDS = 90
_SECRET_KEY = "0123456789abcdef0123456789abcdef"


@contextmanager
def gunicorn(
    database_url: str, kafka: KafkaSettings, folder: Path, *, workers: int = 1
) -> Iterator[tuple[str, Any]]:
    """The shop's address, and its first process; both are gone at the end."""
    address = f"127.0.0.1:{free_ports(1)[0]}"
    log = folder / "shop.log"
    environment = {
        "RECSYS_DATABASE_URL": database_url,
        "RECSYS_KAFKA_BOOTSTRAP_SERVERS": kafka.kafka_bootstrap_servers,
        "RECSYS_MODELS_DIR": str(folder / "models"),
        "RECSYS_SECRET_KEY": _SECRET_KEY,
        "RECSYS_SESSION_COOKIE_SECURE": "false",
        "RECSYS_SIGN_UP_LIMIT": "1000 per minute",
        "OMP_NUM_THREADS": "1",
    }
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", "--bind", address, "--workers", str(workers),
             "--worker-class", "apps.storefront.worker.KeptConnectionWorker",
             "--threads", "8", "--no-control-socket", "apps.storefront.wsgi:app"],
            env={**os.environ, **environment}, stdout=output, stderr=output,
            start_new_session=True,
        )  # fmt: skip
    try:
        _wait_until_ready(f"http://{address}/health/ready", process, log)
        yield f"http://{address}", process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def kill(process: Any) -> None:
    """End all its processes at once."""
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _wait_until_ready(url: str, process: Any, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.HTTPError:
            pass
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)
