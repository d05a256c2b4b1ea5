import json

import pytest

from streams.contracts import CHANNELS, INTERACTIONS, NEW_USERS, Impression, Interaction
from streams.sink.connectors import SINKS, converter_schema, jdbc, sink_connectors

TLS = "sslmode=verify-full&sslrootcert=/etc/recsys/database/ca.crt"


def test_the_schema_covers_the_contract_field_by_field() -> None:
    schema = converter_schema(Interaction)
    assert [field["field"] for field in schema["fields"]] == list(Interaction.model_fields)
    required = {field["field"] for field in schema["fields"] if not field["optional"]}
    assert required == {"interaction_id", "user_id", "item_id", "timestamp", "interaction_type"}


def test_uuids_and_instants_carry_their_semantic_names() -> None:
    fields = {field["field"]: field for field in converter_schema(Interaction)["fields"]}
    assert fields["interaction_id"]["name"] == "io.debezium.data.Uuid"
    assert fields["timestamp"]["name"] == "io.debezium.time.ZonedTimestamp"
    assert fields["quantity"]["type"] == "int32"
    assert fields["rating"]["type"] == "double"


def test_an_array_of_texts_is_one_for_the_sink() -> None:
    fields = {field["field"]: field for field in converter_schema(Impression)["fields"]}
    assert fields["item_ids"] == {
        "field": "item_ids",
        "optional": False,
        "type": "array",
        "items": {"type": "string"},
    }


def test_a_channel_is_stored_once_from_its_validated_topic() -> None:
    stored = [sink.channel for sink in SINKS]
    assert {INTERACTIONS, NEW_USERS} <= set(stored) <= set(CHANNELS)
    assert len(set(stored)) == len(stored)
    for connector in sink_connectors("jdbc:postgresql://db:5432/x", "u", "p", replicas=3):
        assert connector.config["topics"].endswith("-valid")
        assert connector.config["insert.mode"] == "upsert"
        json.loads(connector.config["value.converter.schema.content"])


def test_a_batch_is_one_statement_where_no_column_is_an_array() -> None:
    connectors = sink_connectors("jdbc:postgresql://db:5432/x", "u", "p", replicas=1)
    assert {
        each.name: each.config["dialect.postgres.unnest.insert.enabled"] for each in connectors
    } == {
        "interactions-sink": "true",
        "new-users-sink": "true",
        "impressions-sink": "false",
        "searches-sink": "true",
    }
    assert {each.config["use.reduction.buffer"] for each in connectors} == {"true"}


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgresql://u:p%40ss@h:1/db", ("jdbc:postgresql://h:1/db", "u", "p@ss")),
        ("postgresql://u@h/db", ("jdbc:postgresql://h:5432/db", "u", "")),
        (
            f"postgresql://u:p@h/db?{TLS}",
            (f"jdbc:postgresql://h:5432/db?{TLS}", "u", "p"),
        ),
    ],
)
def test_jdbc_addresses(url: str, expected: tuple[str, str, str]) -> None:
    assert jdbc(url) == expected
