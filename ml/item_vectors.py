"""Vectors of products that arrive or change after a training: their content is encoded.

A training gives every product of its catalogue a vector. Between two trainings the live version
encodes new content by itself, so a product can be recommended soon after it arrives.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ml.registry import bundles, repository
from ml.registry.item_vectors import changed_items, replace_item_vectors
from ml.settings import MlSettings
from streams.database import Database

if TYPE_CHECKING:
    from ml.item_texts import ItemTexts
    from ml.towers.bundle import Bundle

_ITEMS_AT_ONCE = 200
"""The encoder of texts takes seconds for them on one core, and the newest do not wait longer."""
_CONNECTIONS = 2
_CONNECT_TIMEOUT_SECONDS = 5.0


class ItemVectors:
    """The item vectors of the live version, kept up to date with the catalogue.

    Constructing it is cheap: Feast, torch and the bundle are loaded when there is something to
    encode. Several processes may do this at once: all of them write the same vectors.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def __init__(self, settings: MlSettings) -> None:
        self._settings = settings
        self._database = Database(
            settings.database_url, connections=_CONNECTIONS, timeout=_CONNECT_TIMEOUT_SECONDS
        )
        self._texts: ItemTexts | None = None
        self._bundle: Bundle | None = None

    def update(self) -> int:
        """Encode some products of which the live version has no vector, or one of older content.

        Their texts are embedded once, and kept in Feast for the next training.

        Returns:
            The number of vectors written; 0 if nothing is left to do or no version is live.

        Raises:
            ModelError: the files of the live version are damaged or missing.
        """
        with self._database.connection() as connection:
            version = repository.live_version(connection)
            found = changed_items(connection, version, _ITEMS_AT_ONCE) if version else []
        return self._encode(version, found) if version and found else 0

    def close(self) -> None:
        """Close the connections."""
        if self._texts is not None:
            self._texts.close()
        self._database.close()

    def _encode(self, version: str, item_ids: Sequence[str]) -> int:
        from ml.features.training_data import load_items  # brings Feast with it
        from ml.towers.text import forget_texts

        bundle, texts = self._loaded(version)
        # Read with its digest: what changes afterwards is found by the next call.
        items = load_items(self._settings, item_ids)
        texts.embeddings(items, bundle.config.text_encoder, lambda _done, _total: None).use()
        vectors = bundle.encode_items(items)
        forget_texts()
        with self._database.connection() as connection:
            return replace_item_vectors(
                connection,
                version,
                items["item_id"].tolist(),
                vectors,
                items["content_digest"].tolist(),
            )

    def _loaded(self, version: str) -> "tuple[Bundle, ItemTexts]":
        from ml.item_texts import ItemTexts
        from ml.towers.bundle import Bundle  # brings torch with it

        if self._texts is None:
            self._texts = ItemTexts(self._settings)
        if self._bundle is None or self._bundle.version != version:
            folder = bundles.folder_of(version, self._settings, self._database.connection)
            self._bundle = Bundle.load(folder)
        return self._bundle, self._texts
