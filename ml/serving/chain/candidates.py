"""What the stages of the chain hand on."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import repeat
from typing import NamedTuple


class ReasonKind(StrEnum):
    """Why a product is recommended; each says what is true of this product and this shopper."""

    LISTED = "listed"
    """Their own list names it, and nothing more special is known."""
    PREFERENCE = "preference"
    """It is of a department that the shopper stated: `about`."""
    VIEWED = "viewed"
    """It is much like an item that the shopper looked at: `about`."""
    CARTED = "carted"
    """As VIEWED, of an item that was put into the cart."""
    BOUGHT = "bought"
    """As VIEWED, of an item that was bought."""
    SEEN_BEFORE = "seen_before"
    """The shopper has looked at this very product."""
    BOUGHT_TOGETHER = "bought_together"
    """Others bought it who bought an item that the shopper has bought or put into the cart:
    `about`."""
    TRENDING = "trending"
    """Many act on it now."""
    POPULAR = "popular"
    """Many acted on it before the model was trained."""
    NEW = "new"
    """It has arrived lately."""
    PROMOTED = "promoted"
    """The shop wants it to be seen: a merchandising rule put it there."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a product is recommended."""

    kind: ReasonKind
    about: str = ""
    """An item id, or a department for PREFERENCE."""


class Candidate(NamedTuple):
    """A product that may be recommended, with what the stages found out about it.

    A tuple, for there are hundreds per list: making one takes a quarter of a dataclass's time.
    """

    item_id: str
    source: str
    """The candidate source that named it first; `rules` if only a merchandising rule did."""
    reason: Reason
    score: float | None = None
    """What its source gave it, or the fusion; comparable within one source or fusion alone."""
    rule: str = ""
    """The merchandising rules that concern it, by their names."""
    experiment: str = ""
    """The experiment and the team in it that named the product, such as `nightly:b`."""

    def for_reason(self, reason: Reason) -> "Candidate":
        """The same with another reason, in a third of the time that `_replace` takes."""
        item_id, source, _, score, rule, experiment = self
        return Candidate(item_id, source, reason, score, rule, experiment)


Row = tuple[str, str, Reason, float | None, str, str]
"""The fields of a candidate."""


def in_bulk(rows: Iterable[Row]) -> list[Candidate]:
    """Candidates of their fields: as `Candidate._make`, without a call in Python for each."""
    return [tuple.__new__(Candidate, row) for row in rows]


def named_by(
    source: str,
    reason: Reason,
    item_ids: Iterable[str],
    scores: Iterable[float | None] = repeat(None),
) -> list[Candidate]:
    """Candidates of one source that all have the same reason.

    Args:
        source: that names them.
        reason: of each.
        item_ids: best first.
        scores: of each, where the source has any.
    """
    return in_bulk(zip(item_ids, repeat(source), repeat(reason), scores, repeat(""), repeat("")))
