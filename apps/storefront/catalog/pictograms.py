"""Line drawings on a field of 48 by 48, one a kind of product, chosen by words of its category."""

import json
from importlib.resources import files

DRAWINGS: dict[str, str] = json.loads(
    files(__package__).joinpath("drawings.json").read_text(encoding="utf-8")
)
"""The `d` of each drawing's path; made to be stroked, not filled."""

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


def drawing_for(category: str) -> str:
    """The path that suits a category best: its last, most special, part decides first."""
    for part in reversed(category.lower().split("|")):
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
