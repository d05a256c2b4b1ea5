"""The lists by which versions are compared."""

from collections.abc import Mapping

from ml.dataset import Dataset
from ml.evaluation.protocol import K, Lists
from ml.ranking.ranker import Ranker
from ml.serving.batch import ItemIndex


def lists_of(ranker: Ranker, dataset: Dataset, held_out: Mapping[str, set[str]]) -> Lists:
    """The K best items of each user after all of the dataset's interactions.

    As `ml.serving.batch.lists_by_user`, every known item is ranked.
    """
    index = ItemIndex.of(ranker.bundle, dataset.known_items())
    users = dataset.known_users()
    users = users[users["user_id"].isin(set(held_out))].reset_index(drop=True)
    blocks = ranker.list_items(index, users, dataset.interactions, k=K, now=None)
    return {
        user: items
        for block in blocks
        for user, items in zip(block.user_ids, block.lists, strict=True)
    }
