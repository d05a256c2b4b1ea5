"""What each role of a cluster may do; it may do nothing else.

The owner of all schemas runs the migrations, the other roles log in. Rights on what Feast's online
tables hold are in `ml.features.apply`, because Feast makes those tables later. To take a right
away, revoke it in a migration.
"""

from dataclasses import dataclass

from sqlalchemy import Connection, text

_READ = "select"
_WRITE = "select, insert, update"
_OWN = "select, insert, update, delete"


@dataclass(frozen=True, slots=True)
class Grant:
    """Rights of one role in one schema."""

    role: str
    schema: str
    on_tables: str = ""
    tables: tuple[str, ...] = ()
    """All tables if empty, including those that are created later."""


GRANTS = (
    Grant("storefront", "shop", _OWN),
    Grant(
        "storefront",
        "events",
        _READ,
        ("interactions", "new_users", "erased_users", "searches", "popular_searches"),
    ),
    Grant("storefront", "ml", _READ),
    Grant("storefront", "feast", _READ),
    Grant(
        "processor",
        "events",
        _OWN,
        (
            "progress",
            "sessions",
            "session_events",
            "shopper_items",
            "item_counters",
            "trending_items",
            "erased_users",
            "reconciled",
            "unstored_records",
        ),
    ),
    # `recsys dlq replay` runs in its pod.
    Grant("processor", "events", "select, insert", ("replayed_dead_letters",)),
    # It erases people.
    Grant(
        "processor",
        "events",
        "select, delete",
        ("interactions", "new_users", "impressions", "searches"),
    ),
    # What is trending in a category.
    Grant("processor", "shop", f"{_READ} (item_id, category)", ("products",)),
    Grant("processor", "feast", _READ),
    Grant("connect", "events", _WRITE, ("interactions", "new_users", "impressions", "searches")),
    Grant("pipeline", "shop", _READ, ("products",)),
    Grant("pipeline", "events", _READ, ("interactions", "new_users", "erased_users")),
    # maintain: it analyses the vectors that it has written.
    Grant("pipeline", "ml", f"{_OWN}, maintain"),
    Grant("pipeline", "feast", _READ),
    # Nothing that names a person or gives access to an account.
    Grant("analyst", "shop", _READ, ("products", "orders", "order_lines", "reviews")),
    Grant(
        "analyst",
        "events",
        _READ,
        ("interactions", "item_counters", "trending_items", "popular_searches"),
    ),
    Grant("analyst", "events", f"{_READ} (user_id, preferences, signup_date)", ("new_users",)),
    Grant(
        "analyst",
        "ml",
        _READ,
        ("model_versions", "live_version", "popular_items", "bought_together"),
    ),
)
ROLES = frozenset(each.role for each in GRANTS)


def missing_roles(connection: Connection) -> list[str]:
    """Roles of a cluster that the server does not have."""
    present = connection.scalars(text("select rolname from pg_roles"))
    return sorted(ROLES.difference(present))


def grant(connection: Connection) -> None:
    """Grant everything to those roles that exist; running it again changes nothing."""
    missing = missing_roles(connection)
    for each in GRANTS:
        if each.role not in missing:
            for statement in _statements(each):
                connection.execute(text(statement))


def _statements(each: Grant) -> list[str]:
    schema = f"grant usage on schema {each.schema} to {each.role}"
    if not each.on_tables:
        return [schema]
    rights = f"grant {each.on_tables} on"
    if each.tables:
        tables = ", ".join(f"{each.schema}.{table}" for table in each.tables)
        return [schema, f"{rights} {tables} to {each.role}"]
    return [
        schema,
        f"{rights} all tables in schema {each.schema} to {each.role}",
        f"alter default privileges in schema {each.schema} {rights} tables to {each.role}",
    ]
