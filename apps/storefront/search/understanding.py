"""What a text asks for: its words, corrected, with what else says the same."""

import math
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations

from apps.storefront.search.vocabulary import Vocabulary

MAX_WORDS = 16
"""Of a text; a question has fewer, and what follows is left out."""

_WORD = re.compile(r"\w+")
_MAX_PRICE = re.compile(
    r"\b(?:under|below|less than|cheaper than|up to|at most|no more than)\s+"
    r"[^\w\s]?\s*(?P<amount>\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,9}(?:\.\d{1,2})?)(?![\w.])",
    re.IGNORECASE,
)
_MAX_PHRASE = 3
_MIN_PART = 3
"""Letters of each part of a compound word."""
_MIN_PREFIX = 3
_MAX_COMBINATIONS = 24
"""Of groups, in one tsquery."""
_TELLING = 0.6
"""Of the weight of the group that says most, from which on a group says about as much."""
_RARE = 3
_TIMES_AS_COMMON = 20
"""A word that so few products hold may be their typo, if another one is so much more common."""


@dataclass(frozen=True, slots=True)
class Group:
    """Words that a product should hold, or what else says the same."""

    condition: str
    """A tsquery as text: a product holds the group."""
    alternatives: Sequence[str]
    """Tsqueries as text; how well a product holds the group is how well it holds the best."""
    weight: float
    """How much it says."""


@dataclass(frozen=True, slots=True)
class Understanding:
    """A text as it is searched for."""

    groups: Sequence[Group]
    meant: str
    """The text with its typos corrected, without what it says of the price."""
    corrected: str | None
    """The text with its typos corrected; None if it has none."""
    max_price: Decimal | None = None
    """What a product may cost, by the text; those that cost more come last."""

    @property
    def tiers(self) -> list[str]:
        """Tsqueries, each one wider than the one before; a product may match several.

        All groups, all but one, all but two (at least two), one of those that say much, any.
        """
        groups = [f"({group.condition})" for group in self.groups]
        most = max((group.weight for group in self.groups), default=0.0)
        telling = [
            condition
            for condition, group in zip(groups, self.groups, strict=True)
            if group.weight >= _TELLING * most
        ]
        sizes = [size for size in range(len(groups), len(groups) - 3, -1) if size > 1]
        together = [
            " | ".join(" & ".join(some) for some in combinations(groups, size))
            for size in sizes
            if math.comb(len(groups), size) <= _MAX_COMBINATIONS
        ]
        tiers = [*together, " | ".join(telling), " | ".join(groups)]
        return [each for each in dict.fromkeys(tiers) if each]


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, at most `MAX_WORDS`."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())[:MAX_WORDS]


def understand(text: str, vocabulary: Vocabulary) -> Understanding:
    """Correct typos and find synonyms, compound words, beginnings of words and the price."""
    price = _MAX_PRICE.search(text)
    asked = text.replace(price[0], " ") if price else text
    written = words_of(asked)
    joins = {at for at in range(len(written) - 1) if _is_compound(written, at, vocabulary)}
    words = [
        word if at in joins or at - 1 in joins else _corrected(word, vocabulary)
        for at, word in enumerate(written)
    ]
    meant = " ".join(words) if words != written else asked.strip()
    return Understanding(
        list(_groups(words, joins, vocabulary)),
        meant,
        meant + (f" {price[0].strip()}" if price else "") if words != written else None,
        Decimal(price["amount"].replace(",", "")) if price else None,
    )


def _corrected(word: str, vocabulary: Vocabulary) -> str:
    if vocabulary.phrase([word]) in vocabulary.synonyms:
        return word
    if not vocabulary.holds(word):
        if _parts(word, vocabulary) or _is_beginning(word, vocabulary):
            return word
        return vocabulary.speller.correction(word) or word
    uses = vocabulary.stems[vocabulary.stem(word)]
    other = vocabulary.speller.correction(word) if uses <= _RARE else None
    is_typo = other is not None and vocabulary.uses[other] >= uses * _TIMES_AS_COMMON
    return other if other is not None and is_typo else word


def _groups(words: Sequence[str], joins: set[int], vocabulary: Vocabulary) -> Iterator[Group]:
    at = 0
    while at < len(words):
        length, others = _synonyms(words, at, vocabulary)
        if at in joins and length < 2:  # noqa: PLR2004 - a compound has two parts
            length, others = 2, (words[at] + words[at + 1], *others)
        yield _group(words[at : at + length], others, vocabulary)
        at += length


def _group(words: Sequence[str], others: Sequence[str], vocabulary: Vocabulary) -> Group:
    """The words as they are, which a product that has just arrived may hold, and all others."""
    own = " & ".join(words)
    known = {own: vocabulary.weight(words)} if all(map(vocabulary.holds, words)) else {}
    known |= {" & ".join(each.split()): vocabulary.weight(each.split()) for each in others}
    if not known and len(words) == 1:
        if parts := _parts(words[0], vocabulary):
            known[" & ".join(parts)] = vocabulary.weight(parts)
        elif _is_beginning(words[0], vocabulary):
            known[f"{words[0]}:*"] = 1.0
    return Group(
        " | ".join(f"({each})" for each in {own: None, **known}),
        tuple(known) or (own,),
        min(known.values(), default=vocabulary.weight(words)),
    )


def _synonyms(words: Sequence[str], at: int, vocabulary: Vocabulary) -> tuple[int, tuple[str, ...]]:
    """Of the longest phrase from a word on that has synonyms: its length, and these."""
    for length in range(min(_MAX_PHRASE, len(words) - at), 0, -1):
        if found := vocabulary.synonyms.get(vocabulary.phrase(words[at : at + length])):
            return length, found
    return 1, ()


def _is_compound(words: Sequence[str], at: int, vocabulary: Vocabulary) -> bool:
    """Whether the catalogue writes a word and the next one as one word."""
    first, second = words[at : at + 2]
    is_long = min(len(first), len(second)) >= _MIN_PART
    return is_long and first.isalpha() and second.isalpha() and vocabulary.holds(first + second)


def _parts(word: str, vocabulary: Vocabulary) -> tuple[str, str] | None:
    """The two words as which the catalogue writes a compound, the first as long as possible."""
    for end in range(len(word) - _MIN_PART, _MIN_PART - 1, -1):
        if word[:end] in vocabulary.uses and vocabulary.holds(word[end:]):
            return word[:end], word[end:]
    return None


def _is_beginning(word: str, vocabulary: Vocabulary) -> bool:
    """Whether words of the catalogue begin so."""
    return len(word) >= _MIN_PREFIX and any(each.startswith(word) for each in vocabulary.uses)
