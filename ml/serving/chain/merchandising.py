"""Orders that carry out the shop's merchandising rules."""

from collections.abc import Sequence
from math import inf, prod
from typing import Annotated, Literal

from pydantic import Field

from ml.merchandising import MAX_PLACE, Action
from ml.serving.active_rules import ActiveRule
from ml.serving.chain.candidates import Candidate, Reason, ReasonKind
from ml.serving.chain.context import Context
from ml.serving.chain.stage import Order

_PROMOTED = Reason(ReasonKind.PROMOTED)
_MAX_SCORED = 200
"""Products of a rule that are scored for a shopper, the newest, beside those in their list."""


class Boosts(Order):
    """Move products up or down: the reciprocal rank of each is multiplied by its rules' factors.

    A product of rank r is sorted as if it had the rank r / factor: a shift in the logarithm of the
    rank, which is also what `spread` weighs.
    """

    stage: Literal["boosts"] = "boosts"

    def ordered(self, candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
        """All candidates; of equal ones the one that was before stays before."""
        rules = [each for each in context.rules if each.moves]
        if not rules:
            return candidates
        ranks: dict[str, float] = {}
        found = []
        for rank, each in enumerate(candidates, start=1):
            touching = [known.rule for known in rules if each.item_id in known.items]
            ranks[each.item_id] = rank / prod(rule.amount for rule in touching)
            name = ", ".join(rule.name for rule in touching)
            found.append(each._replace(rule=name) if name else each)
        return sorted(found, key=lambda each: ranks[each.item_id])


class Placements(Order):
    """Put pinned products at their places, and promoted ones at every so many places.

    Only products that the filters let this shopper see are placed, and none while it is not known
    what they have bought.
    """

    stage: Literal["placements"] = "placements"
    every: Annotated[int, Field(ge=2, le=100)] = 5
    """Promoted products stand at this place and at its multiples."""

    def ordered(self, candidates: Sequence[Candidate], context: Context) -> Sequence[Candidate]:
        """A list as long as before; one that is shorter than the limit may grow up to it."""
        rules = [each for each in context.rules if each.places]
        if not rules or not context.knows_purchases:
            return candidates
        places = _Places(candidates, context)
        for each in rules:
            if each.rule.action is Action.PIN:
                places.fill(int(each.rule.amount), each)
        promoting = [each for each in rules if each.rule.action is Action.PROMOTE]
        turns = (each for turn in range(MAX_PLACE) for each in promoting if turn < each.rule.amount)
        for place in range(self.every, context.limit + 1, self.every):
            if places.is_free(place):
                any(places.fill(place, each) for each in turns)
        return places.merged()


class _Places:
    """The places of one list while rules fill some of them."""

    def __init__(self, candidates: Sequence[Candidate], context: Context) -> None:
        self._candidates = candidates
        self._context = context
        self._ranks = {each.item_id: rank for rank, each in enumerate(candidates, start=1)}
        self._filled: dict[int, Candidate] = {}
        self._best_first: dict[str, list[str]] = {}

    def is_free(self, place: int) -> bool:
        """Whether no rule has filled it."""
        return place not in self._filled

    def fill(self, place: int, rule: ActiveRule) -> bool:
        """Put a product of the rule at a free place of the list; False if there is none.

        A promotion leaves alone what stands above the place by itself.
        """
        if not self.is_free(place) or place > self._context.limit:
            return False
        is_promotion = rule.rule.action is Action.PROMOTE
        taken = {each.item_id for each in self._filled.values()}
        for item_id in self._allowed(rule):
            rank = self._ranks.get(item_id)
            if item_id in taken or (is_promotion and rank and rank < place):
                continue
            known = self._candidates[rank - 1] if rank else Candidate(item_id, "rules", _PROMOTED)
            self._filled[place] = known._replace(
                reason=_PROMOTED if is_promotion else known.reason,
                rule=", ".join(filter(None, (known.rule, rule.rule.name))),
                experiment="",  # a rule has placed it, and no ranking
            )
            return True
        return False

    def merged(self) -> list[Candidate]:
        """The filled places, and the other candidates around them in their order."""
        filled = dict(sorted(self._filled.items()))
        taken = {each.item_id for each in filled.values()}
        others = [each for each in self._candidates if each.item_id not in taken]
        length = max(len(self._candidates), min(self._context.limit, len(others) + len(filled)))
        found: list[Candidate] = []
        rest = iter(others)
        while len(found) < length:
            here = filled.pop(len(found) + 1, None) or next(rest, None)
            # A list that is too short for a place ends with what belongs there.
            found.append(here or filled.pop(next(iter(filled))))
        return found

    def _allowed(self, rule: ActiveRule) -> list[str]:
        """The rule's products that this shopper may see, the best one first.

        Named ones stay as they are named. Of others, those in the list come first, and then those
        that the shopper would like best.
        """
        name = rule.rule.name
        if name not in self._best_first:
            allowed = [each for each in rule.items if self._context.may_show(each)]
            if rule.rule.target.kind != "items":
                listed = sorted(set(allowed) & self._ranks.keys(), key=self._ranks.__getitem__)
                others = [each for each in allowed if each not in self._ranks]
                allowed = [*listed, *_by_taste(others[:_MAX_SCORED], self._context)]
            self._best_first[name] = allowed
        return self._best_first[name]


def _by_taste(item_ids: Sequence[str], context: Context) -> list[str]:
    """The best for the shopper first; in their order where nothing is known of the shopper."""
    towers, user = context.towers, context.user_vector
    if towers is None or user is None:
        return list(item_ids)
    scores = {each: float(of @ user) for each, of in towers.items.vectors(item_ids).items()}
    return sorted(item_ids, key=lambda each: -scores.get(each, -inf))
