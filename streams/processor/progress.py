"""SQL of events.progress: how far each partition of the public topics has been processed.

The rows, not the offsets that Kafka keeps, say what is done. A batch locks the rows of its
partitions before it publishes anything, and saves them with what it remembers. So a worker that
has lost a partition waits for the one that has it, and then finds its records done; and records
that Kafka delivers again are dropped.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from psycopg import Connection


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """A partition of a topic. The id tells a topic from one of the same name that was deleted."""

    topic_id: UUID
    partition: int


def lock(connection: Connection, partitions: Sequence[Partition]) -> dict[Partition, int]:
    """The next offset to process of each partition, locked until the transaction ends."""
    keys = sorted(partitions)  # always in one order, so that two workers never wait for each other
    parameters = [[key.topic_id for key in keys], [key.partition for key in keys]]
    connection.execute(
        "insert into events.progress (topic_id, partition, next_offset)"
        " select topic_id, partition, 0"
        " from unnest(%s::uuid[], %s::int[]) as wanted (topic_id, partition)"
        " on conflict do nothing",
        parameters,
    )
    rows = connection.execute(
        "select topic_id, partition, next_offset from events.progress"
        " where (topic_id, partition) in (select * from unnest(%s::uuid[], %s::int[]))"
        " order by topic_id, partition for update",
        parameters,
    )
    return {Partition(topic_id, number): offset for topic_id, number, offset in rows}


def save(connection: Connection, offsets: Mapping[Partition, int]) -> None:
    """Write the next offset to process of locked partitions."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "update events.progress set next_offset = %s, processed_at = now()"
            " where topic_id = %s and partition = %s",
            [(offset, key.topic_id, key.partition) for key, offset in offsets.items()],
        )


def read(connection: Connection, partitions: Sequence[Partition]) -> dict[Partition, int]:
    """The next offset to process of each partition that has one."""
    rows = connection.execute(
        "select topic_id, partition, next_offset from events.progress"
        " where (topic_id, partition) in (select * from unnest(%s::uuid[], %s::int[]))",
        [[each.topic_id for each in partitions], [each.partition for each in partitions]],
    )
    return {Partition(topic_id, number): offset for topic_id, number, offset in rows}
