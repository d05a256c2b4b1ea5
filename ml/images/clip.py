"""CLIP (Radford et al., 2021) through open_clip: pictures and texts in one space."""

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from ml.images.encoder import Vectors, normalized
from ml.images.turning import orientations
from streams.errors import ConfigurationError


class Clip:
    """A CLIP model, such as ViT-B/32. Constructing it loads the weights.

    Args:
        model: a folder with `open_clip_config.json` and the weights, as open_clip's
            `push_to_hf_hub.save_for_hf` writes it, or the name of such a repository on the hub.

    Raises:
        ConfigurationError: the model cannot be loaded.
    """

    min_turned_similarity = 0.95
    """Not measured, for want of weights: only what is nearly the same picture has it."""

    def __init__(self, model: str) -> None:
        import open_clip

        folder = Path(model)
        location = f"local-dir:{folder}" if folder.is_dir() else f"hf-hub:{model}"
        try:
            self._model, self._prepare = open_clip.create_model_from_pretrained(location)
            self._tokenizer = open_clip.get_tokenizer(location)
        except (OSError, ValueError, RuntimeError, KeyError) as error:
            raise ConfigurationError(
                f"RECSYS_IMAGE_MODEL={model} is no model that open_clip can load: {error}"
            ) from error
        self._model.eval()
        self.name = clip_name(model)
        self.dimension = self.encode([Image.new("RGB", (8, 8))]).shape[1]

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, float32 (n, dimension)."""
        import torch

        with torch.inference_mode():
            found = self._model.encode_image(torch.stack([self._prepare(each) for each in images]))
        return normalized(np.asarray(found.numpy(), dtype=np.float32))

    def encode_turned(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, upright and turned, float32 (n, 4, dimension)."""
        return np.stack([self.encode(orientations(image)) for image in images])

    def encode_texts(self, texts: Sequence[str]) -> Vectors:
        """Unit vectors of texts, float32 (n, dimension)."""
        import torch

        with torch.inference_mode():
            found = self._model.encode_text(self._tokenizer(list(texts)))
        return normalized(np.asarray(found.numpy(), dtype=np.float32))


def clip_name(model: str) -> str:
    """The name of an encoder, without loading it."""
    folder = Path(model)
    return f"clip:{folder.name}-{_digest(folder)}" if folder.is_dir() else f"clip:{model}"


def _digest(folder: Path) -> str:
    """Tells these weights from others that are put into the same folder later."""
    digest = hashlib.sha256()
    for file in sorted(each for each in folder.iterdir() if each.is_file()):
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return digest.hexdigest()[:8]
