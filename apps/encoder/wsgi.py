"""The application for gunicorn, from the environment's settings."""

import atexit
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apps.encoder.app import create_app
from apps.encoder.batching import Batcher
from apps.encoder.cached_model import CachedModel
from apps.encoder.image_model import BATCH_SIZE, ImageModel
from apps.encoder.settings import EncoderSettings
from apps.encoder.worker import Worker
from ml.image_vectors import ImageVectors, ShopPictures
from ml.images.loading import min_turned_similarity
from ml.item_vectors import ItemVectors
from ml.text_vectors import TextVectors
from ml.towers.sentence_encoder import SentenceEncoder

_PICTURES_SECONDS = 60.0
_PICTURES_SHARE = 0.5
"""A new catalogue has many pictures, and searches wait for the same model."""

settings = EncoderSettings()


def _text_model() -> Callable[[Sequence[str]], npt.NDArray[np.float32]]:
    model = SentenceEncoder(settings.text_encoder)
    model.encode(["warm up"])  # the first call allocates
    return model.encode


_name = Path(settings.text_encoder).name
batcher = Batcher(
    _name,
    _text_model,
    preload=settings.encoder_preload,
    batch_size=settings.encoder_batch_size,
    capacity=settings.encoder_queue_limit,
)
image_model = ImageModel(settings)
images = CachedModel(image_model.name, image_model.searches, size=settings.image_cache_size)


def _encode_pictures(files: Sequence[bytes]) -> npt.NDArray[np.float32]:
    """A few at once, by the queue of the searches, which wait for no more than these."""
    deadline = time.monotonic() + _PICTURES_SECONDS
    parts = [files[start : start + BATCH_SIZE] for start in range(0, len(files), BATCH_SIZE)]
    return np.concatenate([np.stack(image_model.images.encode(part, deadline)) for part in parts])


# Texts first: those of a new product are in Feast when its vector for recommendations needs them.
texts, items = TextVectors(settings, settings.text_encoder), ItemVectors(settings)
picture_vectors = ImageVectors(
    settings, image_model.name, _encode_pictures, ShopPictures(settings.shop_url)
)
interval = settings.encoder_interval.total_seconds()
worker = Worker({"texts": texts.update, "items": items.update}, interval=interval)
# A thread of its own: drawings that take their time keep no text waiting.
picture_worker = Worker(
    {"pictures": picture_vectors.update}, interval=interval, share=_PICTURES_SHARE
)
for opened in (texts, items, picture_vectors):
    atexit.register(opened.close)
batchers = [batcher, *image_model.batchers]
for each in (*batchers, worker, picture_worker):
    each.start()
    atexit.register(each.stop)
app = create_app(
    worker,
    CachedModel(_name, batcher, size=settings.encoder_cache_size),
    texts.index,
    batchers=batchers,
    timeout=settings.encoder_timeout.total_seconds(),
    images=images,
    image_texts=(
        CachedModel(image_model.name, image_model.texts, size=settings.encoder_cache_size)
        if image_model.texts
        else None
    ),
    image_timeout=settings.image_timeout.total_seconds(),
    min_turned_similarity=min_turned_similarity(settings.image_model),
)
