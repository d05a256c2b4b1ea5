"""SQL that changes the merchandising rules. What serving reads is in `ml.registry`."""

from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.json import Jsonb

from ml.merchandising import MerchandisingRule


def lock(connection: Connection[Any]) -> None:
    """Let nobody else change a rule until the transaction ends."""
    connection.execute("lock table shop.merchandising_rules in share row exclusive mode")


def add(connection: Connection[Any], rule: MerchandisingRule, created_by: str) -> None:
    """Store a new rule."""
    connection.execute(
        "insert into shop.merchandising_rules (name, action, target, amount, department, surface,"
        " min_age, max_age, occasion, starts_at, ends_at, created_by)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (
            rule.name,
            rule.action,
            Jsonb(rule.target.model_dump(mode="json", exclude_defaults=True)),
            rule.amount,
            rule.audience.department,
            rule.audience.surface,
            rule.audience.min_age,
            rule.audience.max_age,
            Jsonb(rule.occasion.model_dump(mode="json", exclude_defaults=True)),
            rule.starts_at,
            rule.ends_at,
            created_by,
        ),
    )


def remove(connection: Connection[Any], name: str) -> bool:
    """Remove a rule; False if there is none of this name."""
    done = connection.execute("delete from shop.merchandising_rules where name = %s", (name,))
    return done.rowcount == 1


def origin(connection: Connection[Any], name: str) -> tuple[datetime, str] | None:
    """When and by whom a rule was added; None if there is none of this name."""
    return connection.execute(
        "select created_at, created_by from shop.merchandising_rules where name = %s", (name,)
    ).fetchone()
