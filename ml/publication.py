"""Makes a trained bundle the live version: everything is written first, the switch comes last.

Publishing the same version again writes the same, so a run that was interrupted can be repeated.
Until the switch every reader is served by the previous version.
"""

import shutil
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import psycopg

from ml.card.make import FOLDER as CARD
from ml.dataset import Dataset
from ml.evaluation.popularity import most_popular
from ml.features.online import OnlineFeatures
from ml.ranking.ranker import FOLDER as RANKER
from ml.ranking.ranker import Ranker
from ml.registry import bundles, repository
from ml.registry.repository import ModelVersion
from ml.serving.batch import ItemIndex, ListedUsers, index_items
from ml.settings import MlSettings
from streams.erasures import hold_off
from streams.errors import ModelError, UnavailableError

_MAX_POPULAR_ITEMS = 200
_PUSHED_AT_ONCE = 2000

Progress = Callable[[str, int, int], None]


def publish(
    ranker: Ranker,
    dataset: Dataset,
    settings: MlSettings,
    *,
    until: datetime,
    parameters: Mapping[str, Any],
    metrics: Mapping[str, Any],
    card: Path | None = None,
    progress: Progress,
) -> None:
    """Write the bundle, its vectors and every user's list, then switch the live version.

    Args:
        ranker: what ranks the lists, with the bundle that is published under its version.
        dataset: the data as of `until`; its catalogue and all its users are encoded.
        settings: of the database, the feature store and the folder of bundles.
        until: the instant up to which the lists take interactions into account.
        parameters: how the model was made; kept with the version.
        metrics: how good it is; kept with the version.
        card: folder of its model card, which is copied into the bundle's; None where it has none.
        progress: called with what is being written, how many are done and their total.

    Raises:
        ModelError: there is nothing to recommend.
        UnavailableError: PostgreSQL or Feast does not answer.
    """
    if dataset.items.empty:
        raise ModelError("the catalogue is empty: there is nothing to recommend")
    bundle = ranker.bundle
    index = index_items(bundle, dataset)
    features = OnlineFeatures(settings)
    online = _OnlineStore(settings.database_url, features, until, progress)
    folder = bundles.place(bundle.version, settings.models_dir, partial(_save, ranker, card))
    try:
        with psycopg.connect(settings.database_url) as connection:
            repository.register(connection, ModelVersion(bundle.version, parameters, metrics))
            repository.write_bundle_parts(connection, bundle.version, bundles.parts_of(folder))
            repository.write_item_vectors(connection, bundle.version, index.item_ids, index.vectors)
            repository.write_popular_items(connection, bundle.version, _popular(dataset, index))
        online.push_items(index)
        online.push_users(ranker, index, dataset, settings.top_k)
        with psycopg.connect(settings.database_url) as connection:
            repository.switch_live(connection, bundle.version)
            deleted = repository.delete_old(connection)
    except psycopg.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error}") from error
    finally:
        features.close()
    for version in deleted:
        shutil.rmtree(settings.models_dir / version, ignore_errors=True)


@dataclass(frozen=True, slots=True)
class _OnlineStore:
    """Pushes to Feast, block by block."""

    database_url: str
    features: OnlineFeatures
    until: datetime
    progress: Progress

    def push_items(self, index: ItemIndex) -> None:
        total = len(index.item_ids)
        for start in range(0, total, _PUSHED_AT_ONCE):
            stop = min(start + _PUSHED_AT_ONCE, total)
            columns = {
                "item_id": index.item_ids[start:stop],
                "embedding": list(index.vectors[start:stop]),
            }
            self._push("item_embed_push_source", columns)
            self.progress("item vectors", stop, total)

    def push_users(self, ranker: Ranker, index: ItemIndex, dataset: Dataset, k: int) -> None:
        users = dataset.known_users()
        done = 0
        lists = ranker.list_items(index, users, dataset.interactions, k=k, now=self.until)
        for block in lists:
            with psycopg.connect(self.database_url) as connection:
                # Users may have been erased since the data was read, and must not come back.
                erased = hold_off(connection, block.user_ids)
                self._push_block(block, erased, ranker.bundle.version)
            done += len(block.user_ids)
            self.progress("users' lists", done, len(users))

    def _push_block(self, block: ListedUsers, left_out: Collection[str], version: str) -> None:
        kept = [row for row, user_id in enumerate(block.user_ids) if user_id not in left_out]
        if not kept:
            return
        keys = {"user_id": [block.user_ids[row] for row in kept]}
        self._push("user_embed_push_source", {**keys, "embedding": list(block.vectors[kept])})
        lists = {"top_k_item_ids": [block.lists[row] for row in kept], "model_version": version}
        self._push("user_items_push_source", keys | lists)

    def _push(self, source: str, columns: Mapping[str, Any]) -> None:
        self.features.push(source, pd.DataFrame({**columns, "event_timestamp": self.until}))


def _save(ranker: Ranker, card: Path | None, folder: Path) -> None:
    ranker.bundle.save(folder)
    ranker.save(folder / RANKER)
    if card:
        shutil.copytree(card, folder / CARD)


def _popular(dataset: Dataset, index: ItemIndex) -> list[str]:
    on_sale = set(index.item_ids)
    return [item for item in most_popular(dataset.interactions) if item in on_sale][
        :_MAX_POPULAR_ITEMS
    ]
