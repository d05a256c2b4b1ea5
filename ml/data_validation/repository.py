"""All SQL of the data validation: what the tables of a run cannot tell about its clock."""

from datetime import datetime

from ml.registry.repository import Connection


def now(connection: Connection) -> datetime:
    """The instant by the database's clock."""
    (instant,) = connection.execute("select clock_timestamp()").fetchone() or (None,)
    assert isinstance(instant, datetime)
    return instant


def interactions_after(connection: Connection, instant: datetime) -> int:
    """How many interactions happened after an instant, by the clocks of those who sent them."""
    (count,) = connection.execute(
        "select count(*) from events.interactions where timestamp > %s", (instant,)
    ).fetchone() or (0,)
    return int(count)
