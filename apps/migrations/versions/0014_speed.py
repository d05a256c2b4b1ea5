"""No verdicts are kept, and rows that change once more have room in their pages."""

from alembic import op

revision = "0014"
down_revision = "0013"

# An event that had arrived when its session was judged has a number up to the session's `judged`.
ARRIVALS = """
alter table events.sessions add judged integer not null default 0;
update events.sessions set judged = events where not due;

alter table events.session_events add arrival integer not null default 0;
update events.session_events e set arrival = s.events from events.sessions s
where s.user_id = e.user_id and s.session_id = e.session_id and s.due and case
    when e.is_view then e.verdict is null
    else not exists (
        select from events.session_events v where v.user_id = e.user_id
        and v.session_id = e.session_id and v.item_id = e.item_id
        and v.timestamp <= e.timestamp and v.verdict = 'positive_view'
    )
end;
alter table events.session_events alter arrival drop default, drop verdict;
"""

# Its rows change once more when the session is judged; with room, without touching an index.
ROOM = "alter table events.shopper_items set (fillfactor = 70)"


def upgrade() -> None:
    op.execute(ARRIVALS)
    op.execute(ROOM)
