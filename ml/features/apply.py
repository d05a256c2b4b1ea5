"""Applies the feature definitions: tables, how they are stored, and the rights to push.

Doing it again changes nothing.

What else a role of a cluster may do, reading these tables included, is in
`apps.migrations.grants`.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import psycopg
from feast import FeatureService, FeatureStore, FeatureView
from feast.infra.online_stores.helpers import compute_table_id
from psycopg import Connection
from psycopg.sql import SQL, Identifier

from ml.features import definitions
from streams.features.store import close, repo_config
from streams.settings import FeatureSettings

PUSHES: dict[str, tuple[FeatureView, ...]] = {
    "processor": (definitions.LIVE_HISTORY, definitions.TRENDING_ITEMS),
    "pipeline": (
        definitions.ITEM_TEXTUAL_FEATURES,
        definitions.ITEM_CLIP_FEATURES,
        definitions.USER_TOP_K,
    ),
}
"""The views whose online tables each role writes."""

DELETES: dict[str, tuple[FeatureView, ...]] = {
    "processor": tuple(
        each
        for each in definitions.OBJECTS
        if isinstance(each, FeatureView)
        and each.online
        and set(each.entities) in ({"user"}, {"model", "user"})
    ),
    "pipeline": (definitions.USER_TOP_K,),
}
"""The views from which the processor removes people, and the pipeline old versions."""

_STORAGE = SQL("alter table {} set (toast_tuple_target = 8160, fillfactor = 50)")
"""Of live histories, which change all the time.

One has 3 kB. From 2 kB on PostgreSQL compresses a row, which takes longer than all the rest of
writing it, unless told that up to 8 kB are no hurry. The other half of a page has room for a row's
next version, so that no index changes with it.
"""


def apply(settings: FeatureSettings) -> None:
    """Register the definitions, create the online tables and grant the rights to write them.

    The owner of the schema runs this.
    """
    store = FeatureStore(config=repo_config(settings, registry_tables="auto"))
    store.apply(list(definitions.OBJECTS), _undefined(store), partial=False)
    close(store)
    with psycopg.connect(settings.database_url) as connection:
        connection.execute(
            _STORAGE.format(_table(settings.feast_project, definitions.LIVE_HISTORY))
        )
        _grant(connection, settings.feast_project, SQL("insert, update"), PUSHES)
        _grant(connection, settings.feast_project, SQL("delete"), DELETES)


def _undefined(store: FeatureStore) -> list[Any]:
    """What was applied once and is defined no more."""
    defined = {(type(each), each.name) for each in definitions.OBJECTS}
    applied = [*store.list_feature_views(), *store.list_feature_services()]
    return [
        each
        for each in applied
        if isinstance(each, FeatureView | FeatureService) and (type(each), each.name) not in defined
    ]


def _grant(
    connection: Connection[Any],
    project: str,
    rights: SQL,
    views: Mapping[str, Sequence[FeatureView]],
) -> None:
    """Grant rights to those roles that exist: a laptop has none of them."""
    existing = {name for (name,) in connection.execute("select rolname from pg_roles")}
    for role in views.keys() & existing:
        for view in views[role]:
            connection.execute(
                SQL("grant {} on {} to {}").format(rights, _table(project, view), Identifier(role))
            )


def _table(project: str, view: FeatureView) -> Identifier:
    return Identifier("feast", compute_table_id(project, view))
