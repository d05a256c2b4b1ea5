"""Versions in the registry: which one is live, since when, and which are kept."""

from typing import Any

import numpy as np
import psycopg
import pytest

from ml.registry import item_vectors, repository
from ml.registry.repository import ModelVersion
from ml.settings import MlSettings
from streams.errors import ModelError

pytestmark = pytest.mark.integration


def _bare_version(
    connection: repository.Connection, version: str, decision: dict[str, Any] | None = None
) -> None:
    repository.register(connection, ModelVersion(version, decision=decision))
    item_vectors.write_item_vectors(
        connection, version, ["i"], np.zeros((1, 4), dtype=np.float32), [None]
    )
    repository.mark_published(connection, version)


def _switch(connection: repository.Connection, version: str) -> None:
    repository.switch_live(connection, version, by="a test", reason="test", to_older=True)


def test_a_switch_keeps_who_when_and_why(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        for name in ("a", "b"):
            _bare_version(connection, name)
            repository.switch_live(connection, name, by=f"who made {name}", reason="published")
        repository.switch_live(connection, "b", by="nobody", reason="nothing changes")
        repository.switch_live(connection, "a", by="an analyst", reason="rollback")
        found = repository.switches(connection, 2, "b")
    assert [(each.version, each.previous, each.switched_by, each.reason) for each in found] == [
        ("a", "b", "an analyst", "rollback"),
        ("b", "a", "who made b", "published"),
    ]


def test_only_a_complete_version_can_go_live(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion("empty"))
        for version in ("empty", "unknown"):
            with pytest.raises(ModelError, match=version):
                _switch(connection, version)


def test_old_versions_go_but_never_the_live_one_or_its_predecessor(settings: MlSettings) -> None:
    names = [f"2026010{day}T000000Z-000000" for day in range(1, 9)]
    with psycopg.connect(settings.database_url) as connection:
        for name in names:
            _bare_version(connection, name)
        _switch(connection, names[0])
        _switch(connection, names[1])

        deleted = repository.delete_old(connection, keep=3)

        assert deleted == names[2:5]
        kept = [model.version for model in repository.versions(connection)]
        (vectors,) = connection.execute("select count(*) from ml.item_vectors").fetchone() or (0,)
    assert kept == [*names[:4:-1], names[1], names[0]]
    assert vectors == 5


def test_rejected_versions_do_not_push_out_promoted_ones(settings: MlSettings) -> None:
    rejected = {"promoted": False}
    with psycopg.connect(settings.database_url) as connection:
        for name in ("1", "2", "3"):
            _bare_version(connection, name, {"promoted": True})
            _switch(connection, name)
        for name in ("4", "5", "6", "7", "8"):
            _bare_version(connection, name, rejected)
        assert repository.rejected_in_a_row(connection) == repository.KEPT_REJECTED_VERSIONS
        # By hand, so it counts among those that served.
        _switch(connection, "5")
        _switch(connection, "3")
        assert repository.rejected_in_a_row(connection) == 3
        deleted = repository.delete_old(connection, keep=3, keep_rejected=2)
        kept = [model.version for model in repository.versions(connection)]
        assert repository.rejected_in_a_row(connection) == 2
        _switch(connection, "7")
        assert repository.rejected_in_a_row(connection) == 1
    assert deleted == ["1", "4", "6"]
    assert kept == ["8", "7", "5", "3", "2"]


def test_switching_to_the_live_version_keeps_its_predecessor(settings: MlSettings) -> None:
    with psycopg.connect(settings.database_url) as connection:
        for name in ("a", "b"):
            _bare_version(connection, name)
            _switch(connection, name)
        _switch(connection, "b")
        live = repository.live(connection)
    assert live is not None
    assert (live.version, live.previous) == ("b", "a")


def test_vectors_that_were_written_since_a_snapshot_are_found(settings: MlSettings) -> None:
    one, two = np.eye(4, dtype=np.float32)[:2]
    with psycopg.connect(settings.database_url) as connection:
        repository.register(connection, ModelVersion("v"))
        item_vectors.write_item_vectors(
            connection, "v", ["a", "b"], np.stack([one, one]), [None, None]
        )
    insert = "insert into ml.item_vectors (version, item_id, embedding) values ('v', %s, %s)"
    change = " on conflict (version, item_id) do update set embedding = excluded.embedding"

    with (
        psycopg.connect(settings.database_url) as reader,
        psycopg.connect(settings.database_url) as slow,
    ):
        reader.autocommit = True
        slow.execute(insert, ("late", "[0,1,0,0]"))  # begins before the snapshot, commits after it
        before = item_vectors.snapshot(reader)
        with psycopg.connect(settings.database_url) as connection:
            connection.execute(insert + change, ("b", "[0,1,0,0]"))
        assert set(item_vectors.changed_item_vectors(reader, "v", before)) == {"b"}
        slow.commit()
        found = item_vectors.changed_item_vectors(reader, "v", before)
        assert {item_id: vector.tolist() for item_id, vector in found.items()} == {
            "b": two.tolist(),
            "late": two.tolist(),
        }
        after = item_vectors.snapshot(reader)
        assert item_vectors.changed_item_vectors(reader, "v", after) == {}
        assert set(item_vectors.departed_items(reader, "v")) == {"a", "b", "late"}
