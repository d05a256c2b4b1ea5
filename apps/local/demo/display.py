"""How a demonstration is shown while it goes on."""

from collections.abc import Callable
from dataclasses import dataclass

from apps.filling.feed import Fed
from apps.local.arrivals import Progress


@dataclass(frozen=True, slots=True)
class Display:
    """Who is told of what happens."""

    say: Callable[[str], None]
    """Steps, in words."""
    feeding: Callable[[Fed], None]
    arriving: Callable[[Progress], None]
    training: Callable[[str], None]
    """Lines of the pipeline's log."""
