"""The application for gunicorn, from the environment's settings."""

import atexit
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from apps.encoder.app import create_app
from apps.encoder.batching import Batcher
from apps.encoder.cached_model import CachedModel
from apps.encoder.settings import EncoderSettings
from apps.encoder.worker import Worker
from ml.item_vectors import ItemVectors
from ml.text_vectors import TextVectors
from ml.towers.sentence_encoder import SentenceEncoder

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
# Texts first: those of a new product are in Feast when its vector for recommendations needs them.
texts, items = TextVectors(settings, settings.text_encoder), ItemVectors(settings)
worker = Worker(
    {"texts": texts.update, "items": items.update},
    interval=settings.encoder_interval.total_seconds(),
)
for each in (batcher, worker):
    each.start()
for opened in (texts, items):
    atexit.register(opened.close)
atexit.register(worker.stop)
atexit.register(batcher.stop)
app = create_app(
    worker,
    CachedModel(_name, batcher, size=settings.encoder_cache_size),
    timeout=settings.encoder_timeout.total_seconds(),
)
