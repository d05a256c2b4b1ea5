"""Finds texts by the beginnings of their words, in memory."""

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Sequence

import numpy as np
from rapidfuzz import process
from rapidfuzz.distance import OSA

_WORD = re.compile(r"\w+")
_LAST = "\U0010ffff"
_MAX_WORDS = 8
"""Of a query; more are ignored."""
_CONSIDERED = 64
"""Texts that are put in order, of those that match."""
_MIN_CORRECTED = 4
"""Letters of a word that may hold a typing error."""
_MIN_CORRECTED_TWICE = 8
_MAX_CORRECTIONS = 8


def folded(text: str) -> str:
    """The text without regard to case, accents and compatibility forms."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(letter for letter in decomposed if not unicodedata.combining(letter))


class PrefixIndex:
    """Texts by the beginnings of their words.

    All words lie in one sorted list and the texts of each word in one array, in the same order, so
    the texts of all words with a common beginning are one slice.

    Args:
        texts: the preferred ones first.
    """

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts
        found: dict[str, list[int]] = {}
        for number, text in enumerate(texts):
            for word in set(_WORD.findall(folded(text))):
                found.setdefault(word, []).append(number)
        self._words = sorted(found)
        self._starts = np.cumsum([0, *(len(found[word]) for word in self._words)])
        self._numbers = np.fromiter(
            (number for word in self._words for number in found[word]), dtype=np.int32
        )

    def find(self, text: str, limit: int) -> list[int]:
        """Positions of texts that have, for each word of `text`, a word that begins with it.

        Texts that begin with `text` come first, then those that have its last word as a whole,
        then the preferred ones. A word that begins no word of any text, and has at least four
        letters, stands for those that are one typing error away (two from eight letters on):
        optimal string alignment, over words with the same first letter.
        """
        start = " ".join(_WORD.findall(folded(text)))
        words = start.split()[:_MAX_WORDS]
        if not words:
            return []
        matching = np.ones(len(self._texts), dtype=bool)
        for word in words:
            matching &= self._having(word)
        considered = np.flatnonzero(matching)[:_CONSIDERED]
        whole = self._mark([self._range(words[-1], words[-1] + "\0")])

        def order(number: int) -> tuple[bool, bool]:
            return not folded(self._texts[number]).startswith(start), not whole[number]

        return sorted(considered.tolist(), key=order)[:limit]

    def _having(self, beginning: str) -> np.ndarray:
        """For each text, whether one of its words has the beginning, shape (texts,)."""
        first, last = self._range(beginning, beginning + _LAST)
        if first < last:
            return self._mark([(first, last)])
        return self._mark(
            [self._range(each, each + _LAST) for each in self._corrections(beginning)]
        )

    def _range(self, first: str, last: str) -> tuple[int, int]:
        return bisect_left(self._words, first), bisect_left(self._words, last)

    def _mark(self, ranges: Sequence[tuple[int, int]]) -> np.ndarray:
        marked = np.zeros(len(self._texts), dtype=bool)
        for first, last in ranges:
            marked[self._numbers[self._starts[first] : self._starts[last]]] = True
        return marked

    def _corrections(self, word: str) -> list[str]:
        """Beginnings of words that `word` may stand for, the nearest alone."""
        if len(word) < _MIN_CORRECTED:
            return []
        first, last = self._range(word[0], word[0] + _LAST)
        # A letter may be missing or too many at the end, where the shopper still types.
        beginnings = sorted(
            {
                each[:length]
                for each in self._words[first:last]
                for length in (len(word) - 1, len(word), len(word) + 1)
                if len(each) >= length
            }
        )
        near = process.extract(
            word,
            beginnings,
            scorer=OSA.distance,
            score_cutoff=1 + (len(word) >= _MIN_CORRECTED_TWICE),
            limit=_MAX_CORRECTIONS,
        )
        return [beginning for beginning, distance, _ in near if distance == near[0][1]]
