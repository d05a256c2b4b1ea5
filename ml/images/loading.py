"""Which encoder a setting names."""

from ml.images.clip import Clip, clip_name
from ml.images.descriptor import Descriptor
from ml.images.efficientnet_lite import SIDES, EfficientNetLite
from ml.images.encoder import ImageEncoder

_WITHOUT_TEXTS = frozenset({*SIDES, Descriptor.name})


def encoder_name(model: str) -> str:
    """The name of the encoder that `load_image_encoder` loads."""
    return model if model in _WITHOUT_TEXTS else clip_name(model)


def reads_texts(model: str) -> bool:
    """Whether that encoder gives texts vectors, too."""
    return model not in _WITHOUT_TEXTS


def min_turned_similarity(model: str) -> float:
    """That of the encoder which `load_image_encoder` loads, without loading it."""
    if model in SIDES:
        return EfficientNetLite.min_turned_similarity
    if model == Descriptor.name:
        return Descriptor.min_turned_similarity
    return Clip.min_turned_similarity


def load_image_encoder(model: str) -> ImageEncoder:
    """An encoder, with its weights.

    Args:
        model: `efficientnet-lite0`, `-lite1` or `-lite2`, `descriptor`, or a CLIP model: a folder
            or a name on the hub.

    Raises:
        ConfigurationError: there is no such model, or its package is not installed.
    """
    if model in SIDES:
        return EfficientNetLite(model)
    if model == Descriptor.name:
        return Descriptor()
    return Clip(model)
