"""Reads every user's list back from the Feast online store and scores it on held-out items."""

from collections.abc import Collection, Mapping
from contextlib import closing

import pandas as pd
import psycopg

from apps.local import repository
from apps.local.demo.report import Report
from ml.evaluation.metrics import NDCG, RECALL
from ml.evaluation.popularity import popularity_lists
from ml.evaluation.protocol import K, score_lists
from ml.features.online import OnlineFeatures
from ml.registry import repository as registry
from ml.settings import MlSettings


def read_back(settings: MlSettings, report: Report) -> dict[str, tuple[str, ...]]:
    """Every user's list of the live version in Feast.

    Checks that each user has one, and that none repeats an item that the user has seen.
    """
    with psycopg.connect(settings.database_url) as connection:
        users = repository.users(connection)
        pairs = repository.interacted_items(connection)
        live = registry.live_version(connection)
    seen: dict[str, set[str]] = {}
    for user_id, item_id in pairs:
        seen.setdefault(user_id, set()).add(item_id)
    with closing(OnlineFeatures(settings)) as features:
        served = features.top_k_of(live, users) if live else {}
    lists = {user_id: items for user_id, items in served.items() if items}
    report.model_version = live
    report.users_with_top_k = len(lists)
    repeated = sum(not seen.get(user, set()).isdisjoint(items) for user, items in lists.items())
    report.check(
        "every user has a list of the live version in Feast",
        held=len(lists) == len(users),
        found=f"{len(lists)} of {len(users)}",
    )
    report.check(
        "no list repeats an item that its user has seen",
        held=not repeated,
        found=f"{repeated} do",
    )
    return lists


def score(
    settings: MlSettings,
    lists: Mapping[str, tuple[str, ...]],
    held_out: Mapping[str, Collection[str]],
    report: Report,
) -> None:
    """Add recall and NDCG of the lists, and of popularity, to the report."""
    with psycopg.connect(settings.database_url) as connection:
        pairs = repository.interacted_items(connection)
    scores = score_lists(lists, held_out, K)
    interactions = pd.DataFrame(pairs, columns=["user_id", "item_id"])
    popularity = score_lists(popularity_lists(interactions, list(held_out), K), held_out, K)
    report.held_out_users = scores.users
    report.recall_at_20, report.ndcg_at_20 = scores[RECALL], scores[NDCG]
    report.popularity_recall_at_20 = popularity[RECALL]
    report.popularity_ndcg_at_20 = popularity[NDCG]
