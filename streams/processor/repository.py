"""SQL of the processor's memory: the events of sessions that may still change a verdict.

events.sessions has a row per shopper and session id, events.session_events one per event. They are
appended to, so an event costs the same in a long session as in a short one. They are in PostgreSQL
rather than in a Faust table with a changelog topic: they are saved with a batch's progress, need no
recovery when a worker starts or a partition moves, and may exceed a worker's memory.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from psycopg import Connection

from streams.contracts import Interaction, InteractionType
from streams.processor.sessions import SessionEvent, SessionKey, key_of

MAX_SESSION_EVENTS = 10_000
"""Events that are remembered under one session id; those beyond have no part in a verdict."""


def is_migrated(connection: Connection) -> bool:
    """Whether the tables exist, those that were added last included."""
    row = connection.execute("select to_regclass('events.unstored_records') is not null").fetchone()
    return bool(row and row[0])


def remember(connection: Connection, interactions: Sequence[Interaction]) -> list[Interaction]:
    """Add events to their sessions, for which verdicts are then due; returns those that are new.

    One known already is left, and so is one of a session that is full.
    """
    full = _touch_sessions(connection, interactions)
    # Of events with one id the first is kept, as it would be in two batches.
    events = {
        (*key_of(event), event.interaction_id): event
        for event in reversed(interactions)
        if key_of(event) not in full
    }
    rows = [
        (*key, event.item_id, event.timestamp, event.interaction_type is InteractionType.VIEW)
        for key, event in events.items()
    ]
    cursor = connection.execute(
        "insert into events.session_events"
        " (user_id, session_id, interaction_id, item_id, timestamp, is_view)"
        " select * from unnest(%s::text[], %s::text[], %s::uuid[], %s::text[],"
        " %s::timestamptz[], %s::boolean[])"
        " on conflict do nothing returning user_id, session_id, interaction_id",
        _columns(rows, 6),
    )
    return [events[key] for key in cursor]


def _touch_sessions(connection: Connection, interactions: Iterable[Interaction]) -> set[SessionKey]:
    """Note that events have arrived; returns the sessions that are full."""
    newest: dict[SessionKey, Interaction] = {}
    counts: dict[SessionKey, int] = {}
    for event in interactions:
        key = key_of(event)
        counts[key] = counts.get(key, 0) + 1
        if key not in newest or event.timestamp > newest[key].timestamp:
            newest[key] = event
    rows = [(*key, newest[key].timestamp, counts[key]) for key in sorted(newest)]
    cursor = connection.execute(
        "insert into events.sessions as s (user_id, session_id, latest, events)"
        " select * from unnest(%s::text[], %s::text[], %s::timestamptz[], %s::int[])"
        " on conflict (user_id, session_id) do update set"
        " latest = greatest(s.latest, excluded.latest),"
        " events = s.events + excluded.events,"
        " arrived_at = now(), due = true"
        " returning user_id, session_id, events",
        _columns(rows, 4),
    )
    return {(user, session) for user, session, events in cursor if events > MAX_SESSION_EVENTS}


def take_ended(
    connection: Connection, gap: timedelta, grace: timedelta, limit: int
) -> dict[SessionKey, list[SessionEvent]]:
    """The events of up to `limit` sessions that have ended with verdicts due.

    Nothing is due of them any more when the transaction ends. Those that another worker holds are
    left to it.
    """
    rows = connection.execute(
        "with ended as ("
        " update events.sessions set due = false where (user_id, session_id) in ("
        "  select user_id, session_id from events.sessions where due"
        "  and latest < now() - %s and arrived_at < now() - %s"
        "  order by arrived_at limit %s for update skip locked)"
        " returning user_id, session_id)"
        " select user_id, session_id, interaction_id, item_id, timestamp, is_view, verdict"
        " from ended left join events.session_events using (user_id, session_id)",
        [gap, grace, limit],
    )
    sessions: dict[SessionKey, list[SessionEvent]] = {}
    for user_id, session_id, interaction_id, item_id, timestamp, is_view, verdict in rows:
        events = sessions.setdefault((user_id, session_id), [])
        if interaction_id is not None:
            published = InteractionType(verdict) if verdict else None
            events.append(SessionEvent(interaction_id, item_id, timestamp, is_view, published))
    return sessions


def save_verdicts(
    connection: Connection, verdicts: Mapping[SessionKey, Mapping[UUID, Interaction]]
) -> None:
    """Note the verdicts that were published last, by session and view."""
    rows = [
        (*key, view_id, verdict.interaction_type.value)
        for key, by_view in verdicts.items()
        for view_id, verdict in by_view.items()
    ]
    connection.execute(
        "update events.session_events e set verdict = v.verdict"
        " from unnest(%s::text[], %s::text[], %s::uuid[], %s::text[])"
        " as v (user_id, session_id, interaction_id, verdict)"
        " where e.user_id = v.user_id and e.session_id = v.session_id"
        " and e.interaction_id = v.interaction_id",
        _columns(rows, 4),
    )


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


def _columns(rows: Sequence[tuple[object, ...]], width: int) -> list[list[object]]:
    return [[row[column] for row in rows] for column in range(width)]
