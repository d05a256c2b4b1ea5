"""The contenders by name."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any, cast

from ml.evaluation.contenders.contender import Contender
from ml.towers.config import TowersConfig


@dataclass(frozen=True, slots=True)
class Entry:
    """How a contender is made; its module is imported only then, in a process of its own."""

    module: str
    name: str
    effort: float
    """How long it takes beside the others, roughly: for the estimate of the time left."""
    has_towers: bool = False
    """Whether it takes the towers' hyper-parameters."""


_HERE = "ml.evaluation.contenders"
CONTENDERS = {
    "two_tower": Entry(f"{_HERE}.two_tower", "TwoTower", effort=300, has_towers=True),
    "popularity": Entry(f"{_HERE}.popularity", "Popularity", effort=3),
    "item_knn": Entry(f"{_HERE}.item_knn", "ItemKnn", effort=20),
    "als": Entry(f"{_HERE}.als", "Als", effort=60),
    "bpr": Entry(f"{_HERE}.bpr", "Bpr", effort=80),
    "ease": Entry(f"{_HERE}.ease", "Ease", effort=30),
}


def create(entry: Entry, towers: TowersConfig | None) -> Contender:
    """A new contender.

    Args:
        entry: of CONTENDERS.
        towers: hyper-parameters for those that have towers; None stands for the defaults.
    """
    kind: Any = getattr(import_module(entry.module), entry.name)
    return cast("Contender", kind(towers or TowersConfig()) if entry.has_towers else kind())
