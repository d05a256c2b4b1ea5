"""Brings a database to the newest revision; running it again changes nothing."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, make_url, text

from apps.migrations.grants import grant, missing_roles
from streams.errors import UnavailableError

_NEWEST = "head"
_LOCK = 0x6D696772617465  # "migrate" in ASCII: one upgrade at a time


def upgrade(database_url: str, *, to: str = _NEWEST, roles_needed: bool = False) -> None:
    """Apply every migration that `database_url` (postgresql://…) still lacks, and all grants.

    Both in one transaction, so that nobody finds tables that they may not use yet.

    Args:
        database_url: of the owner of the schemas.
        to: the revision to stop at; the newest by default. One before it gets no grants.
        roles_needed: whether to refuse until the platform has created every role.

    Raises:
        UnavailableError: a required role is missing.
    """
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent))
    engine = create_engine(make_url(database_url).set(drivername="postgresql+psycopg"))
    with engine.begin() as connection:
        if roles_needed and (missing := missing_roles(connection)):
            raise UnavailableError(f"the database lacks the roles {', '.join(missing)}")
        connection.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, to)
        if to == _NEWEST:  # an older revision lacks tables that are granted
            grant(connection)
    engine.dispose()
