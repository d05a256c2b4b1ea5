"""What serving knows of the shop's products besides their vectors."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from streams.contracts.category import SEPARATOR


@dataclass(frozen=True)
class Categories:
    """The categories of the catalogue's products."""

    paths: Mapping[str, str] = field(default_factory=dict)
    """The whole path of each item's category, by item id."""

    def of(self, item_id: str) -> str:
        """The whole path; empty where it is not known."""
        return self.paths.get(item_id, "")

    def share(self, path: str) -> float:
        """Which part of the catalogue has exactly this path."""
        return self._sizes[path] / max(1, len(self.paths))

    def within(self, path: str) -> frozenset[str]:
        """The items of a category and of those below it."""
        found = self._within.get(path)
        if found is None:
            below = f"{path}{SEPARATOR}"
            found = frozenset(
                item for item, own in self.paths.items() if own == path or own.startswith(below)
            )
            if found:
                self._within[path] = found
        return found

    @cached_property
    def _within(self) -> dict[str, frozenset[str]]:
        """By path, as far as somebody has asked for one that exists."""
        return {}

    @cached_property
    def _sizes(self) -> Counter[str]:
        return Counter(self.paths.values())


@dataclass(frozen=True, slots=True)
class Catalogue:
    """One state of the catalogue."""

    categories: Categories = field(default_factory=Categories)
    unavailable: frozenset[str] = frozenset()
    """Items that the shop has and cannot list now."""
    newest: Sequence[str] = ()
    """What arrived in the last month, the newest first."""
    trending: Sequence[str] = ()
    """What is trending in the whole shop, best first; none while Feast is away."""
    brands: Mapping[str, str] = field(default_factory=dict)
    """The brand of each item that has one, by item id."""
