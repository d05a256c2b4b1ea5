"""Which word of the catalogue somebody meant who made a typo."""

import gzip
import json
from collections.abc import Mapping
from importlib.resources import files

from rapidfuzz import process
from rapidfuzz.distance import OSA

_MIN_LENGTH = 4
"""Shorter words have too many neighbours."""
_MIN_LENGTH_OF_TWO = 7
"""From this length on, a word may have two typos."""
_MIN_USES = 100
"""Of a word of the language in the texts that the dictionary was counted in: rarer ones may
themselves be typos."""
_MAX_CANDIDATES = 20


class Dictionary:
    """The words of a language, which are no typos even where the catalogue lacks them.

    They are kept as one text, a tenth of what a set takes; a look-up takes under a millisecond.
    """

    def __init__(self, words: Mapping[str, int]) -> None:
        kept = (word for word, uses in words.items() if uses >= _MIN_USES)
        self._words = "\n" + "\n".join(kept) + "\n"

    @classmethod
    def of_language(cls, code: str) -> "Dictionary":
        """The dictionary of pyspellchecker; an empty one for a language that it lacks.

        Args:
            code: of two letters, by ISO 639-1.
        """
        file = files("spellchecker").joinpath("resources", f"{code}.json.gz")
        if not file.is_file():
            return cls({})
        return cls(json.loads(gzip.decompress(file.read_bytes())))

    def __contains__(self, word: str) -> bool:
        return f"\n{word}\n" in self._words


class Speller:
    """Corrects by the optimal string alignment distance, to the word most products hold.

    Args:
        uses: words of the catalogue, and how many products hold each.
        dictionary: words that are right although the catalogue lacks them.
    """

    def __init__(self, uses: Mapping[str, int], dictionary: Dictionary) -> None:
        self._uses = {
            word: count
            for word, count in uses.items()
            if len(word) >= _MIN_LENGTH - 1 and word.isalpha()
        }
        self._words = list(self._uses)
        self._dictionary = dictionary

    def correction(self, word: str) -> str | None:
        """Another word that was meant; None where it is right, or nothing is near it."""
        if len(word) < _MIN_LENGTH or not word.isalpha() or word in self._dictionary:
            return None
        allowed = 2 if len(word) >= _MIN_LENGTH_OF_TWO else 1
        near = process.extract(
            word, self._words, scorer=OSA.distance, score_cutoff=allowed, limit=_MAX_CANDIDATES
        )
        near = [found for found in near if found[0] != word]
        if not near:
            return None
        # A first letter is rarely wrong.
        return min(
            near,
            key=lambda found: (
                found[1] + (found[0][0] != word[0]) / 2,
                -self._uses[found[0]],
                found[0],
            ),
        )[0]
