"""Lists that a worker has made, kept for as long as all that they depend on stays as it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Generic, TypeVar

from cachetools import LRUCache

from ml.serving.chain.context import Context
from ml.serving.metrics import count_lookup
from streams.contracts import Interaction

_MAX_LISTS = 5_000
"""Each takes some 12 kB."""
_SECONDS = 60
"""So long the clock alone may go on: filters count hours and days."""

List = TypeVar("List")


@dataclass(frozen=True, slots=True)
class _Basis:
    """What a list was made of."""

    values: tuple[object, ...]
    """What is compared by its value."""
    objects: tuple[object, ...]
    """What is another object as soon as something in it is other."""

    @classmethod
    def of(cls, context: Context) -> "_Basis":
        model, catalogue = context.model, context.catalogue
        values = (
            model and model.version,
            tuple(context.shopper.preferences),
            [_told(each) for each in context.shopper.history],
            context.acted_since,
            context.listed,
            context.met,
            context.features_answered,
            context.rules,
            context.now.timestamp() // _SECONDS,
        )
        objects = (
            model and model.towers and model.towers.items,
            model and model.bought_together,
            catalogue.categories,
            catalogue.brands,
            catalogue.unavailable,
            catalogue.newest,
            catalogue.trending,
        )
        return cls(values, objects)

    def is_still(self, now: "_Basis") -> bool:
        """Whether the same list would be made now."""
        same = all(a is b for a, b in zip(self.objects, now.objects, strict=True))
        return same and self.values == now.values


class MadeLists(Generic[List]):
    """The last list of each shopper for each question. Threads may share one."""

    def __init__(self) -> None:
        self._known: LRUCache[tuple[object, ...], tuple[_Basis, List]] = LRUCache(_MAX_LISTS)
        self._lock = Lock()

    def find(self, context: Context, asked: Sequence[object]) -> List | None:
        """The list that was made of this very state for the same question.

        Args:
            context: of the request, of a shopper with an id.
            asked: what the request asks for besides.
        """
        with self._lock:
            known = self._known.get((context.shopper.user_id, context.limit, *asked))
        found = known[1] if known and known[0].is_still(_Basis.of(context)) else None
        count_lookup("lists", hit=found is not None)
        return found

    def keep(self, context: Context, asked: Sequence[object], made: List) -> None:
        """Keep a list instead of the last one."""
        with self._lock:
            self._known[context.shopper.user_id, context.limit, *asked] = _Basis.of(context), made


def _told(event: Interaction) -> tuple[object, ...]:
    """What of an event a list depends on; comparing models takes several times as long."""
    return event.item_id, event.timestamp, event.interaction_type, event.quantity, event.rating
