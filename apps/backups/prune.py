"""Deletes old backups by volume snapshot, `python -m apps.backups.prune`.

The operator deletes none. The newest completed ones stay whatever their age, so that a database
whose backups fail keeps those it has.
"""

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from apps.backups.api import Api, Resource
from streams.errors import UnavailableError

_METHOD = "volumeSnapshot"


class PruneSettings(BaseSettings):
    """What is kept, from environment variables with the prefix RECSYS_."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    database_cluster: str
    """Name of the database cluster."""
    backup_retention: timedelta
    """Age at which a backup is deleted, as a duration of ISO 8601: P14D."""
    backups_kept: int = Field(ge=1)
    """Number of completed backups that stay in any case."""


def expired(
    backups: Iterable[Resource], *, retention: timedelta, kept: int, now: datetime
) -> list[str]:
    """The names of the backups to delete, oldest last; none of them is still running."""
    ended = sorted(
        (
            (datetime.fromisoformat(each["metadata"]["creationTimestamp"]), each)
            for each in backups
            if each["spec"].get("method") == _METHOD and _phase(each) in {"completed", "failed"}
        ),
        key=lambda pair: pair[0],
        reverse=True,
    )
    staying = [each for _, each in ended if _phase(each) == "completed"][:kept]
    return [
        each["metadata"]["name"]
        for created, each in ended
        if created < now - retention and each not in staying
    ]


def _phase(backup: Resource) -> str | None:
    phase: str | None = backup.get("status", {}).get("phase")
    return phase


def main() -> None:
    """The command."""
    settings = PruneSettings()
    try:
        api = Api.of_this_pod()
        backups = api.backups(settings.database_cluster)
        names = expired(
            backups,
            retention=settings.backup_retention,
            kept=settings.backups_kept,
            now=datetime.now(UTC),
        )
        for name in names:
            api.delete_backup(name)
            print(f"{name}: deleted")  # noqa: T201 - the job's log
    except UnavailableError as error:
        sys.exit(f"the backups cannot be pruned: {error}")
    print(f"{len(names)} of {len(backups)} backups were too old")  # noqa: T201


if __name__ == "__main__":
    main()
