"""Two rankings in one list, to find out which one shoppers prefer.

Team-draft interleaving (Radlinski, Kurup & Joachims, CIKM 2008, "How Does Clickthrough Data Reflect
Retrieval Quality?"): as two captains choose their teams, the rankings take turns, and a coin says
who begins each round. Each names the best product of its own that the list does not have. A click
is one for the team of the product.
"""

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from itertools import count
from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from ml.serving.chain.candidates import Candidate
from ml.serving.chain.ranking import Ranking

_TEAMS = ("a", "b")


class Interleaving(BaseModel):
    """An experiment: the chain's own ranking is team `a`, and another one is team `b`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    experiment: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._-]{1,60}$")]
    """Its name; events carry it with the team, such as `nightly:b`."""
    other: Ranking
    """The ranking of team `b`; the filters of the chain are for both."""

    def drafted(
        self, one: Sequence[Candidate], other: Sequence[Candidate], seed: str
    ) -> list[Candidate]:
        """One list of two, each product with its team.

        The draft ends as soon as a team has nothing left to name; what the other one has follows
        without a team.

        Args:
            one: of team `a`, best first.
            other: of team `b`.
            seed: of the coin; the same one has the same coin begin the same rounds.
        """
        left = [iter(one), iter(other)]
        drafted: dict[str, Candidate] = {}
        for team in _turns(seed):
            best = next((each for each in left[team] if each.item_id not in drafted), None)
            if best is None:
                break
            drafted[best.item_id] = best._replace(experiment=f"{self.experiment}:{_TEAMS[team]}")
        for each in (*one, *other):
            drafted.setdefault(each.item_id, each)
        return list(drafted.values())


def _turns(seed: str) -> Iterator[int]:
    """Which team names a product: both of them in each round, and a coin says who begins."""
    for block in count():
        for coin in blake2b(f"{seed} {block}".encode()).digest():
            first = coin & 1
            yield from (first, 1 - first)
