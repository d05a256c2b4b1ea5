"""`recsys events tail`: watch the events of a topic."""

import json
from typing import Annotated

import typer

from apps.cli.connections import kafka_settings
from apps.cli.progress import err
from streams.contracts import INTERACTIONS, TOPICS
from streams.errors import ConfigurationError, UnavailableError


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    events = typer.Typer(no_args_is_help=True, help="Read the topics.")
    events.command()(tail)
    cli.add_typer(events, name="events")


def tail(
    topic: Annotated[str, typer.Option(help="Name of the topic.")] = INTERACTIONS.public.name,
    *,
    from_start: Annotated[
        bool,
        typer.Option(help="Start with the oldest event of the topic."),
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Number of events to print.")] = None,
) -> None:
    """Print each event of a topic, one JSON line each, until Ctrl-C.

    Kafka is that of RECSYS_KAFKA_BOOTSTRAP_SERVERS, over TLS with the files of
    RECSYS_KAFKA_CA_FILE, RECSYS_KAFKA_CERTIFICATE_FILE and RECSYS_KAFKA_KEY_FILE. Without these
    variables it is that of the running stack.
    """
    from kafka import KafkaConsumer
    from kafka.errors import KafkaError

    names = [each.name for each in TOPICS]
    if topic not in names:
        raise ConfigurationError(f"there is no topic {topic}; the topics are {', '.join(names)}")
    kafka = kafka_settings()
    try:
        consumer = KafkaConsumer(
            topic,
            **kafka.kafka_python,
            auto_offset_reset="earliest" if from_start else "latest",
            enable_auto_commit=False,
        )
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka does not answer at {kafka.kafka_bootstrap_servers}: {error}"
        ) from error
    err.print(f"[dim]events of {topic}; stop with Ctrl-C[/dim]")
    try:
        for number, record in enumerate(consumer, 1):
            _print(record.value)
            if number == limit:
                return
    except KeyboardInterrupt:
        return
    finally:
        consumer.close()


def _print(value: bytes | None) -> None:
    text = (value or b"").decode(errors="backslashreplace")
    try:
        text = json.dumps(json.loads(text), ensure_ascii=False)
    except ValueError:
        text = json.dumps({"unreadable": text})
    print(text, flush=True)
