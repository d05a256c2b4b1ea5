"""The application for gunicorn, from the environment's settings."""

import atexit

from apps.encoder.app import create_app
from apps.encoder.settings import EncoderSettings
from apps.encoder.worker import Worker
from ml.item_vectors import ItemVectors

settings = EncoderSettings()
vectors = ItemVectors(settings)
worker = Worker(vectors.update, interval=settings.encoder_interval.total_seconds())
worker.start()
atexit.register(vectors.close)
atexit.register(worker.stop)
app = create_app(worker)
