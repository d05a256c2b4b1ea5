"""SQL of the processor's memory: the events of sessions that may still change a verdict.

events.sessions has a row per shopper and session id, events.session_events one per event. They are
appended to, so an event costs the same in a long session as in a short one. An event's `arrival` is
the number of events that its session had by then, and a session's `judged` is that number when it
was judged. So what was published follows from the events up to there. They are in PostgreSQL
rather than in a Faust table with a changelog topic: they are saved with a batch's progress, need no
recovery when a worker starts or a partition moves, and may exceed a worker's memory.
"""

from collections.abc import Sequence
from datetime import timedelta

from psycopg import Connection

from streams.processor.json_array import json_array
from streams.processor.sessions import SessionEvent, SessionKey, with_verdicts

MAX_SESSION_EVENTS = 10_000
"""Events that are remembered under one session id; those beyond have no part in a verdict."""


def is_migrated(connection: Connection) -> bool:
    """Whether the tables have what was added last."""
    row = connection.execute(
        "select exists (select from pg_attribute"
        " where attrelid = to_regclass('events.session_events') and attname = 'arrival')"
    ).fetchone()
    return bool(row and row[0])


def remember(connection: Connection, events: Sequence[bytes]) -> Sequence[bytes]:
    """Add encoded interactions to their sessions, for which verdicts are then due.

    Returns those that are new. One known already is left, and so is one of a session that is full.
    """
    parameters = {"events": json_array(events), "max_events": MAX_SESSION_EVENTS}
    row = connection.execute(_REMEMBER, parameters).fetchone()
    places = row[0] if row else None
    return events if places is None else [events[place - 1] for place in places]


def take_ended(
    connection: Connection, gap: timedelta, grace: timedelta, limit: int
) -> dict[SessionKey, list[SessionEvent]]:
    """The events of up to `limit` sessions that have ended with verdicts due.

    They are judged when the transaction ends. Those that another worker holds are left to it.
    The verdicts that were published before follow from the events that had arrived by then.
    """
    ended = connection.execute(
        "update events.sessions set due = false, judged = events where (user_id, session_id) in ("
        "  select user_id, session_id from events.sessions where due"
        "  and latest < now() - %s and arrived_at < now() - %s"
        "  order by arrived_at limit %s for update skip locked)"
        " returning user_id, session_id, old.judged",
        [gap, grace, limit],
    ).fetchall()
    if not ended:
        return {}
    cursor = connection.cursor(binary=True)
    # A statement of its own, for it sees what was committed before the sessions were locked.
    cursor.execute(
        "select number, interaction_id, item_id, timestamp, is_view, arrival <= judged"
        " from unnest(%b::text[], %b::text[], %b::int[])"
        "  with ordinality as ended (user_id, session_id, judged, number)"
        " join events.session_events using (user_id, session_id)",
        _columns(ended, 3),
    )
    sessions: list[list[tuple[SessionEvent, bool]]] = [[] for _ in ended]
    for number, interaction_id, item_id, timestamp, is_view, was_judged in cursor:
        event = SessionEvent(interaction_id, item_id, timestamp, is_view)
        sessions[number - 1].append((event, was_judged))
    return {
        (user_id, session_id): with_verdicts(events, gap)
        for (user_id, session_id, _), events in zip(ended, sessions, strict=True)
    }


def expire(connection: Connection, age: timedelta, limit: int) -> int:
    """Forget up to `limit` judged sessions for which nothing has arrived that long; counts them."""
    row = connection.execute(
        "with expired as ("
        " delete from events.sessions where (user_id, session_id) in ("
        "  select user_id, session_id from events.sessions where not due"
        "  and arrived_at < now() - %s limit %s for update skip locked)"
        " returning user_id, session_id),"
        " forgotten as (delete from events.session_events e using expired x"
        "  where e.user_id = x.user_id and e.session_id = x.session_id)"
        " select count(*) from expired",
        [age, limit],
    ).fetchone()
    return int(row[0]) if row else 0


_REMEMBER = """
with batch as materialized (
    select user_id, coalesce(session_id, '') as session_id, interaction_id, item_id, timestamp,
        interaction_type = 'view' as is_view, place
    from rows from (json_to_recordset(%(events)s::json) as (
        user_id text, session_id text, interaction_id uuid, item_id text, timestamp timestamptz,
        interaction_type text
    )) with ordinality as event
        (user_id, session_id, interaction_id, item_id, timestamp, interaction_type, place)
), arrived as (
    insert into events.sessions as s (user_id, session_id, latest, events)
    select user_id, session_id, max(timestamp), count(*)
    from batch group by user_id, session_id order by user_id, session_id
    on conflict (user_id, session_id) do update set
        latest = greatest(s.latest, excluded.latest),
        events = s.events + excluded.events,
        arrived_at = now(), due = true
    returning user_id, session_id, events as arrival
), added as (
    insert into events.session_events
        (user_id, session_id, interaction_id, item_id, timestamp, is_view, arrival)
    select user_id, session_id, interaction_id, item_id, timestamp, is_view, arrival
    from batch join arrived using (user_id, session_id)
    where arrival <= %(max_events)s
    -- One session after the other, for they are neighbours in the index. Of events with one id
    -- the first is kept, as it would be in two batches.
    order by user_id, session_id, place
    on conflict do nothing
    returning user_id, session_id, interaction_id
)
select case when (select count(*) from added) < (select count(*) from batch) then array(
    select min(place) from batch join added using (user_id, session_id, interaction_id)
    group by user_id, session_id, interaction_id order by 1
) end
"""


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]
