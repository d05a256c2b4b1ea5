"""Which backups are deleted."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.backups.api import Resource
from apps.backups.prune import PruneSettings, expired

NOW = datetime(2026, 3, 31, 4, tzinfo=UTC)


def backup(age: int, phase: str | None = "completed", method: str = "volumeSnapshot") -> Resource:
    created = NOW - timedelta(days=age)
    return {
        "metadata": {
            "name": f"{age}-{phase}",
            "creationTimestamp": f"{created:%Y-%m-%dT%H:%M:%SZ}",
        },
        "spec": {"cluster": {"name": "recsys-db"}, "method": method},
        "status": {"phase": phase} if phase else {},
    }


def names(backups: list[Resource], kept: int = 1) -> list[str]:
    return expired(backups, retention=timedelta(days=14), kept=kept, now=NOW)


def test_completed_and_failed_backups_beyond_the_retention_are_deleted() -> None:
    backups = [backup(age) for age in (1, 13, 15, 16)]
    assert names([*backups, backup(20, "failed"), backup(2, "failed")]) == [
        "15-completed",
        "16-completed",
        "20-failed",
    ]


def test_the_newest_completed_ones_stay_whatever_their_age() -> None:
    backups = [backup(age) for age in (40, 30, 50)]
    assert names([*backups, backup(20, "failed")], kept=2) == ["20-failed", "50-completed"]


@pytest.mark.parametrize("phase", [None, "pending", "started", "running", "finalizing"])
def test_a_backup_that_has_not_ended_stays(phase: str | None) -> None:
    assert names([backup(1), backup(30, phase)]) == []


def test_backups_in_an_object_store_are_the_plugins() -> None:
    assert names([backup(1), backup(30, method="plugin")]) == []


def test_the_retention_is_a_duration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RECSYS_DATABASE_CLUSTER", "recsys-db")
    monkeypatch.setenv("RECSYS_BACKUP_RETENTION", "P14D")
    monkeypatch.setenv("RECSYS_BACKUPS_KEPT", "3")
    settings = PruneSettings()
    assert (settings.backup_retention, settings.backups_kept) == (timedelta(days=14), 3)
