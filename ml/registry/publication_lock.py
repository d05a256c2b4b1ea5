"""The lock of publications: one at a time, on whatever machine.

A session-level advisory lock of PostgreSQL, so it ends with its process, however that ends.
"""

import getpass
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from streams.errors import ModelError

_LOCK = 0x7075626C697368  # "publish" in ASCII
_OWNER = """
select a.application_name, a.backend_start from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and l.objsubid = 1
and l.classid = (%(lock)s::bigint >> 32)::oid and l.objid = (%(lock)s::bigint & 4294967295)::oid
"""
_PATIENCE = "2s"
"""A session that has just ended, or was killed, holds its lock until PostgreSQL notices."""
_NAME_BYTES = 63
"""Of an application's name, which PostgreSQL cuts off behind them."""


def owner() -> str:
    """Who this process is: user, machine and process."""
    try:
        user = getpass.getuser()
    except (KeyError, OSError):  # a container's user has no name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}:{os.getpid()}"


@contextmanager
def one_at_a_time(database_url: str) -> Iterator[None]:
    """Hold the lock inside the block.

    Raises:
        ModelError: another publication is in progress; the message names its owner.
    """
    name = owner()[:_NAME_BYTES]
    with psycopg.connect(database_url, autocommit=True, application_name=name) as connection:
        connection.execute("select set_config('lock_timeout', %s, false)", [_PATIENCE])
        try:
            connection.execute("select pg_advisory_lock(%s)", [_LOCK])
        except psycopg.errors.LockNotAvailable:
            other = connection.execute(_OWNER, {"lock": _LOCK}).fetchone()
            told = f" by {other[0]} since {other[1]:%Y-%m-%d %H:%M:%S %Z}" if other else ""
            raise ModelError(f"another publication is in progress{told}") from None
        yield
