"""SQL of the replay: which letters have been sent again."""

from typing import Any

from psycopg import Connection

from streams.dead_letters import LetterId


def take(connection: Connection[Any], letter: LetterId) -> bool:
    """Note that the letter is sent again; False if that was noted before.

    Whoever takes a letter that another transaction has taken waits until that one has ended.
    """
    row = connection.execute(
        "insert into events.replayed_dead_letters (topic, partition, record_offset)"
        " values (%s, %s, %s) on conflict do nothing returning true",
        [letter.topic, letter.partition, letter.offset],
    ).fetchone()
    return row is not None


def is_taken(connection: Connection[Any], letter: LetterId) -> bool:
    """Whether the letter has been sent again."""
    row = connection.execute(
        "select from events.replayed_dead_letters"
        " where topic = %s and partition = %s and record_offset = %s",
        [letter.topic, letter.partition, letter.offset],
    ).fetchone()
    return row is not None
