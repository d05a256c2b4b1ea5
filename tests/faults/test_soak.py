"""A shop that is open for an hour: memory stays flat, and tables have the documented sizes."""

import re
import time
from collections.abc import Callable, Iterable

import psycopg
import pytest

from support.checkout import REPOSITORY
from support.exactness import check, wait_until_stored
from support.laptop import RunningStack
from support.memory import MemoryWatch
from support.trial import Trial

pytestmark = [pytest.mark.integration, pytest.mark.timeout(3 * 3600)]

COMPONENTS = ("processor", "storefront", "connect")
SETTLED = 0.4
"""Share of the time in which caches fill, pools open, and the JVM takes its heap."""
GROWTH_PER_HOUR = 0.10
NOISE = 0.05
"""What garbage collection moves a mean by, however short the run."""
ROW = re.compile(r"^\| `(events\.\w+)` \| .+ \| (\d+) \|$", re.MULTILINE)


def test_memory_is_flat_and_tables_are_as_documented(
    stack: RunningStack, seconds: float, write: Callable[[object], None]
) -> None:
    trial = Trial(stack, rate=100, shop_rate=8)
    with trial.running(), MemoryWatch(stack, COMPONENTS, every=max(1, seconds / 600)) as memory:
        time.sleep(seconds)
    wait_until_stored(stack)
    figures = check(stack, trial)
    growth = {name: round(memory.growth(name, SETTLED), 4) for name in COMPONENTS}
    text = (REPOSITORY / "docs/operations.md").read_text()
    documented = {table: int(most) for table, most in ROW.findall(text)}
    assert documented
    sizes = bytes_per_row(stack, documented)
    write(
        {
            **figures,
            "growth of memory": growth,
            "memory at the end, MiB": {
                name: round(memory.samples[name][-1][1]) for name in COMPONENTS
            },
            "bytes per row": sizes,
        }
    )
    bound = NOISE + GROWTH_PER_HOUR * seconds / 3600
    assert max(growth.values()) < bound, growth
    assert {name: size for name, size in sizes.items() if size > documented[name]} == {}


def bytes_per_row(stack: RunningStack, tables: Iterable[str]) -> dict[str, int]:
    """With indexes and what PostgreSQL keeps of old versions of rows."""
    found = {}
    with psycopg.connect(stack.database_url) as connection:
        for table in tables:
            row = connection.execute(
                "select pg_total_relation_size(%s::regclass)", [table]
            ).fetchone()
            count = connection.execute(f"select count(*) from {table}").fetchone()
            assert row
            assert count
            found[table] = row[0] // max(1, count[0])
    return found
