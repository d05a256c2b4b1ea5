"""`recsys events tail`: watch what happens in the shop."""

import json
from typing import Annotated

import typer

from apps.cli.connections import kafka_settings
from apps.cli.console import err
from streams.contracts import INTERACTIONS, TOPICS
from streams.errors import ConfigurationError, UnavailableError


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    events = typer.Typer(no_args_is_help=True, help="Look into the topics.")
    events.command()(tail)
    cli.add_typer(events, name="events")


def tail(
    topic: Annotated[str, typer.Option(help="Which topic.")] = INTERACTIONS.public.name,
    *,
    from_start: Annotated[
        bool, typer.Option(help="Everything that the topic still holds, not only what comes.")
    ] = False,
    limit: Annotated[int | None, typer.Option(min=1, help="Stop after so many events.")] = None,
) -> None:
    """Print each event of a topic, one JSON line each, until Ctrl-C.

    The topic is that of the Kafka that RECSYS_KAFKA_BOOTSTRAP_SERVERS names, with the files of
    RECSYS_KAFKA_CA_FILE, RECSYS_KAFKA_CERTIFICATE_FILE and RECSYS_KAFKA_KEY_FILE where it asks for
    TLS; else that of the running stack.
    """
    from kafka import KafkaConsumer
    from kafka.errors import KafkaError

    names = [each.name for each in TOPICS]
    if topic not in names:
        raise ConfigurationError(f"there is no topic {topic}; there are {', '.join(names)}")
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
    err.print(f"[dim]events of {topic}; Ctrl-C ends this[/dim]")
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
