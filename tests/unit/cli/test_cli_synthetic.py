import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from apps.cli.main import cli

SMALL = ("synthetic", "evaluate", "--users", "60", "--items", "80", "--interactions", "1500")


@pytest.fixture(scope="module")
def figures() -> dict[str, Any]:
    result = CliRunner().invoke(cli, [*SMALL, "--json"], catch_exceptions=False)
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_the_cold_start_is_in_the_json(figures: dict[str, Any]) -> None:
    cold_start = figures["cold_start"]
    assert cold_start["items"] == 8
    assert set(cold_start["new_items"]) == {
        "two_tower",
        "category_popularity",
        "category_history",
        "random",
    }
    popularity = cold_start["new_users"]["two_items"]["popularity"]
    assert popularity["users"] == cold_start["users"]
    recall = popularity["recall"]
    assert 0 <= recall["low"] <= recall["mean"] <= recall["high"] <= 1


def test_the_cold_start_is_in_a_table_of_its_own_and_can_be_left_out(
    figures: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    printed = CliRunner().invoke(cli, SMALL, catch_exceptions=False).stdout
    recall = figures["cold_start"]["new_users"]["two_items"]["two_tower"]["recall"]["mean"]
    _, table = printed.split("new users by two items")
    assert f"{recall:.3f} (" in table.split("popularity")[0]
    assert f"{figures['towers']['recall_at_20']:.4f}" in printed

    quicker = CliRunner().invoke(cli, [*SMALL, "--no-cold-start", "--json"], catch_exceptions=False)
    without = json.loads(quicker.stdout)
    assert without == {name: value for name, value in figures.items() if name != "cold_start"}


def test_the_time_line_ends_on_the_given_day(tmp_path: Path) -> None:
    size = ("--users", "9", "--items", "9", "--interactions", "200")

    def newest(*options: str) -> datetime:
        CliRunner().invoke(
            cli, ["synthetic", "generate", str(tmp_path), *size, *options], catch_exceptions=False
        )
        table = pq.read_table(tmp_path / "recommendation_interactions.parquet")
        instants: list[datetime] = table["timestamp"].to_pylist()
        return max(instants)

    usual = newest()
    assert newest("--last-day", "2026-09-30") == usual
    assert newest("--last-day", "2026-05-04") == usual - (date(2026, 9, 30) - date(2026, 5, 4))
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    assert newest("--last-day", "yesterday") == usual + (yesterday - date(2026, 9, 30))
    refused = CliRunner().invoke(
        cli, ["synthetic", "generate", str(tmp_path), "--last-day", "2026-02-30"]
    )
    assert refused.exit_code == 2
    assert "neither yesterday nor a date" in refused.output
