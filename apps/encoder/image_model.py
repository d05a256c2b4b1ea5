"""The model of pictures, behind queues of its own."""

import threading
from collections.abc import Callable, Sequence

from apps.encoder.batching import Batcher
from apps.encoder.settings import EncoderSettings
from ml.images.encoder import ImageEncoder, ImageTextEncoder, Vectors
from ml.images.loading import encoder_name, load_image_encoder, reads_texts
from ml.untrusted_images.opening import opened

BATCH_SIZE = 4
"""Pictures that the model is run on at once: a search waits for one batch of the catalogue's."""


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
        self.images: Batcher[bytes] = Batcher(
            self.name,
            self._image_side,
            preload=settings.encoder_preload,
            batch_size=BATCH_SIZE,
            capacity=settings.image_queue_limit,
        )
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
    def batchers(self) -> list[Batcher[bytes] | Batcher[str]]:
        """Those there are, to be started and stopped."""
        return [self.images, *([self.texts] if self.texts else [])]

    def _loaded(self) -> ImageEncoder:
        with self._lock:
            if self._encoder is None:
                import torch

                torch.set_num_threads(self._settings.encoder_threads)
                self._encoder = load_image_encoder(self._settings.image_model)
            return self._encoder

    def _image_side(self) -> Callable[[Sequence[bytes]], Vectors]:
        encoder = self._loaded()
        return lambda files: encoder.encode([opened(file) for file in files])

    def _text_side(self) -> Callable[[Sequence[str]], Vectors]:
        encoder = self._loaded()
        assert isinstance(encoder, ImageTextEncoder)
        return encoder.encode_texts
