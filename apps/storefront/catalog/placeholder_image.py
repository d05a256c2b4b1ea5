"""The image of a product that has no photograph: the same one for the same product, always."""

import hashlib
import json
from importlib.resources import files

from markupsafe import Markup

from streams.contracts import category

DRAWINGS: dict[str, str] = json.loads(
    files(__package__).joinpath("drawings.json").read_text(encoding="utf-8")
)
"""Line drawings on a field of 48 by 48, one per kind of product: the `d` of an SVG path each."""

_WORDS = (
    ("headphones", "headphone", "earphone", "earbud", "audio", "speaker"),
    ("watch", "watch", "wearable", "jewel"),
    ("phone", "phone", "mobile", "tablet"),
    ("cable", "cable", "charger", "adapter", "power", "battery", "electrical"),
    ("screen", "television", "tv", "monitor", "display", "projector", "theater"),
    ("camera", "camera", "photo", "lens"),
    ("game", "gaming", "game", "console"),
    ("computer", "computer", "laptop", "keyboard", "mouse", "software", "networking"),
    ("music", "music", "instrument", "guitar"),
    ("book", "book", "novel", "magazine", "comic"),
    ("pen", "office", "stationery", "pen", "paper", "art", "craft"),
    ("shoe", "shoe", "sneaker", "boot", "footwear"),
    ("bag", "bag", "luggage", "backpack", "accessor"),
    ("shirt", "clothing", "fashion", "apparel", "shirt", "dress", "wear", "jacket"),
    ("beauty", "beauty", "cosmetic", "makeup", "skin", "hair", "fragrance", "personal"),
    ("heart", "health", "medical", "wellness", "vitamin", "baby"),
    ("kitchen", "kitchen", "cook", "appliance", "dining", "coffee", "bakeware"),
    ("food", "grocery", "food", "snack", "beverage", "gourmet", "fruit"),
    ("lamp", "light", "lamp", "decor"),
    ("leaf", "garden", "outdoor", "plant", "patio", "lawn", "camping"),
    ("tool", "tool", "hardware", "improvement", "industrial", "scientific"),
    ("car", "car", "motor", "automotive", "vehicle", "bike"),
    ("ball", "sport", "fitness", "exercise", "yoga", "cycling"),
    ("toy", "toy", "puzzle", "kid", "doll"),
    ("paw", "pet", "dog", "cat", "fish"),
    ("sofa", "home", "furniture", "bedding", "bath", "living"),
    ("cable", "electronic"),
)


_SVG = """\
<svg class="tile" viewBox="0 0 240 200" preserveAspectRatio="xMidYMid slice" aria-hidden="true" \
focusable="false">\
<rect width="240" height="200" fill="hsl({hue} 42% 93%)"/>\
<circle cx="{x1}" cy="{y1}" r="{r1}" fill="hsl({hue} 48% 86%)"/>\
<circle cx="{x2}" cy="{y2}" r="{r2}" fill="hsl({second} 52% 84%)" fill-opacity=".75"/>\
<rect x="{x3}" y="{y3}" width="86" height="86" rx="20" fill="hsl({second} 45% 89%)" \
fill-opacity=".8" transform="rotate({turn} {x3} {y3})"/>\
<g transform="translate(72 52) scale(2)" fill="none" stroke="hsl({hue} 38% 30%)" \
stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"><path d="{drawing}"/></g></svg>"""


def placeholder_image(path: str, name: str) -> Markup:
    """An inline SVG: the department gives the hue, the category the drawing, the name the rest."""
    department = (category.names(path) or [""])[0]
    # Departments differ in hue; within one, its categories do a little.
    hue = (_digest(department or name)[0] * 360 // 256 + _digest(path)[1] % 56 - 28) % 360
    shape = _digest(name)
    return Markup(  # noqa: S704 - numbers and a drawing of our own, nothing that anyone typed
        _SVG.format(
            hue=hue,
            second=(hue + 24 + shape[0] % 32) % 360,
            x1=shape[1] % 240,
            y1=shape[2] % 90,
            r1=50 + shape[3] % 40,
            x2=shape[4] % 240,
            y2=130 + shape[5] % 70,
            r2=40 + shape[6] % 40,
            x3=shape[7] % 200,
            y3=40 + shape[8] % 100,
            turn=shape[9] % 90,
            drawing=drawing_for(path),
        )
    )


def drawing_for(path: str) -> str:
    """The drawing that suits a category best; its last and most specific name decides first."""
    for part in reversed(category.names(path.lower())):
        for name, *beginnings in _WORDS:
            if any(_occurs(beginning, part) for beginning in beginnings):
                return DRAWINGS[name]
    return DRAWINGS["box"]


def _occurs(beginning: str, part: str) -> bool:
    # Short words must stand at a word's beginning, or "car" would be found in "skincare".
    spaced = "".join(letter if letter.isalnum() else " " for letter in part)
    if len(beginning) > 4:  # noqa: PLR2004 - long words are safe to find anywhere
        return beginning in spaced
    return any(word in (beginning, f"{beginning}s") for word in spaced.split())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
