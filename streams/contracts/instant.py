"""Instants: in Python a datetime in UTC, in JSON an RFC 3339 text."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime
from pydantic_core import core_schema

from streams.contracts.notation import Notation

EARLIEST_INSTANT = datetime(1990, 1, 1, tzinfo=UTC)
LATEST_INSTANT = datetime(2100, 1, 1, tzinfo=UTC)
"""Exclusive."""


def _in_utc(value: datetime) -> datetime:
    if EARLIEST_INSTANT.year <= value.year < LATEST_INSTANT.year:
        value = value.astimezone(UTC)  # first, for instants of one zone are compared much faster
    if not EARLIEST_INSTANT <= value < LATEST_INSTANT:
        raise ValueError("the instant must lie in the years 1990 to 2099")
    return value.astimezone(UTC)


_RFC_3339 = Notation(
    # PostgreSQL keeps microseconds, and Java's clients know offsets of up to 18 hours.
    pattern=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
        r"(?:Z|[+-](?:0[0-9]|1[0-7]):[0-5][0-9]|[+-]18:00)$"
    ),
    json_format="date-time",
    parse=core_schema.datetime_schema(strict=False, tz_constraint="aware"),
)

Instant = Annotated[AwareDatetime, _RFC_3339, AfterValidator(_in_utc)]
"""An instant in the years 1990 to 2099, to the microsecond, with its offset; kept in UTC."""

CLOCK_SKEW = timedelta(minutes=5)
"""How far ahead of the processor's clock an event may lie, for clocks are never quite the same."""
