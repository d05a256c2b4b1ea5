"""The contracts as JSON Schema and AsyncAPI, against the contracts themselves."""

import json
from typing import Any

import pytest
from asyncapi3.models import AsyncAPI3
from jsonschema import Draft202012Validator, FormatChecker
from pydantic import ValidationError

from streams.contracts import CHANNELS, TOPICS, Interaction
from streams.schemas.asyncapi import document
from streams.schemas.json_schema import json_schema
from streams.sink.connectors import SINKS
from support.broken_records import GOOD, WRONG_FIELD, WRONG_TIMESTAMP, record

BEYOND_JSON_SCHEMA = {
    "id with a line's end",  # Python's $ matches before it
    "user with NUL",
    "item only NUL",
    "title with NUL",
    "quantity a whole fraction",  # 2.0 and 1e2 are integers there
    "quantity with an exponent",
    "rating NaN",  # no JSON
    "position NaN",
    "rating infinite",
    "rating 1e999",
    "rating of more digits than a double",
    "rating that only a double takes for a half",
}
TIMES_BEYOND_JSON_SCHEMA = {
    "line's end behind",
    "second 61",
    "minute 60",
    "hour 24",
    "month 13",
    "month 0",
    "30 February",
    "29 February of no leap year",
    "leap second",
    "year 0",
    "year 1",
    "year 1815",
    "1970",
    "the last second of 1989",
    "1990 only by its offset",
    "2100",
    "2100 by its offset",
    "year 9999",
}


@pytest.fixture(scope="module")
def interactions() -> Draft202012Validator:
    return Draft202012Validator(json_schema(Interaction), format_checker=FormatChecker())


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"interaction_type": "rate", "rating": 4.5, "review_title": "fine"},
        {"quantity": 10_000, "position": 100_000, "rating": 5, "session_id": None},
        {"colour": "blue"},
        {"timestamp": "1990-01-01T00:00:00Z"},
    ],
)
def test_the_schema_takes_what_the_contract_takes(
    interactions: Draft202012Validator, fields: dict[str, Any]
) -> None:
    value = record(**fields)
    Interaction.decode(value)
    interactions.validate(json.loads(value))
    interactions.validate(json.loads(Interaction.decode(value).encode()))


@pytest.mark.parametrize("name", sorted(WRONG_FIELD.keys() - BEYOND_JSON_SCHEMA))
def test_the_schema_refuses_what_the_contract_refuses(
    interactions: Draft202012Validator, name: str
) -> None:
    assert not interactions.is_valid(json.loads(WRONG_FIELD[name][1]))


@pytest.mark.parametrize("name", sorted(WRONG_TIMESTAMP.keys() - TIMES_BEYOND_JSON_SCHEMA))
def test_the_schema_refuses_what_is_no_instant(
    interactions: Draft202012Validator, name: str
) -> None:
    assert not interactions.is_valid(json.loads(record(timestamp=WRONG_TIMESTAMP[name])))


def test_the_document_is_valid_asyncapi() -> None:
    AsyncAPI3.model_validate(document())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("asyncapi",), "2.6.0"),
        (("channels", "interactions", "adress"), "x"),
        (("operations", "publishInteraction", "action"), "publish"),
        (("channels", "interactions", "bindings", "kafka", "partitions"), 0),
    ],
)
def test_the_check_of_asyncapi_finds_mistakes(path: tuple[str, ...], value: Any) -> None:
    damaged = json.loads(json.dumps(document()))
    inner = damaged
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = value
    with pytest.raises(ValidationError):
        AsyncAPI3.model_validate(damaged)


def references(value: Any) -> list[str]:
    if isinstance(value, dict):
        own = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return own + [each for inner in value.values() for each in references(inner)]
    if isinstance(value, list):
        return [each for inner in value for each in references(inner)]
    return []


def test_every_reference_of_the_document_leads_somewhere() -> None:
    found = document()
    for reference in references(found):
        target = found
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]
        assert target


def test_the_document_has_every_topic_with_its_retention_and_partitions() -> None:
    channels = document()["channels"]
    assert list(channels) == [topic.name for topic in TOPICS]
    for topic in TOPICS:
        kafka = channels[topic.name]["bindings"]["kafka"]
        assert channels[topic.name]["address"] == topic.name
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"]["retention.ms"] == topic.retention.total_seconds() * 1000


def test_every_public_topic_is_written_and_read_and_every_sink_reads() -> None:
    operations = document()["operations"].values()
    done = {(each["action"], each["channel"]["$ref"]) for each in operations}
    for channel in CHANNELS:
        assert ("receive", f"#/channels/{channel.public.name}") in done
        for topic in (channel.public, channel.valid, channel.dead_letters):
            assert ("send", f"#/channels/{topic.name}") in done
    for sink in SINKS:
        assert ("receive", f"#/channels/{sink.channel.valid.name}") in done


def test_fields_are_described_in_the_words_of_the_code() -> None:
    schema = document()["components"]["schemas"]["Interaction"]
    assert schema["properties"]["position"]["description"] == "Place in that list, from 0."
    assert set(schema["required"]) == set(GOOD)
