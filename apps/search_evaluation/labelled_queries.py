"""Queries of which it is known what they should find, made of a catalogue."""

import random
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files

import yaml

from apps.storefront.catalog.label import label
from apps.storefront.catalog.repository import ListedProduct
from streams.contracts.category import names

SPLITS = ("validation", "test")
"""To choose by, and to report."""

_WORD = re.compile(r"[^\W\d_]{3,}")
_MIN_LENGTH_OF_TYPO = 5
_EXACT, _RELATED = 3, 1
"""Grades: all that was asked for; the right kind, and a part of the rest."""


@dataclass(frozen=True, slots=True)
class LabelledQuery:
    """A text, and how well each product answers it; 0 for those that are absent."""

    kind: str
    text: str
    grades: Mapping[str, int]


class _Product:
    """A product, as queries are made of it."""

    def __init__(self, product: ListedProduct) -> None:
        self.item_id = product.item_id
        self.leaf = (names(product.category) or [""])[-1]
        self.price = product.price
        self.name = product.product_name

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(word.lower() for word in _WORD.findall(self.name))


class QueryMaker:
    """Makes the queries of a catalogue; the same seed makes the same.

    Args:
        products: the catalogue.
        seed: of all draws. Products and phrases of the two splits differ.
        split: of SPLITS.
    """

    def __init__(self, products: Sequence[ListedProduct], *, seed: int, split: str) -> None:
        self._random = random.Random(f"{seed} {split}")  # noqa: S311 - no secret
        made = [_Product(each) for each in sorted(products, key=lambda each: each.item_id)]
        self._by_leaf: dict[str, list[_Product]] = {}
        for product in made:
            self._by_leaf.setdefault(product.leaf, []).append(product)
        half = random.Random(seed)  # noqa: S311
        self._sources = [each for each in made if (half.random() < 0.5) == (split == "test")]  # noqa: PLR2004
        self._phrase = 1 if split == "test" else 0
        """Of each pair of phrases; a third one is in the test."""

    def make(self, count: int) -> Iterator[LabelledQuery]:
        """At most `count` queries of each kind."""
        chosen = self._random.sample(self._sources, min(count, len(self._sources)))
        for product in chosen:
            yield (asked := self._paraphrase(product))
            yield LabelledQuery("typos", self._mistyped(asked.text), asked.grades)
        for product in self._random.sample(self._sources, min(count, len(self._sources))):
            if product.price is not None:
                yield self._question(product)
        phrases = yaml.safe_load(
            files(__package__).joinpath("phrases.yaml").read_text(encoding="utf-8")
        )
        for kind, by_leaf in phrases.items():
            yield from self._phrases(kind, by_leaf, count)

    def _paraphrase(self, product: _Product) -> LabelledQuery:
        """Words of the name in another order, and the category in the shop's words."""
        kind = label(product.leaf).lower()
        own = sorted(product.words - set(kind.split()))
        words = self._random.sample(own, min(2, len(own)))
        text = " ".join([*words, kind])
        return LabelledQuery("paraphrases", text, self._grades(product.leaf, words))

    def _question(self, product: _Product) -> LabelledQuery:
        assert product.price is not None
        word = self._random.choice(sorted(product.words) or [""])
        most = max(1, round(float(product.price) * 1.2))
        text = f"{word} {label(product.leaf).lower()} under {most}"
        return LabelledQuery("questions", text, self._grades(product.leaf, [word], most))

    def _phrases(
        self, kind: str, by_leaf: Mapping[str, Sequence[str]], count: int
    ) -> Iterator[LabelledQuery]:
        found = [
            LabelledQuery(kind, phrase, self._grades(leaf, ()))
            for leaf, phrases in by_leaf.items()
            if leaf in self._by_leaf
            for phrase in (phrases[:1] if self._phrase == 0 else phrases[1:])
        ]
        yield from self._random.sample(found, min(count, len(found)))

    def _grades(self, leaf: str, words: Sequence[str], most: int | None = None) -> dict[str, int]:
        """All of it holds; or the category does, and half of the rest."""
        grades: dict[str, int] = {}
        for product in self._by_leaf[leaf]:
            holds = [word in product.words for word in words]
            if most is not None:
                holds.append(product.price is not None and product.price <= most)
            if all(holds):
                grades[product.item_id] = _EXACT
            elif 2 * sum(holds) >= len(holds):
                grades[product.item_id] = _RELATED
        return grades

    def _mistyped(self, text: str) -> str:
        """One letter of the longest word changed, left out, doubled or swapped with the next."""
        words = text.split()
        at = max(range(len(words)), key=lambda place: len(words[place]))
        word = words[at]
        if len(word) >= _MIN_LENGTH_OF_TYPO:
            place = self._random.randrange(1, len(word) - 1)
            before, letter, after = word[:place], word[place], word[place + 1 :]
            words[at] = self._random.choice(
                (
                    before + self._random.choice(string.ascii_lowercase) + after,
                    before + after,
                    before + letter + letter + after,
                    before + after[0] + letter + after[1:],
                )
            )
        return " ".join(words)
