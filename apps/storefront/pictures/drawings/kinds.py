"""All kinds of products that can be drawn, and which of them a product is."""

import re
from collections.abc import Iterable
from functools import lru_cache

from apps.storefront.pictures.drawings import (
    audio_video,
    beauty,
    books,
    computing,
    devices,
    fashion,
    home,
    kitchen,
    office,
    outdoor,
    pets,
    sports,
    toys,
)
from apps.storefront.pictures.drawings.devices import BOX
from apps.storefront.pictures.drawings.kind import Form, Kind
from streams.contracts import category

KINDS: tuple[Kind, ...] = (
    *audio_video.KINDS,
    *computing.KINDS,
    *kitchen.KINDS,
    *home.KINDS,
    *fashion.KINDS,
    *beauty.KINDS,
    *sports.KINDS,
    *outdoor.KINDS,
    *toys.KINDS,
    *books.KINDS,
    *pets.KINDS,
    *office.KINDS,
    *devices.KINDS,
)
KIND_NAMES: dict[str, Kind] = {kind.name: kind for kind in (*KINDS, BOX)}

_INNER_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_LETTERS = re.compile(r"[a-z]+")
_SHORT = 4
"""Words up to this length must be whole: "car" is not in "skincare"."""


def kind_of(path: str, name: str = "") -> Kind:
    """The kind that a category says, its last name first; else the product's name; else a box."""
    for part in (*reversed(category.names(path)), name):
        words = " ".join(_LETTERS.findall(_INNER_WORD.sub(" ", part).lower()))
        found = _longest(words)
        if found:
            return found
    return BOX


def form_of(kind: Kind, name: str) -> Form | None:
    """The form that a product's name says."""
    text = name.lower()
    return next((form for form in kind.forms if form.word and form.word in text), None)


@lru_cache(maxsize=4096)  # A page asks for the same few categories again and again.
def _longest(words: str) -> Kind | None:
    """The kind with the longest word in a text; of equal ones the last in the text decides."""
    found = ((len(word), at, kind) for kind, word, at in _matches(words))
    best = max(found, key=lambda match: match[:2], default=None)
    return best[2] if best else None


def _matches(words: str) -> Iterable[tuple[Kind, str, int]]:
    spaced = f" {words} "
    for kind in KINDS:
        for word in kind.words:
            at = spaced.rfind(f" {word} ")
            if at < 0:
                at = spaced.rfind(f" {word}s ")
            if at < 0 and len(word) > _SHORT:
                at = spaced.rfind(f" {word}")
            if at >= 0:
                yield kind, word, at
