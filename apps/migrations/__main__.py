"""Brings a cluster's database up to date, `python -m apps.migrations`, as the schemas' owner.

The roles storefront, processor, connect, pipeline and analyst must exist. The platform creates
them; until it has, this ends with an error and must be started again.
"""

import sys

from pydantic_settings import BaseSettings, SettingsConfigDict
from sqlalchemy.exc import OperationalError

from apps.migrations.upgrade import upgrade
from streams.errors import UnavailableError


class MigrationSettings(BaseSettings):
    """The database, from environment variables with the prefix RECSYS_."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    database_url: str
    """PostgreSQL, `postgresql://owner:password@host:port/database`."""


def main() -> None:
    """The command."""
    try:
        upgrade(MigrationSettings().database_url, roles_needed=True)
    except (OperationalError, UnavailableError) as error:
        sys.exit(f"the database cannot be brought up to date: {error}")
    print("the database is up to date")  # noqa: T201 - the job's log


if __name__ == "__main__":
    main()
