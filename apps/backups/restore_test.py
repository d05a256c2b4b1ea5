"""Restores the newest backup into a cluster of its own, `python -m apps.backups.restore_test`.

Only a restored database proves a backup. The test cluster is deleted again, whatever its state.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import yaml
from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from apps.backups.api import Api, Resource
from streams.errors import ContractError, UnavailableError

_POLL = 5
_USERS = "select count(*) from shop.users"
_NEWEST_EVENT = "select max(timestamp) from events.interactions"


class RestoreTestSettings(BaseSettings):
    """What is restored and expected, from environment variables with the prefix RECSYS_."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    database_cluster: str
    """Name of the database cluster whose backup is restored."""
    database_url: str
    """That cluster's address for the owner, whose password the restored one has too."""
    restore_manifest: Path
    """The test cluster, as a file. The name of the backup is filled in where it has one."""
    restore_timeout: timedelta
    """Longest duration of the restore, as a duration of ISO 8601: PT1H."""
    newest_event_age: timedelta = Field(gt=timedelta(0))
    """Largest age of the newest restored event."""


def newest(backups: list[Resource]) -> str:
    """The name of the backup that completed last.

    Raises:
        UnavailableError: none has completed.
    """
    completed = [each for each in backups if each.get("status", {}).get("phase") == "completed"]
    if not completed:
        raise UnavailableError(f"none of {len(backups)} backups has completed")
    last = max(completed, key=lambda each: datetime.fromisoformat(each["status"]["stoppedAt"]))
    return str(last["metadata"]["name"])


@contextmanager
def restored(api: Api, manifest: Resource, timeout: timedelta) -> Iterator[None]:
    """The test cluster once it is ready; it is deleted at the end.

    Raises:
        UnavailableError: it is not ready in time; the message has its state.
    """
    name = manifest["metadata"]["name"]
    deadline = time.monotonic() + timeout.total_seconds()
    api.delete_cluster(name)
    while api.cluster(name) is not None:
        _wait(deadline, f"{name} of the test before is still being deleted")
    try:
        api.create_cluster(manifest)
        while not _is_ready(state := (api.cluster(name) or {}).get("status", {})):
            _wait(deadline, f"{name} is not ready: {state.get('phase')}")
        yield
    finally:
        api.delete_cluster(name)


def check(connection: psycopg.Connection, *, newest_event_age: timedelta) -> str:
    """What the restored database holds, in words.

    Raises:
        ContractError: shoppers or recent events are missing.
    """
    ((users,),) = connection.execute(_USERS).fetchall()
    ((event,),) = connection.execute(_NEWEST_EVENT).fetchall()
    if not users:
        raise ContractError("it has no shoppers")
    if event is None:
        raise ContractError("it has no events")
    if datetime.now(UTC) - event > newest_event_age:
        raise ContractError(f"its newest event is of {event:%Y-%m-%d %H:%M %Z}")
    return f"{users} shoppers, the newest event of {event:%Y-%m-%d %H:%M %Z}"


def _is_ready(status: Resource) -> bool:
    return any(
        each["type"] == "Ready" and each["status"] == "True"
        for each in status.get("conditions", [])
    )


def _wait(deadline: float, state: str) -> None:
    if time.monotonic() > deadline:
        raise UnavailableError(state)
    time.sleep(_POLL)


def main() -> None:
    """The command."""
    settings = RestoreTestSettings()
    manifest = yaml.safe_load(settings.restore_manifest.read_text())
    recovery = manifest["spec"]["bootstrap"]["recovery"]
    try:
        api = Api.of_this_pod()
        if "backup" in recovery:
            recovery["backup"]["name"] = newest(api.backups(settings.database_cluster))
        with (
            restored(api, manifest, settings.restore_timeout),
            psycopg.connect(
                settings.database_url, host=f"{manifest['metadata']['name']}-rw"
            ) as connection,
        ):
            found = check(connection, newest_event_age=settings.newest_event_age)
    except (ContractError, UnavailableError, psycopg.Error) as error:
        sys.exit(f"the backup was not restored: {error}")
    print(f"the backup is good: {found}")  # noqa: T201 - the job's log


if __name__ == "__main__":
    main()
