"""Embeddings of the items' texts in Feast: a text is embedded once, when it appears or changes."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

import numpy as np
import numpy.typing as npt
import pandas as pd

from ml.features.definitions import ITEM_TEXTS_SOURCE, ITEM_TEXTUAL_FEATURES
from ml.towers.preprocessing import item_texts
from ml.towers.sentence_encoder import TEXT_DIMENSIONS
from ml.towers.text import TextEmbeddings, embed_texts, text_digest
from streams.features.online import OnlineStore

_EMBEDDING, _DIGEST = (f"{ITEM_TEXTUAL_FEATURES.name}:{each}" for each in ("embedding", "digest"))
_ITEMS_AT_ONCE = 1000

Progress = Callable[[int, int], None]


class ItemTexts(OnlineStore):
    """The view of the items' texts in Feast's online store.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def embeddings(
        self, items: pd.DataFrame, encoder: str | None, progress: Progress
    ) -> TextEmbeddings:
        """The embeddings of all texts of a catalogue; none without an encoder.

        Those that Feast lacks, or has of another text or by another encoder, are computed and
        pushed, 1,000 items at once; a call that is interrupted goes on there.

        Args:
            items: the catalogue, with ITEM_COLUMNS.
            encoder: a value of `TowersConfig.text_encoder`.
            progress: called with how many items are done, and their total.
        """
        found: dict[bytes, npt.NDArray[np.float32]] = {}
        if encoder is not None:
            ids, texts = items["item_id"].tolist(), item_texts(items)
            for start in range(0, len(ids), _ITEMS_AT_ONCE):
                block = slice(start, start + _ITEMS_AT_ONCE)
                found |= self._embeddings(ids[block], texts[block], encoder)
                progress(min(start + _ITEMS_AT_ONCE, len(ids)), len(ids))
        vectors = np.array(list(found.values()), dtype=np.float32)
        return TextEmbeddings(tuple(found), vectors.reshape(len(found), TEXT_DIMENSIONS))

    def _embeddings(
        self, ids: Sequence[str], texts: Sequence[str], encoder: str
    ) -> dict[bytes, npt.NDArray[np.float32]]:
        digests = {
            item: text_digest(text, encoder) for item, text in zip(ids, texts, strict=True) if text
        }
        known = self._known(digests)
        missing = {
            item: text
            for item, text in zip(ids, texts, strict=True)
            if item in digests and item not in known
        }
        if missing:
            fresh = dict(zip(missing, embed_texts([*missing.values()], encoder), strict=True))
            columns = {
                "item_id": list(fresh),
                "embedding": list(fresh.values()),
                "digest": [digests[item].hex() for item in fresh],
                "event_timestamp": datetime.now(UTC),
            }
            self.push(ITEM_TEXTS_SOURCE, pd.DataFrame(columns))
            known |= fresh
        return {digests[item]: vector for item, vector in known.items()}

    def _known(self, digests: Mapping[str, bytes]) -> dict[str, npt.NDArray[np.float32]]:
        """The stored embeddings of those items whose text is still the same."""
        if not digests:
            return {}
        answer = self._read([_EMBEDDING, _DIGEST], [{"item_id": each} for each in digests])
        return {
            item: np.asarray(vector, dtype=np.float32)
            for item, stored, vector in zip(
                digests, answer["digest"], answer["embedding"], strict=True
            )
            if stored == digests[item].hex()
        }
