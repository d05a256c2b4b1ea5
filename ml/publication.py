"""Makes a trained bundle the live version: everything is written first, the switch comes last.

Vectors and lists of each version lie beside those of the others. Until the switch every reader is
served by the live version; a run that was interrupted can be repeated, and the next one removes
what it left. A version that the gate has rejected is written too, but not switched to: it can be
promoted by hand.
"""

import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import psycopg

from ml.card.make import FOLDER as CARD
from ml.dataset import CONTENT_DIGEST, Dataset
from ml.evaluation.popularity import most_popular
from ml.features.online import OnlineFeatures
from ml.gate.decision import Decision
from ml.gate.twin import FOLDER as TWIN
from ml.ranking.ranker import FOLDER as RANKER
from ml.ranking.ranker import Ranker
from ml.registry import bought_together, bundles, item_vectors, publication_lock, repository
from ml.registry.artifacts import ArtifactStore
from ml.registry.repository import ModelVersion
from ml.serving.batch import ItemIndex, index_items
from ml.serving.category_spread import CategorySpread
from ml.serving.co_purchases import co_purchases
from ml.settings import MlSettings
from streams.erasures import hold_off
from streams.errors import ModelError, UnavailableError

_MAX_POPULAR_ITEMS = 200

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
    twin: Path | None = None,
    decision: Decision | None = None,
    progress: Progress,
) -> None:
    """Write the bundle, its vectors and every user's list, then switch the live version.

    A rejected version is written as completely, and the live one stays.

    Args:
        ranker: what ranks the lists, with the bundle that is published under its version.
        dataset: the data as of `until`; its catalogue and all its users are encoded.
        settings: of the database, the feature store, and where the files go.
        until: the instant up to which the lists take interactions into account.
        parameters: how the model was made; kept with the version.
        metrics: how good it is; kept with the version.
        card: folder of its model card, which is copied into the bundle's; None where it has none.
        twin: folder of its evaluated twin, likewise.
        decision: the gate's, kept with the version; None where the gate was not asked.
        progress: called with what is being written, how many are done and their total.

    Raises:
        ModelError: there is nothing to recommend, another publication is in progress, or the live
            version knows newer data.
        UnavailableError: PostgreSQL, Feast or the artifact store does not answer.
    """
    if dataset.items.empty:
        raise ModelError("the catalogue is empty: there is nothing to recommend")
    features = OnlineFeatures(settings)
    try:
        with publication_lock.one_at_a_time(settings.database_url):
            store = ArtifactStore.of(settings)
            publication = _Publication(ranker, dataset, settings, until, features, store, progress)
            publication.remove_leftovers()
            if not publication.is_complete():
                model = ModelVersion(
                    version=ranker.bundle.version,
                    parameters=parameters,
                    metrics=metrics,
                    data_until=until,
                    decision=decision.model_dump(mode="json") if decision else None,
                )
                publication.write(model, {CARD: card, TWIN: twin})
            if decision is None or decision.promoted:
                publication.switch(decision.reason if decision else "published")
            publication.remove_old()
            publication.remove_leftovers()
    except psycopg.OperationalError as error:
        raise UnavailableError(f"PostgreSQL does not answer: {error}") from error
    finally:
        features.close()


@dataclass(frozen=True, slots=True)
class _Publication:
    """One version beside the others."""

    ranker: Ranker
    dataset: Dataset
    settings: MlSettings
    until: datetime
    features: OnlineFeatures
    artifacts: ArtifactStore
    progress: Progress

    @property
    def version(self) -> str:
        return self.ranker.bundle.version

    def is_complete(self) -> bool:
        """Whether it is published already; then it may be live, and nothing of it may change."""
        with psycopg.connect(self.settings.database_url) as connection:
            return any(each.version == self.version for each in repository.versions(connection))

    def write(self, model: ModelVersion, attached: Mapping[str, Path | None]) -> None:
        """Write all that serving needs of it; nobody reads that before the switch."""
        index = index_items(self.ranker.bundle, self.dataset)
        models_dir = self.settings.models_dir
        folder = bundles.place(self.version, models_dir, partial(_save, self.ranker, attached))
        with psycopg.connect(self.settings.database_url) as connection:
            repository.register(connection, model)
            item_vectors.write_item_vectors(
                connection, self.version, index.item_ids, index.vectors, self._digests()
            )
            popular = _popular(self.dataset, index)
            repository.write_popular_items(connection, self.version, popular)
            together = co_purchases(self.dataset.interactions, index.item_ids)
            related = bought_together.write(connection, self.version, together)
        self.progress("item vectors", len(index.item_ids), len(index.item_ids))
        self.progress("items that are bought with others", related, related)
        manifest = self.artifacts.write(self.version, folder)
        self.progress("files", len(manifest), len(manifest))
        self._write_lists(index)
        with psycopg.connect(self.settings.database_url) as connection:
            repository.write_manifest(connection, self.version, manifest)
            repository.mark_published(connection, self.version)

    def switch(self, reason: str) -> None:
        """Make it live."""
        with psycopg.connect(self.settings.database_url) as connection:
            repository.switch_live(
                connection, self.version, by=publication_lock.owner(), reason=reason
            )

    def remove_old(self) -> None:
        """Remove the versions that are not kept any longer."""
        with psycopg.connect(self.settings.database_url) as connection:
            self._remove_bundles(repository.delete_old(connection))

    def remove_leftovers(self) -> None:
        """Remove what runs that broke off have left, and all of deleted versions."""
        with psycopg.connect(self.settings.database_url) as connection:
            self._remove_bundles(repository.delete_unpublished(connection))
            kept = {each.version for each in repository.versions(connection)}
        for version in self.features.listed_versions():
            if version not in kept:
                self.features.delete_lists(version)
        for version in self.artifacts.versions():
            if version not in kept:
                self.artifacts.remove(version)
        bundles.prune(self.settings.models_dir, kept)

    def _digests(self) -> list[str | None]:
        """Of the catalogue's contents; a data set that is not the shop's has none."""
        items = self.dataset.items
        if CONTENT_DIGEST not in items:
            return [None] * len(items)
        return items[CONTENT_DIGEST].tolist()

    def _remove_bundles(self, versions: Iterable[str]) -> None:
        for version in versions:
            shutil.rmtree(self.settings.models_dir / version, ignore_errors=True)

    def _write_lists(self, index: ItemIndex) -> None:
        users = self.dataset.known_users()
        done = 0
        lists = self.ranker.list_items(
            index,
            users,
            self.dataset.interactions,
            k=self.settings.top_k,
            now=self.until,
            spread=CategorySpread.of(self.dataset.items["category"], self.settings.spread),
        )
        for block in lists:
            with psycopg.connect(self.settings.database_url) as connection:
                # Users may have been erased since the data was read, and must not come back.
                erased = hold_off(connection, block.user_ids)
                listed = zip(block.user_ids, block.lists, strict=True)
                self.features.add_lists(
                    self.version,
                    (each for each in listed if each[0] not in erased),
                    until=self.until,
                )
            done += len(block.user_ids)
            self.progress("users' lists", done, len(users))


def _save(ranker: Ranker, attached: Mapping[str, Path | None], folder: Path) -> None:
    ranker.bundle.save(folder)
    ranker.save(folder / RANKER)
    for name, source in attached.items():
        if source:
            shutil.copytree(source, folder / name)


def _popular(dataset: Dataset, index: ItemIndex) -> list[str]:
    on_sale = set(index.item_ids)
    return [item for item in most_popular(dataset.interactions) if item in on_sale][
        :_MAX_POPULAR_ITEMS
    ]
