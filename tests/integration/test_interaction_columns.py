"""One shape of an interaction: contract, table, the sink's schema and Feast's view."""

import psycopg
import pytest

from ml.features.definitions import INTERACTIONS_FEATURES
from streams.contracts import ColumnType, Event, Impression, Interaction, NewUser, Search
from streams.sink.connectors import converter_schema
from support.pattern.charts import CHARTS

pytestmark = pytest.mark.integration

COLUMN_TYPES: dict[ColumnType, str] = {
    "uuid": "uuid",
    "instant": "timestamp with time zone",
    "text": "text",
    "integer": "integer",
    "number": "double precision",
    "texts": "ARRAY",
}
NO_FEATURES = {"session_id", "surface", "position", "model_version", "experiment"}


@pytest.mark.parametrize(
    ("table", "contract"),
    [
        ("interactions", Interaction),
        ("new_users", NewUser),
        ("impressions", Impression),
        ("searches", Search),
    ],
)
def test_the_table_has_the_columns_of_the_contract(
    database_url: str, table: str, contract: type[Event]
) -> None:
    with psycopg.connect(database_url) as connection:
        columns = connection.execute(
            "select column_name, data_type, is_nullable = 'YES' from information_schema.columns"
            " where table_schema = 'events' and table_name = %s order by ordinal_position",
            [table],
        ).fetchall()
    own = [("ingested_at", "timestamp with time zone", False)] if table == "interactions" else []
    assert columns == [
        *((each.name, COLUMN_TYPES[each.type], each.optional) for each in contract.columns()),
        *own,
    ]


def test_the_sink_writes_the_columns_of_the_contract() -> None:
    fields = converter_schema(Interaction)["fields"]
    assert [(field["field"], field["optional"]) for field in fields] == [
        (column.name, column.optional) for column in Interaction.columns()
    ]


def test_the_chart_has_the_sinks_schema() -> None:
    connectors = (CHARTS["connect"] / "files" / "connectors.json").read_text()
    for name in Interaction.model_fields:
        assert f'\\"field\\": \\"{name}\\"' in connectors


def test_the_feature_view_has_the_columns_of_the_contract(database_url: str) -> None:
    names = {field.name for field in INTERACTIONS_FEATURES.schema} | {"timestamp"}
    assert names == set(Interaction.model_fields) - NO_FEATURES
    with psycopg.connect(database_url) as connection:
        assert INTERACTIONS_FEATURES.batch_source is not None
        query = INTERACTIONS_FEATURES.batch_source.get_table_query_string().strip("()")
        cursor = connection.execute(query.encode())
        assert cursor.description is not None
        assert {column.name for column in cursor.description} == names | {"ingested_at"}
