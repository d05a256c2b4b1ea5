"""Who pushes what: the rights that the roles of a cluster have on Feast's online tables.

What else a role may do, reading these tables included, is in `apps.migrations.grants`.
"""

from typing import Any

from feast import FeatureView
from feast.infra.online_stores.helpers import compute_table_id
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from ml.features import definitions

PUSHES: dict[str, tuple[FeatureView, ...]] = {
    "processor": (definitions.LIVE_HISTORY,),
    "pipeline": (
        definitions.ITEM_EMBEDDING,
        definitions.USER_EMBEDDING,
        definitions.USER_ITEMS,
        definitions.ITEM_TEXTUAL_FEATURES_EMBED,
        definitions.ITEM_CLIP_FEATURES_EMBED,
    ),
}


def grant_pushes(connection: Connection[Any], project: str) -> None:
    """Grant it to those roles that exist: a laptop has none of them."""
    there = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for role in PUSHES.keys() & there:
        for view in PUSHES[role]:
            connection.execute(
                SQL("grant insert, update on {} to {}").format(
                    Identifier("feast", compute_table_id(project, view)), Identifier(role)
                )
            )
