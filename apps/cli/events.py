"""`recsys events`: reads the topics, exports them, and reconciles them with the tables."""

import sys
import time
from collections import deque
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from apps.cli.connections import kafka_settings
from apps.cli.event_lines import as_json_line, as_line, fields
from apps.cli.inputs import Since
from apps.cli.progress import ProgressBar, err
from apps.cli.reconcile import reconcile
from streams.contracts import INTERACTIONS, TOPICS, InteractionType
from streams.errors import ConfigurationError

_NEWEST = 10


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    events = typer.Typer(no_args_is_help=True, help="Read the topics.")
    events.command()(tail)
    events.command()(export)
    events.command()(reconcile)
    cli.add_typer(events, name="events")


def tail(
    topic: Annotated[str, typer.Option(help="Name of the topic.")] = INTERACTIONS.public.name,
    *,
    kind: Annotated[
        InteractionType | None, typer.Option("--type", help="Only interactions of this type.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(metavar="USER_ID", help="Only events of this user.")
    ] = None,
    since: Since = None,
    from_start: Annotated[
        bool, typer.Option(help="Begin with the oldest event of the topic.")
    ] = False,
    limit: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Only the newest events, so many; 10 unless --since or --from-start is given.",
            show_default=False,
        ),
    ] = None,
    follow: Annotated[
        bool, typer.Option("--follow", "-f", help="Then wait for new events, until Ctrl-C.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line each.")] = False,
) -> None:
    """Print the newest events of a topic, in their order.

    Kafka is that of RECSYS_KAFKA_BOOTSTRAP_SERVERS, over TLS with the files of
    RECSYS_KAFKA_CA_FILE, RECSYS_KAFKA_CERTIFICATE_FILE and RECSYS_KAFKA_KEY_FILE. Without these
    variables it is that of the running stack.
    """
    from apps.analytics.reading import TopicReader

    _check_topic(topic, kind)
    if from_start and since:
        raise ConfigurationError("--from-start and --since exclude each other")
    if not (limit or from_start or since):
        limit = _NEWEST
    is_wanted = _filter(kind, user, since)
    text = as_json_line if as_json else as_line
    with TopicReader(kafka_settings(), [topic]) as reader:
        start, end = reader.since(since) if since else reader.oldest(), reader.end()
        if limit and not (kind or user):
            start = {each: max(offset, end[each] - limit) for each, offset in start.items()}
        records = filter(is_wanted, reader.read(start, end))
        printed = 0
        for record in records if limit is None else deque(records, limit):
            print(text(record))
            printed += 1
        if not printed:
            err.print(f"[dim]no such events are on {topic}[/dim]")
        if follow:
            err.print(f"[dim]waiting for events of {topic}; stop with Ctrl-C[/dim]")
            try:
                sys.stdout.flush()
                for record in filter(is_wanted, reader.follow(end)):
                    print(text(record))
                    sys.stdout.flush()
            except KeyboardInterrupt:
                return


def export(
    *,
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="Folder of the files.", file_okay=False)
    ],
    since: Since = None,
    topic: Annotated[
        str, typer.Option(help="A public topic, or a validated one.")
    ] = INTERACTIONS.public.name,
) -> None:
    """Write a topic's valid events to Parquet files by day.

    An export into the same folder goes on where the last one ended; --since is where the first one
    begins. What was killed is run again: every record ends in exactly one file.
    """
    from apps.analytics.export import CONTRACTS, ExportReport
    from apps.analytics.export import export as write

    if topic not in CONTRACTS:
        raise ConfigurationError(
            f"the topic {topic} cannot be exported; choose one of {', '.join(CONTRACTS)}"
        )
    begun = time.monotonic()
    with ProgressBar() as bar:

        def show(report: ExportReport) -> None:
            done = report.written + report.malformed
            left = (time.monotonic() - begun) * (report.total - done) / done
            bar.show(1, f"exporting {topic}", done / report.total, left)

        report = write(kafka_settings(), topic, out, since=since, on_progress=show)
    print(f"{report.written:,} events in {report.files:,} new files in {out / topic}")
    if report.malformed:
        err.print(f"{report.malformed:,} records break their contract and were left out")
    if report.deleted:
        err.print(f"{report.deleted:,} records were deleted by retention before this export")


def _check_topic(topic: str, kind: InteractionType | None) -> None:
    names = [each.name for each in TOPICS]
    if topic not in names:
        raise ConfigurationError(f"there is no topic {topic}; the topics are {', '.join(names)}")
    if kind and kind.is_derived and topic == INTERACTIONS.public.name:
        raise ConfigurationError(
            f"verdicts are derived: they are on the topic {INTERACTIONS.valid.name} (--topic)"
        )


def _filter(
    kind: InteractionType | None, user: str | None, since: datetime | None
) -> Callable[[Any], bool]:
    earliest = since.timestamp() * 1000 if since else 0

    def is_wanted(record: Any) -> bool:
        # Kafka's index of times finds the first such record; later ones may be older.
        if record.timestamp < earliest:
            return False
        if not (kind or user):
            return True
        found = fields(record)
        return (not kind or found.get("interaction_type") == kind) and (
            not user or found.get("user_id") == user
        )

    return is_wanted
