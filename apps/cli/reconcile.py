"""`recsys events reconcile`: whether every accepted event is a row or a dead letter."""

import json
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table

from apps.cli.connections import fill_settings
from apps.cli.event_lines import printable
from apps.cli.inputs import Since
from apps.cli.progress import err, out

if TYPE_CHECKING:
    from psycopg import Connection

    from streams.reconciliation.reconciling import Account

_SHOWN = 20
_COLUMNS = {
    "stored": "with a row",
    "dead_letter": "dead letters",
    "erased": "of erased users",
    "under_way": "under way",
    "missing": "missing",
}
"""Titles by outcome."""


def reconcile(
    *,
    since: Since = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line by topic.")] = False,
    replay: Annotated[
        bool, typer.Option("--replay", help="Send missing records to their topics again.")
    ] = False,
) -> None:
    """Compare the records of the topics with rows and dead letters; exit with 1 if one is missing.

    Records that the processor has not committed yet are left out. Kafka is that of
    RECSYS_KAFKA_BOOTSTRAP_SERVERS and the database that of RECSYS_DATABASE_URL, else those of the
    running stack.
    """
    import psycopg

    from streams.database import postgres_errors
    from streams.reconciliation.ledger import Ledger
    from streams.reconciliation.reconciling import Reconciliation
    from streams.reconciliation.replay import replay as send
    from streams.sink.connectors import SINKS

    settings = fill_settings()
    accounts: dict[str, Account] = {}
    with postgres_errors(), psycopg.connect(settings.database_url, autocommit=True) as connection:
        ledger = Ledger.temporary(connection)
        with closing(Reconciliation(settings, _transactions(connection), ledger)) as reconciliation:
            for sink in SINKS:
                accounts |= reconciliation.reconcile(sink, since=since)
        missing = ledger.missing_records(connection)
    _show(accounts, as_json=as_json)
    for record in missing[:_SHOWN]:
        place = f"{record.topic}-{record.partition}-{record.offset}"
        line = f"missing: {place}  {printable(record.event_id or 'without an id')}"
        err.print(line, markup=False, soft_wrap=True)
    if len(missing) > _SHOWN:
        err.print(f"and {len(missing) - _SHOWN:,} more")
    if missing and replay:
        err.print(f"{send(settings, missing):,} records were sent again")
    elif missing:
        raise typer.Exit(1)


def _transactions(connection: "Connection[Any]") -> Any:
    @contextmanager
    def transaction() -> "Iterator[Connection[Any]]":
        with connection.transaction():
            yield connection

    return transaction


def _show(accounts: "Mapping[str, Account]", *, as_json: bool) -> None:
    rows = {topic: dict.fromkeys(_COLUMNS, 0) | account for topic, account in accounts.items()}
    if as_json:
        for topic, counts in rows.items():
            print(json.dumps({"topic": topic, **counts}))
        return
    table = Table("topic")
    for title in _COLUMNS.values():
        table.add_column(title, justify="right")
    for topic, counts in rows.items():
        table.add_row(topic, *(f"{count:,}" for count in counts.values()))
    out.print(table)
