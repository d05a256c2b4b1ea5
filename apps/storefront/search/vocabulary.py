"""The words of the catalogue with the number of products that hold them."""

import math
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import snowballstemmer

from apps.storefront.search.spelling import Dictionary, Speller
from apps.storefront.search.synonyms import Synonyms

_CODES = {
    "dutch": "nl", "english": "en", "french": "fr", "german": "de", "italian": "it",
    "portuguese": "pt", "russian": "ru", "spanish": "es",
}  # fmt: skip
"""Languages of which there is a dictionary, by PostgreSQL's name."""

_MAX_KNOWN = 100_000

Stem = Callable[[str], str]


@dataclass(frozen=True)
class Vocabulary:
    """What is known of the catalogue's words; it never changes."""

    language: str
    """Of the catalogue, as PostgreSQL names its configuration."""
    uses: Mapping[str, int]
    """By word, how many products hold it."""
    products: int
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """By phrase of stems, the phrases whose products it finds as well."""
    version: Hashable = None
    """Of the catalogue, language and synonyms that it was made from."""

    @cached_property
    def speller(self) -> Speller:
        """Corrects to words of the catalogue."""
        return Speller(self.uses, self.dictionary)

    @cached_property
    def dictionary(self) -> Dictionary:
        """The words of the language."""
        return Dictionary.of_language(_CODES.get(self.language, self.language))

    @cached_property
    def stem(self) -> Stem:
        """A word without its endings, as PostgreSQL's Snowball stemmer of the language does it."""
        return stemmer(self.language)

    @cached_property
    def stems(self) -> Mapping[str, int]:
        """By stem, how many products hold one of its words, at most."""
        found: dict[str, int] = {}
        for word, count in self.uses.items():
            stem = self.stem(word)
            found[stem] = min(self.products, found.get(stem, 0) + count)
        return found

    def holds(self, word: str) -> bool:
        """Whether a product holds the word, in any of its forms."""
        return self.stem(word) in self.stems

    def phrase(self, words: Iterable[str]) -> str:
        """The key of a phrase, the same for all forms of its words."""
        return " ".join(self.stem(word) for word in words)

    def weight(self, words: Iterable[str]) -> float:
        """How much a word says: the inverse document frequency (Sparck Jones 1972) of its stem.

        In steps of a half, so that a few products more or less change no order. Of several words
        that of the rarest; a word that no product holds says as much as one that one product holds.
        """
        rarest = min(self.stems.get(self.stem(word), 1) for word in words)
        return max(0.5, round(2 * math.log(1 + self.products / rarest)) / 2)

    def with_synonyms(self, synonyms: Synonyms) -> Self:
        """The same with synonyms; those that no product can match are left out."""
        found: dict[str, tuple[str, ...]] = {}
        for phrase, others in synonyms.others().items():
            known = tuple(other for other in others if all(map(self.holds, other.split())))
            if known:
                key = self.phrase(phrase.split())
                found[key] = tuple(dict.fromkeys((*found.get(key, ()), *known)))
        return replace(self, synonyms=found)


def stemmer(language: str) -> Stem:
    """The Snowball stemmer of a language; words stay as they are where there is none."""
    if language not in snowballstemmer.algorithms():
        return str
    stem = snowballstemmer.stemmer(language)
    known: dict[str, str] = {}

    def stemmed(word: str) -> str:
        if (found := known.get(word)) is None:
            found = str(stem.stemWord(word))
            if len(known) < _MAX_KNOWN:
                known[word] = found
        return found

    return stemmed
