"""`make scale`: the pipeline on a large synthetic shop; the time and memory of each of its steps.

`scale.py OUT` writes the figures as JSON and prints them as a table. Variables: RECSYS_TEST_EVENTS,
and RECSYS_TEST_PARAMETERS, those of the pipeline that differ from this module's, as JSON.
"""

import json
import os
import re
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pyarrow as pa
from adbc_driver_postgresql import dbapi
from large_shop import LargeShop, make_large_shop
from measuring import in_own_process, peak_memory_mb
from process_memory import ProcessMemory
from rich.console import Console
from rich.table import Table

# `support` is where the tests find it.
sys.path.insert(0, str(Path(__file__).parents[1]))

EVENTS = 10_000_000
_EVENTS_PER_USER, _EVENTS_PER_ITEM = 50, 100
_MAX_MEMORY_MB = 8_000
_MIN_USERS_PER_SECOND = 20_000
_PUBLISHED = re.compile(r"users' lists: (\d+) of \d+")


def main(out: Path) -> int:
    """Measure; returns 1 if a threshold is missed."""
    console = Console()
    events = int(os.environ.get("RECSYS_TEST_EVENTS", EVENTS))
    parameters = json.loads(os.environ.get("RECSYS_TEST_PARAMETERS") or "{}")
    found = measure_scale(events, parameters, console)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    table = Table("step", "seconds", "CPU seconds", "peak MB", "database MB")
    for name, step in found["steps"].items():
        row = (step["seconds"], step["cpu_seconds"], step["peak_mb"], step["database_mb"])
        table.add_row(name, *(f"{value:,.0f}" for value in row))
    console.print(table)
    for name, value in found.items():
        if name != "steps":
            console.print(f"{name}: {f'{value:,.0f}' if isinstance(value, float) else value}")
    console.print(f"figures in {out}", soft_wrap=True)
    fast = found["lists_written_per_second"] >= _MIN_USERS_PER_SECOND
    return int(found["peak_mb"] > _MAX_MEMORY_MB or not fast)


def measure_scale(events: int, parameters: dict[str, Any], console: Console) -> dict[str, Any]:
    """Fill a database, run the pipeline on it, and watch the memory of its processes."""
    from ml.settings import MlSettings
    from pipelines.retrain.local import run_local
    from support.database import running_database

    sizes = {
        "events": events,
        "users": events // _EVENTS_PER_USER,
        "items": events // _EVENTS_PER_ITEM,
    }
    with (
        tempfile.TemporaryDirectory(prefix="recsys-scale-") as name,
        running_database(Path(name) / "postgres") as server,
    ):
        filled = in_own_process(fill, server.url, sizes)
        console.print(filled)
        settings = MlSettings(database_url=server.url, models_dir=Path(name) / "models")
        until = filled.pop("until")
        parameters = {"until": until, "ingested_until": _now(), **parameters}
        lines = _Lines(console)
        started = time.monotonic()
        with ProcessMemory(server.pid) as memory:

            def on_line(line: str) -> None:
                lines.add(line)
                step, _, verb = line.rpartition(" ")
                if verb == "starts":
                    memory.begin(step)

            result = run_local(settings, parameters, Path(name) / "work", on_line)
        seconds = time.monotonic() - started
        written = in_own_process(write_again, server.url, result.version, sizes["users"])
    return {
        **sizes,
        **filled,
        "parameters": parameters,
        "seconds": seconds,
        "peak_mb": memory.all,
        "steps": {
            step: {
                "seconds": taken,
                "cpu_seconds": memory.cpu_seconds(step),
                "peak_mb": memory.steps[step],
                "database_mb": memory.database[step],
            }
            for step, taken in result.seconds.items()
        },
        "promoted": result.decision.promoted,
        "lists_published_per_second": lines.lists_per_second(),
        **written,
    }


def fill(url: str, sizes: dict[str, int]) -> dict[str, Any]:
    """Make the shop and copy it into a new database; needs a process of its own."""
    from apps.migrations.upgrade import upgrade
    from apps.storefront.catalog.repository import upsert_products
    from ml.features.apply import apply
    from ml.settings import MlSettings

    upgrade(url)
    apply(MlSettings(database_url=url, models_dir=Path("unused")))
    started = time.monotonic()
    shop = make_large_shop(**sizes)
    made = time.monotonic()
    with psycopg.connect(url) as connection:
        upsert_products(connection, shop.products)
    _copy(url, "new_users", _users(shop))
    _copy(url, "interactions", shop.interactions)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("vacuum analyze events.interactions, events.new_users, shop.products")
    newest = shop.interactions["timestamp"][-1].as_py()
    return {
        "until": newest.isoformat(),
        "make_seconds": made - started,
        "fill_seconds": time.monotonic() - made,
        "fill_peak_mb": peak_memory_mb(),
    }


def write_again(url: str, version: str, users: int) -> dict[str, Any]:
    """Write all lists once more, of another version: publishing also ranks, which takes longer."""
    from ml.features.online import OnlineFeatures
    from ml.settings import MlSettings

    online = OnlineFeatures(MlSettings(database_url=url, models_dir=Path("unused")))
    lists = online.sample_lists(version, users)
    started = time.monotonic()
    online.add_lists("again", lists.items(), until=datetime.now(UTC))
    seconds = time.monotonic() - started
    online.close()
    return {"lists": len(lists), "lists_written_per_second": len(lists) / seconds}


def _users(shop: LargeShop) -> pa.Table:
    columns = ("user_id", "user_name", "preferences", "signup_date")
    rows = {name: [getattr(user, name) for user in shop.users] for name in columns}
    return pa.table(
        {**rows, "signup_date": pa.array(rows["signup_date"], pa.timestamp("us", "UTC"))}
    )


def _copy(url: str, table: str, rows: pa.Table) -> None:
    """Append rows to a table of `events` by COPY.

    Without its triggers: nobody is erased meanwhile, and they would hold all rows in memory.
    """
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute("set session_replication_role = replica")
        cursor.adbc_ingest(table, rows, mode="append", db_schema_name="events")


class _Lines:
    """Prints what the components print, with the seconds since the start."""

    def __init__(self, console: Console) -> None:
        self._console, self._started = console, time.monotonic()
        self._published: list[tuple[float, int]] = []

    def add(self, line: str) -> None:
        seconds = time.monotonic() - self._started
        self._console.print(f"{seconds:7.1f} {line}", markup=False, highlight=False)
        if found := _PUBLISHED.fullmatch(line):
            self._published.append((seconds, int(found[1])))

    def lists_per_second(self) -> float | None:
        """Of the lists that were ranked and written after the first block of users."""
        (first, before), (last, all_lists) = self._published[0], self._published[-1]
        return (all_lists - before) / (last - first) if last > first else None


def _now() -> str:
    return datetime.now(UTC).isoformat()


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
