"""A database as a cluster has it: the platform makes the roles, the database and the extension.

The owner is no superuser. The server is thrown away after the tests, and the roles with it.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg import sql
from sqlalchemy import make_url

from apps.migrations.grants import ROLES
from apps.migrations.upgrade import upgrade
from ml.features.apply import apply
from ml.settings import MlSettings

OWNER = "recsys"
DATABASE = "cluster"
UrlOf = Callable[[str], str]
"""The database's address for a role."""


def prepared(server_url: str, folder: Path) -> UrlOf:
    """A new database, migrated and with Feast's definitions, each step done twice."""

    def url_of(role: str) -> str:
        made = make_url(server_url).set(username=role, password=role, database=DATABASE)
        return made.render_as_string(hide_password=False)

    with psycopg.connect(server_url, autocommit=True) as connection:
        _make_role(connection, OWNER)
        connection.execute(
            sql.SQL("create database {} owner {}").format(
                sql.Identifier(DATABASE), sql.Identifier(OWNER)
            )
        )
        admin = make_url(server_url).set(database=DATABASE).render_as_string(hide_password=False)
        with psycopg.connect(admin, autocommit=True) as inside:
            inside.execute("create extension vector")
        too_early = run("apps.migrations", url_of(OWNER), folder)
        assert too_early.returncode == 1
        assert (
            "lacks the roles analyst, connect, pipeline, processor, storefront" in too_early.stderr
        )
        for role in sorted(ROLES):
            _make_role(connection, role)
    for module in ("apps.migrations", "ml.features"):
        done = run(module, url_of(OWNER), folder)
        assert done.returncode == 0, done.stderr
    upgrade(url_of(OWNER), roles_needed=True)
    apply(MlSettings(database_url=url_of(OWNER), models_dir=folder))
    return url_of


def run(module: str, database_url: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A command of a cluster's job."""
    environment = {
        **os.environ,
        "RECSYS_DATABASE_URL": database_url,
        "RECSYS_MODELS_DIR": str(folder / "models"),
    }
    return subprocess.run(
        [sys.executable, "-m", module], env=environment, capture_output=True, text=True, check=False
    )


def _make_role(connection: psycopg.Connection, name: str) -> None:
    connection.execute(
        sql.SQL("create role {} login password {}").format(sql.Identifier(name), sql.Literal(name))
    )
