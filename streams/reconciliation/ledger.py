"""SQL of the reconciliation: which events have rows, and what it remembers."""

from collections.abc import Iterable, Sequence
from typing import Any, Self

from psycopg import Connection, sql

from streams.contracts import Topic
from streams.reconciliation.reading import Offsets
from streams.reconciliation.records import Record
from streams.sink.connectors import Sink

_TABLES = ("reconciled", "unstored_records")


def with_rows(connection: Connection[Any], sink: Sink, records: Iterable[Record]) -> set[str]:
    """The ids of those events that the sink's table has."""
    rows = connection.execute(
        sql.SQL("select {key}::text from {table} where {key} = any(%s::{type}[])").format(
            **_names(sink)
        ),
        [[each.event_id for each in records if each.event_id is not None]],
    )
    return {event_id for (event_id,) in rows}


class Ledger:
    """How far the reconciliation is, and the records without a row: refused and missing ones.

    A record is remembered for as long as its topic keeps it.

    Args:
        schema: of its two tables.
    """

    def __init__(self, schema: str = "events") -> None:
        self._reconciled, self._unstored = (sql.Identifier(schema, each) for each in _TABLES)

    @classmethod
    def temporary(cls, connection: Connection[Any]) -> Self:
        """An empty one that ends with the connection."""
        for table in _TABLES:
            connection.execute(
                sql.SQL("create temporary table {} (like {} including all)").format(
                    sql.Identifier(table), sql.Identifier("events", table)
                )
            )
        return cls("pg_temp")

    def positions(self, connection: Connection[Any], topic: Topic) -> dict[int, int]:
        """The next offset to read of each partition that has been read."""
        statement = sql.SQL("select partition, next_offset from {} where topic = %s")
        rows = connection.execute(statement.format(self._reconciled), [topic.name])
        return dict(rows.fetchall())

    def save(self, connection: Connection[Any], topic: Topic, positions: Offsets) -> None:
        """Write the next offset to read of each partition."""
        statement = sql.SQL(
            "insert into {} (topic, partition, next_offset)"
            " select %s, * from unnest(%s::int[], %s::bigint[])"
            " on conflict (topic, partition) do update set next_offset = excluded.next_offset"
        )
        connection.execute(
            statement.format(self._reconciled), [topic.name, list(positions), [*positions.values()]]
        )

    def note(
        self, connection: Connection[Any], records: Iterable[Record], *, is_refused: bool
    ) -> None:
        """Remember records without a row. One that was missing may turn out to be refused."""
        by_place = {each[:3]: each for each in records}  # the sink may refuse a record twice
        if not by_place:
            return
        statement = sql.SQL(
            "insert into {} as known"
            " (is_refused, topic, partition, record_offset, event_id, user_id)"
            " select %s, * from unnest(%s::text[], %s::int[], %s::bigint[], %s::text[], %s::text[])"
            " on conflict (topic, partition, record_offset)"
            " do update set is_refused = known.is_refused or excluded.is_refused"
        )
        columns = map(list, zip(*by_place.values(), strict=True))
        connection.execute(statement.format(self._unstored), [is_refused, *columns])

    def refused(self, connection: Connection[Any], records: Sequence[Record]) -> set[Record]:
        """Those of the records that a dead letter is about, or about whose event one is."""
        statement = sql.SQL(
            "select number from unnest(%s::text[], %s::int[], %s::bigint[], %s::text[])"
            " with ordinality as given (topic, partition, record_offset, event_id, number)"
            " where exists (select from {unstored} u where u.is_refused"
            "  and u.topic = given.topic and u.partition = given.partition"
            "  and u.record_offset = given.record_offset)"
            " or exists (select from {unstored} u where u.is_refused"
            "  and u.event_id = given.event_id)"
        )
        columns = [*map(list, zip(*records, strict=True))][:4]
        rows = connection.execute(statement.format(unstored=self._unstored), columns)
        return {records[number - 1] for (number,) in rows}

    def settle(self, connection: Connection[Any], sink: Sink) -> None:
        """Forget missing records of the sink's channel that have a row by now."""
        statement = sql.SQL(
            "delete from {unstored} u where not is_refused and topic = any(%s)"
            " and exists (select from {table} where {key} = u.event_id::{type})"
        )
        connection.execute(
            statement.format(unstored=self._unstored, **_names(sink)),
            [[sink.channel.public.name, sink.channel.valid.name]],
        )

    def forget(self, connection: Connection[Any], topic: Topic, oldest: Offsets) -> None:
        """Forget records before the oldest one of each partition."""
        statement = sql.SQL(
            "delete from {} u using unnest(%s::int[], %s::bigint[]) as oldest (partition, first)"
            " where u.topic = %s and u.partition = oldest.partition and record_offset < first"
        )
        connection.execute(
            statement.format(self._unstored), [list(oldest), [*oldest.values()], topic.name]
        )

    def missing(self, connection: Connection[Any]) -> dict[str, int]:
        """The number of missing records by topic."""
        statement = sql.SQL("select topic, count(*) from {} where not is_refused group by topic")
        return dict(connection.execute(statement.format(self._unstored)).fetchall())

    def missing_records(self, connection: Connection[Any]) -> list[Record]:
        """The missing records, in the order of their topics."""
        statement = sql.SQL(
            "select topic, partition, record_offset, event_id, user_id from {}"
            " where not is_refused order by 1, 2, 3"
        )
        return [Record(*row) for row in connection.execute(statement.format(self._unstored))]


def _names(sink: Sink) -> dict[str, sql.Composable]:
    return {
        "table": sql.Identifier(*sink.table.split(".")),
        "key": sql.Identifier(sink.primary_key),
        "type": sql.SQL("uuid" if sink.has_uuids else "text"),
    }
