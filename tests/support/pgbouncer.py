"""PgBouncer in transaction mode, as the cluster's pooler is, before a database of the tests."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import make_url

from support.programs import installed

SERVERS = 2
"""Connections to PostgreSQL: fewer than the clients', so that clients change theirs."""


@contextmanager
def pgbouncer(database_url: str, folder: Path) -> Iterator[str]:
    """The address of a pooler that connects to the database as the address says."""
    server = make_url(database_url)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    target = (
        f"host={server.host} port={server.port} dbname={server.database} user={server.username}"
    )
    settings = folder / "pgbouncer.ini"
    settings.write_text(
        f"[databases]\npooled = {target} password={server.password}\n"
        f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
        f"auth_type = any\npool_mode = transaction\ndefault_pool_size = {SERVERS}\n"
    )
    as_user = ["--user=nobody"] if os.geteuid() == 0 else []
    with (folder / "pgbouncer.log").open("wb") as log:
        process = subprocess.Popen(
            [installed("pgbouncer"), *as_user, settings], stdout=log, stderr=log
        )
    try:
        deadline = time.monotonic() + 10
        while not _answers(port):
            assert process.poll() is None, (folder / "pgbouncer.log").read_text()
            assert time.monotonic() < deadline, (folder / "pgbouncer.log").read_text()
            time.sleep(0.05)
        pooled = server.set(host="127.0.0.1", port=port, database="pooled")
        yield pooled.render_as_string(hide_password=False)
    finally:
        process.terminate()
        process.wait(10)


def _answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0
