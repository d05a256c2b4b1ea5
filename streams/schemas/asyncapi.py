"""The topics as one AsyncAPI 3.0 document: what is on them, who writes and who reads them."""

from collections.abc import Iterator
from typing import Any

from streams.contracts import CHANNELS, Channel, Event, Topic
from streams.schemas.json_schema import definitions
from streams.settings import PROCESSOR_GROUP
from streams.sink.connectors import SINKS

VERSION = "1.0.0"
"""Of the contracts; what `streams.schemas.compatibility` refuses needs a new major version."""

_KAFKA_BINDING = "0.5.0"
_SCHEMAS = "#/components/schemas/{model}"
_DEAD_LETTER = "DeadLetter"
_REFUSED = "The bytes of `user_id` in UTF-8: a record with another key is refused."
_DEAD_LETTER_HEADERS = {
    "topic": "Topic of the refused record.",
    "partition": "Its partition there.",
    "offset": "Its offset there.",
    "stage": "What refused it.",
    "exception.message": "Why.",
}
"""Of KIP-298, behind the prefix `__connect.errors.`."""

_DESCRIPTION = """\
What shoppers do, what they were shown and who they are, as plain JSON keyed by user. Each kind of
event has three topics: the public one, to which producers write; the validated one, which consumers
should read; and the dead letter queue. docs/events.md explains the events. Contracts change in ways
that break nobody: optional fields and members of enums are added, limits become wider. A consumer
ignores fields and members of enums that it does not know.
"""
_PUBLIC = (
    "What producers sent, unchecked; an event may come twice. Those from the future, and those that"
    " only the processor derives, become dead letters as well."
)


def document() -> dict[str, Any]:
    """The document as JSON values."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Events of the shop",
            "version": VERSION,
            "description": _DESCRIPTION,
            "license": {
                "name": "Apache 2.0",
                "url": "https://www.apache.org/licenses/LICENSE-2.0",
            },
        },
        "defaultContentType": "application/json",
        "servers": {
            "laptop": _server("kafka", "The Kafka that `recsys up` starts."),
            "cluster": {
                **_server("kafka-secure", "The Kafka of the pattern on OpenShift."),
                "security": [{"$ref": "#/components/securitySchemes/certificate"}],
            },
        },
        "channels": {name: content for channel in CHANNELS for name, content in _channels(channel)},
        "operations": {
            name: content for channel in CHANNELS for name, content in _operations(channel)
        },
        "components": {
            "messages": {
                **{channel.contract.__name__: _message(channel.contract) for channel in CHANNELS},
                _DEAD_LETTER: _dead_letter(),
            },
            "schemas": definitions(_SCHEMAS),
            "securitySchemes": {
                "certificate": {
                    "type": "X509",
                    "description": "A client's certificate of Kafka's authority (mutual TLS).",
                }
            },
        },
    }


def _server(protocol: str, description: str) -> dict[str, Any]:
    return {
        "host": "{bootstrapServers}",
        "protocol": protocol,
        "description": description,
        "variables": {
            "bootstrapServers": {
                "description": "Addresses host:port, as in RECSYS_KAFKA_BOOTSTRAP_SERVERS."
            }
        },
    }


def _channels(channel: Channel) -> Iterator[tuple[str, dict[str, Any]]]:
    name = channel.contract.__name__
    yield (
        channel.public.name,
        _channel(channel.public, name, _PUBLIC),
    )
    yield (
        channel.valid.name,
        _channel(
            channel.valid,
            name,
            "Valid events, and those that the processor derives; the last one of an id stands.",
        ),
    )
    yield (
        channel.dead_letters.name,
        _channel(channel.dead_letters, _DEAD_LETTER, "Records that were refused."),
    )


def _channel(topic: Topic, message: str, description: str) -> dict[str, Any]:
    return {
        "address": topic.name,
        "description": description,
        "messages": {message: {"$ref": f"#/components/messages/{message}"}},
        "bindings": {
            "kafka": {
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": ["delete"],
                    "retention.ms": int(topic.retention.total_seconds() * 1000),
                },
                "bindingVersion": _KAFKA_BINDING,
            }
        },
    }


def _message(contract: type[Event]) -> dict[str, Any]:
    return {
        "name": contract.__name__,
        "summary": _first_line(contract.__doc__),
        "contentType": "application/json",
        "payload": {"$ref": _SCHEMAS.format(model=contract.__name__)},
        "bindings": _key(f"{_first_line(contract.key.__doc__)} {_REFUSED}"),
    }


def _dead_letter() -> dict[str, Any]:
    return {
        "name": _DEAD_LETTER,
        "summary": "A refused record as it was, with the circumstances in headers (KIP-298).",
        "contentType": "application/octet-stream",
        "headers": {
            "type": "object",
            "properties": {
                f"__connect.errors.{name}": {"type": "string", "description": description}
                for name, description in _DEAD_LETTER_HEADERS.items()
            },
        },
        "payload": {"description": "The record's value, byte for byte."},
        "bindings": _key("The record's key, byte for byte."),
    }


def _key(description: str) -> dict[str, Any]:
    key = {"type": "string", "description": description}
    return {"kafka": {"key": key, "bindingVersion": _KAFKA_BINDING}}


def _operations(channel: Channel) -> Iterator[tuple[str, dict[str, Any]]]:
    name = channel.contract.__name__
    public, valid, refused = channel.public, channel.valid, channel.dead_letters
    yield f"publish{name}", _operation("send", public, name, "The storefront; any producer may.")
    yield (
        f"validate{name}",
        _operation("receive", public, name, "The processor.", group=PROCESSOR_GROUP),
    )
    yield f"forward{name}", _operation("send", valid, name, "The processor.")
    yield (
        f"refuse{name}",
        _operation("send", refused, _DEAD_LETTER, "The processor; the sink's connector."),
    )
    for sink in SINKS:
        if sink.channel == channel:
            yield (
                f"store{name}",
                _operation(
                    "receive",
                    valid,
                    name,
                    f"The sink, into {sink.table}.",
                    group=sink.consumer_group,
                ),
            )


def _operation(
    action: str, topic: Topic, message: str, who: str, *, group: str | None = None
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "summary": who,
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{message}"}],
    }
    if group is not None:
        operation["bindings"] = {
            "kafka": {
                "groupId": {"type": "string", "const": group},
                "bindingVersion": _KAFKA_BINDING,
            }
        }
    return operation


def _first_line(docstring: str | None) -> str:
    return (docstring or "").strip().partition("\n")[0]
