"""A kind of product: the words that name it, and how its forms are drawn."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from apps.storefront.pictures.drawings.sketch import Sketch

Stance = Literal["stands", "lies", "hangs"]


@dataclass(frozen=True, slots=True)
class Form:
    """One look of a kind: an ankle boot, a Chelsea boot."""

    word: str
    """In the product's name, in small letters."""
    draw: Callable[[Sketch], None]
    stance: Stance = "stands"
    """A thing that lies is seen from above and may be turned; one that hangs has no floor."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Products that a person calls by one word."""

    name: str
    words: tuple[str, ...]
    """Beginnings of words in categories and names, in small letters."""
    forms: tuple[Form, ...]
    """The most special first; a name that fits none gets any of them."""
