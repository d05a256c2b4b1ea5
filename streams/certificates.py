"""When Kafka's certificates are renewed, a process ends and its supervisor starts it again.

Kafka's clients read their certificates once, when they are created. A cluster renews the mounted
files weeks before the old certificates expire, so an orderly restart is early enough.
"""

import os
import signal
import threading
from pathlib import Path

import structlog

from streams.settings import KafkaSettings

log = structlog.get_logger()

_SECONDS_BETWEEN_READS = 10.0


def end_when_renewed(settings: KafkaSettings, *, every: float = _SECONDS_BETWEEN_READS) -> None:
    """Watch the files, and end this process by SIGTERM once one has changed."""
    files = (settings.kafka_ca_file, settings.kafka_certificate_file, settings.kafka_key_file)
    paths = [path for path in files if path]
    if paths:
        known = [path.read_bytes() for path in paths]
        threading.Thread(
            target=_watch, args=(paths, known, every), name="certificates", daemon=True
        ).start()


def _watch(paths: list[Path], known: list[bytes], every: float) -> None:
    pause = threading.Event()
    while not pause.wait(every):
        try:
            changed = [path.read_bytes() for path in paths] != known
        except OSError:
            continue  # while the files are being replaced
        if changed:
            log.info("Kafka's certificates were renewed; ending, to be started with the new ones")
            os.kill(os.getpid(), signal.SIGTERM)
            return
