"""The model of pictures, behind queues of its own."""

import threading
from collections.abc import Callable, Sequence

from apps.encoder.batching import Batcher
from apps.encoder.settings import EncoderSettings
from ml.images.encoder import ImageEncoder, ImageTextEncoder, Vectors
from ml.images.loading import encoder_name, load_image_encoder, reads_texts
from ml.untrusted_images.opening import opened

BATCH_SIZE = 4
"""Pictures that the model is run on at once."""


class ImageModel:
    """One encoder, loaded once, for pictures and where it reads them for texts.

    Args:
        settings: say which.
    """

    def __init__(self, settings: EncoderSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._encoder: ImageEncoder | None = None
        self.name = encoder_name(settings.image_model)
        self.images = self._pictures(self.name, self._upright)
        """Of the catalogue."""
        self.searches = self._pictures(f"{self.name} searches", self._turned)
        """In all orientations; a queue of its own, so that no search waits for the catalogue."""
        self.texts: Batcher[str] | None = (
            Batcher(
                f"{self.name} texts",
                self._text_side,
                preload=settings.encoder_preload,
                batch_size=settings.encoder_batch_size,
                capacity=settings.encoder_queue_limit,
            )
            if reads_texts(settings.image_model)
            else None
        )

    @property
    def batchers(self) -> list[Batcher[str] | Batcher[bytes]]:
        """Those there are, to be started and stopped."""
        return [self.images, self.searches, *([self.texts] if self.texts else [])]

    def _pictures(
        self, name: str, load: Callable[[], Callable[[Sequence[bytes]], Vectors]]
    ) -> Batcher[bytes]:
        return Batcher(
            name,
            load,
            preload=self._settings.encoder_preload,
            batch_size=BATCH_SIZE,
            capacity=self._settings.image_queue_limit,
        )

    def _loaded(self) -> ImageEncoder:
        with self._lock:
            if self._encoder is None:
                import torch

                torch.set_num_threads(self._settings.encoder_threads)
                self._encoder = load_image_encoder(self._settings.image_model)
            return self._encoder

    def _upright(self) -> Callable[[Sequence[bytes]], Vectors]:
        encoder = self._loaded()
        return lambda files: encoder.encode([opened(file) for file in files])

    def _turned(self) -> Callable[[Sequence[bytes]], Vectors]:
        encoder = self._loaded()
        return lambda files: encoder.encode_turned([opened(file) for file in files])

    def _text_side(self) -> Callable[[Sequence[str]], Vectors]:
        encoder = self._loaded()
        assert isinstance(encoder, ImageTextEncoder)
        return encoder.encode_texts
