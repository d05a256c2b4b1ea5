"""Colours of products by their names, and the grounds that pictures stand on."""

import colorsys
import re
from functools import cache

COLOURS = {
    "amber": "#e0982a",
    "beige": "#e3d3b4",
    "black": "#2f2f34",
    "blue": "#2f6fc4",
    "brown": "#7b5236",
    "coral": "#f0776a",
    "cream": "#f2e6cd",
    "emerald": "#1f8f63",
    "gold": "#d4a937",
    "graphite": "#4b4f57",
    "gray": "#8f949b",
    "green": "#4c9a4a",
    "grey": "#8f949b",
    "ivory": "#f4efe2",
    "maroon": "#7c2836",
    "navy": "#25365f",
    "olive": "#7d8145",
    "orange": "#ec7f2d",
    "pink": "#ef8fb0",
    "purple": "#7d54a8",
    "red": "#cc3b35",
    "sand": "#d6be94",
    "silver": "#c3c8cf",
    "teal": "#23888c",
    "violet": "#7d54a8",
    "white": "#f7f7f5",
    "yellow": "#f2c531",
}
"""What a product's name may say, and how it is drawn."""

GROUNDS = {
    "peach": "#fbe6d8",
    "butter": "#fbf0cf",
    "mint": "#dcefe2",
    "sky": "#dbeaf6",
    "lilac": "#e7e1f4",
    "rose": "#f8dfe4",
    "linen": "#eee6da",
    "mist": "#e3e8ec",
    "clay": "#d9a58b",
    "sage": "#9fb8a0",
    "steel": "#93a9bf",
    "plum": "#b09cba",
    "ochre": "#d3b26a",
    "slate": "#8d98a3",
}
"""Each has a class in shop.css, which is shown while the picture loads."""

PHOTO_GROUNDS = {
    "snow": "#ffffff",
    "coal": "#2a2b30",
    "night": "#25365f",
    "bark": "#7b5236",
    "brick": "#b04034",
    "leaf": "#4c8a4a",
    "sea": "#2f6fc4",
    "sun": "#f2c531",
    "petal": "#e78aa8",
}
"""Grounds that photographs have and drawings do not."""

WHITE, BLACK = "#ffffff", "#000000"
STEEL, INK, PAPER = "#c9ced5", "#33363d", "#fbf8f1"
WOODS = ("#c08a54", "#d9b07c", "#8a5a36", "#e0c193")

_WORD = re.compile(r"[a-z]+")
_PALE = 0.77
"""Luminance from which on a product needs a darker ground."""
_MIN_DISTANCE = 75.0
"""Between a product and its ground, in red, green and blue of 255 each."""


def colour_named(text: str) -> str | None:
    """The name of the last colour that a text names: names end with it."""
    return next((word for word in reversed(_WORD.findall(text.lower())) if word in COLOURS), None)


def mix(colour: str, other: str, share: float) -> str:
    """A colour between two: `share` of the other one, 0 to 1."""
    return "#" + "".join(
        f"{round(a + (b - a) * share):02x}"
        for a, b in zip(_channels(colour), _channels(other), strict=True)
    )


def lighter(colour: str, share: float) -> str:
    """Mixed with white."""
    return mix(colour, WHITE, share)


def darker(colour: str, share: float) -> str:
    """Mixed with black."""
    return mix(colour, BLACK, share)


def luminance(colour: str) -> float:
    """How bright a colour is, 0 to 1 (the weights of ITU-R BT.709)."""
    red, green, blue = _channels(colour)
    return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255


def contrast_to(colour: str, *, strong: bool = False) -> str:
    """A colour that stands out on another: a dark one on a bright one, and the reverse."""
    share = 0.62 if strong else 0.35
    return darker(colour, share) if luminance(colour) > 0.42 else lighter(colour, share + 0.1)  # noqa: PLR2004


def turned(colour: str, degrees: float) -> str:
    """The same colour of another hue."""
    hue, light, strength = colorsys.rgb_to_hls(*(each / 255 for each in _channels(colour)))
    channels = colorsys.hls_to_rgb((hue + degrees / 360) % 1, light, strength)
    return "#" + "".join(f"{round(255 * each):02x}" for each in channels)


def distance(colour: str, other: str) -> float:
    """Between two colours, in red, green and blue of 255 each."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return float(sum((a - b) ** 2 for a, b in pairs) ** 0.5)


@cache
def grounds_for(colour: str) -> tuple[str, ...]:
    """The names of the grounds that a product of this colour stands out on."""
    is_pale = luminance(colour) > _PALE
    fitting = tuple(
        name
        for name, ground in GROUNDS.items()
        if is_pale != (luminance(ground) > _PALE) and distance(colour, ground) > _MIN_DISTANCE
    )
    return fitting or tuple(GROUNDS)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)
