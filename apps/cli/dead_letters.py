"""`recsys dlq`: the dead letters, and sending them again after a fix."""

import json
from collections import Counter
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from apps.cli.connections import fill_settings, kafka_settings
from apps.cli.event_lines import printable
from apps.cli.inputs import Since
from apps.cli.progress import out
from streams.dead_letters import DeadLetterRecord, LetterId
from streams.errors import ConfigurationError

Reason = Annotated[
    str | None, typer.Option(metavar="TEXT", help="Only letters whose reason has this text.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    dlq = typer.Typer(no_args_is_help=True, help="The dead letter queues.")
    dlq.command(name="list")(list_letters)
    dlq.command()(show)
    dlq.command()(replay)
    cli.add_typer(dlq, name="dlq")


def list_letters(
    *,
    reason: Reason = None,
    since: Since = None,
    each: Annotated[
        bool, typer.Option("--each", help="Each letter, instead of counts by topic and reason.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON line each.")] = False,
) -> None:
    """Count the letters by topic and reason, the newest first.

    Kafka is that of RECSYS_KAFKA_BOOTSTRAP_SERVERS, else that of the running stack.
    """
    from apps.dead_letters.letters import Selection, read

    letters = list(read(kafka_settings(), Selection(since, reason)))[::-1]

    def group_of(letter: DeadLetterRecord) -> tuple[str, str]:
        return letter.id.topic, str(letter.id) if each else letter.reason

    groups = Counter(map(group_of, letters))
    newest: dict[tuple[str, str], DeadLetterRecord] = {}
    for one in letters:
        newest.setdefault(group_of(one), one)
    if as_json:
        for group, one in newest.items():
            print(json.dumps({"count": groups[group], **_summary(one)}))
        return
    table = Table("letters", "newest", "queue", "reason", "ID of the newest")
    for group, one in newest.items():
        row = (f"{groups[group]:,}", f"{one.written_at.astimezone():%Y-%m-%d %H:%M:%S}")
        table.add_row(*row, *map(_text, (one.id.topic, one.reason, one.id)))
    out.print(table)


def show(
    letter_id: Annotated[str, typer.Argument(metavar="ID", help="TOPIC-PARTITION-OFFSET.")],
    *,
    raw: Annotated[
        bool, typer.Option("--raw", help="Only the value, as the bytes that it has.")
    ] = False,
) -> None:
    """Show a letter: where it was refused and why, its key, headers and value."""
    from apps.dead_letters.letters import Selection, read

    selection = Selection(ids=frozenset([_id(letter_id)]))
    found = next(read(kafka_settings(), selection), None)
    if found is None:
        raise ConfigurationError(f"there is no letter {letter_id}; see: recsys dlq list --each")
    if raw:
        typer.get_binary_stream("stdout").write(found.value or b"")
        return
    table = Table(show_header=False)
    for name, value in _summary(found).items():
        table.add_row(name, _text(value))
    table.add_row("key", _text(_decoded(found.key)))
    for header, content in found.headers:
        table.add_row(_text(f"header {header}"), _text(_decoded(content)))
    table.add_row("bytes", f"{len(found.value or b''):,}{' (cut)' if found.is_cut else ''}")
    table.add_row("value", _text(_decoded(found.value)))
    out.print(table)


def replay(
    *,
    reason: Reason = None,
    since: Since = None,
    ids: Annotated[
        list[str] | None, typer.Option("--id", metavar="ID", help="Only this letter; repeatable.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All letters.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Send; without it nothing is sent.")] = False,
) -> None:
    """Send letters to the topics on which they were refused again, each once.

    Without --yes it says how many it would send. Kafka and PostgreSQL are those of
    RECSYS_KAFKA_BOOTSTRAP_SERVERS and RECSYS_DATABASE_URL, else those of the running stack.
    """
    from apps.dead_letters.letters import Selection, read
    from apps.dead_letters.replay import replay as send

    if not (reason or since or ids or everything):
        raise ConfigurationError("choose letters with --reason, --since or --id, or take --all")
    settings = fill_settings()
    selection = Selection(since, reason, frozenset(map(_id, ids or ())))
    report = send(settings, settings.database_url, read(settings, selection), dry_run=not yes)
    print(f"{report.sent:,} letters {'were sent again' if yes else 'would be sent again'}")
    for count, why in (
        (report.already_sent, "were sent again before"),
        (report.incomplete, "are incomplete and cannot be sent again"),
        (report.too_large, "are larger than their topic allows"),
    ):
        if count:
            print(f"{count:,} letters {why}")
    if not yes and report.sent:
        print("nothing was sent; --yes sends them")


def _id(text: str) -> LetterId:
    from apps.dead_letters.letters import QUEUES

    try:
        found = LetterId.parse(text)
    except ValueError:
        found = None
    if found is None or found.topic not in QUEUES:
        raise ConfigurationError(
            f"{text} is no ID of a letter, such as {QUEUES[0]}-0-17; see: recsys dlq list --each"
        )
    return found


def _summary(letter: DeadLetterRecord) -> dict[str, str]:
    return {
        "id": str(letter.id),
        "written_at": letter.written_at.isoformat(),
        "topic": letter.topic or "",
        "partition": letter.partition,
        "offset": letter.offset,
        "stage": letter.stage,
        "connector": letter.connector,
        "reason": letter.reason,
    }


def _decoded(value: bytes | None) -> str:
    return "(none)" if value is None else value.decode(errors="backslashreplace")


def _text(value: object) -> Text:
    return Text(printable(value))
