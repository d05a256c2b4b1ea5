"""The picture of a product as pages show it: its addresses, its ground and its words."""

from dataclasses import dataclass
from typing import Protocol

from apps.storefront.catalog.label import label
from apps.storefront.pictures.drawings.draw import VERSION, Subject, ground_of, kind_ground
from apps.storefront.pictures.drawings.kinds import KIND_NAMES, kind_of

WIDTHS = (160, 400, 800)
"""Of the files of a picture, in pixels."""
WIDTH, HEIGHT = 480, 400
"""The proportions of every drawing."""

_DEPARTMENTS = {
    "electronic": "headphones",
    "fashion": "shirt",
    "home": "lamp",
    "kitchen": "kettle",
}
"""Drawings of departments that are named by no kind of product."""
_MAX_WORDS = 140
_MATERIALS = (
    "bamboo", "cast iron", "ceramic", "cork", "cotton", "fabric", "glass", "gold", "goose down",
    "leather", "linen", "metal", "natural rubber", "oak", "pine", "plastic", "rubber", "sisal",
    "stainless steel", "steel", "vinyl", "wooden", "wool",
)  # fmt: skip


class Pictured(Protocol):
    """A product with what its picture needs."""

    @property
    def item_id(self) -> str: ...  # noqa: D102
    @property
    def product_name(self) -> str: ...  # noqa: D102
    @property
    def category(self) -> str: ...  # noqa: D102
    @property
    def picture(self) -> str: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Picture:
    """What an `img` element says."""

    key: str
    ground: str
    """Class of the colour that is shown until the picture is there."""
    alt: str

    @property
    def src(self) -> str:
        """The middle size, for browsers that do not choose."""
        return address(self.key, WIDTHS[1])

    @property
    def srcset(self) -> str:
        """All sizes, of which a browser takes the one that fits."""
        return ", ".join(f"{address(self.key, width)} {width}w" for width in WIDTHS)


def address(key: str, width: int) -> str:
    """Path of a file: the key names the content, so a browser may keep it for ever."""
    return f"/pictures/{key}-{width}.webp"


def image_url(picture: str) -> str:
    """The path of a product's picture for other programs, in the largest size.

    Args:
        picture: as for `key_of`.
    """
    return address(key_of(picture), WIDTHS[-1])


def drawings_prefix() -> str:
    """How the keys of this version's drawings begin; a digest follows."""
    return f"d{VERSION}"


def key_of(picture: str) -> str:
    """The key of a product's picture: the one it was given, else that of its drawing.

    Args:
        picture: `PICTURE` of catalog.repository.
    """
    return picture if picture.startswith("p") else f"{drawings_prefix()}{picture}"


def picture_of(product: Pictured, about: str = "") -> Picture:
    """A product's picture; `about` is its description, where the page has it."""
    key = key_of(product.picture)
    subject = Subject(product.item_id, product.product_name, product.category)
    ground = stored_ground(key) if key.startswith("p") else ground_of(subject)
    return Picture(key, ground, _words(product, about))


def kind_picture(category: str) -> Picture:
    """A drawing that stands for a category; it says nothing that the name beside it does not."""
    kind = kind_of(category).name
    if kind == "box":
        words = category.lower()
        kind = next((name for word, name in _DEPARTMENTS.items() if word in words), kind)
    return Picture(f"k{VERSION}{kind.replace(' ', '')}", kind_ground(kind), "")


def kind_named(key: str) -> str | None:
    """The kind of which `kind_picture` made the key."""
    return _KINDS.get(key)


def stored_key(digest: str, ground: str) -> str:
    """The key of a picture that was given to a product: 32 hexadecimal digits and its ground."""
    return f"p{digest[:32]}{ground}"


def stored_ground(key: str) -> str:
    """The ground that `stored_key` put in."""
    return key[33:]


def _words(product: Pictured, about: str) -> str:
    name = product.product_name
    if len(name) > _MAX_WORDS:
        name = f"{name[:_MAX_WORDS].rsplit(' ', 1)[0]}…"
    known, text = name.lower(), about.lower()
    kind = kind_of(product.category, product.product_name).name
    if kind == "box":
        kind = label(product.category).lower()
    found = [each for each in _MATERIALS if each in text and each not in known]
    others = [each for each in (kind, *found) if each and each not in known]
    return f"{name} ({', '.join(others)})" if others else name


_KINDS = {f"k{VERSION}{name.replace(' ', '')}": name for name in KIND_NAMES}
