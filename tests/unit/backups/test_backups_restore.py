"""Which backup is restored."""

import pytest

from apps.backups.api import Resource
from apps.backups.restore_test import newest
from streams.errors import UnavailableError


def backup(name: str, phase: str, stopped: str | None = None) -> Resource:
    status = {"phase": phase} | ({"stoppedAt": stopped} if stopped else {})
    return {"metadata": {"name": name}, "status": status}


def test_the_one_that_completed_last_is_restored() -> None:
    backups = [
        backup("later", "completed", "2026-03-02T02:10:00Z"),
        backup("earlier", "completed", "2026-03-01T02:10:00Z"),
        backup("failed", "failed", "2026-03-03T02:10:00Z"),
        backup("running", "running"),
    ]
    assert newest(backups) == "later"


def test_without_a_completed_backup_the_test_fails() -> None:
    with pytest.raises(UnavailableError, match="none of 2 backups"):
        newest([backup("failed", "failed"), {"metadata": {"name": "new"}}])
