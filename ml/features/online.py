"""What serving reads of Feast's online store: users' lists and histories, and what is trending.

Light enough for a web worker: nothing here imports torch.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from streams import live_history
from streams.contracts import Interaction
from streams.features.online import LIVE_HISTORY, WHOLE_SHOP, OnlineStore

_LIST = ("user_items:top_k_item_ids", "user_items:model_version")
_TRENDING = "trending_items:item_ids"
_USERS_PER_READ = 1000


@dataclass(frozen=True, slots=True)
class TopK:
    """A user's materialized list, best first, and the model that made it."""

    item_ids: tuple[str, ...]
    model_version: str


@dataclass(frozen=True, slots=True)
class ShopperFeatures:
    """All that the online store knows of one user, from one read."""

    top_k: TopK | None
    known_until: datetime | None
    """The instant up to which the list's model knew interactions."""
    history: tuple[Interaction, ...]
    """Newest last."""


class OnlineFeatures(OnlineStore):
    """The online store with the materialized lists. Threads may share one.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def top_k(self, user_id: str) -> TopK | None:
        """A user's list, or None where there is none."""
        return self.top_k_of([user_id]).get(user_id)

    def top_k_of(self, user_ids: Sequence[str]) -> dict[str, TopK]:
        """The lists of those users who have one."""
        lists: dict[str, TopK] = {}
        for start in range(0, len(user_ids), _USERS_PER_READ):
            chunk = user_ids[start : start + _USERS_PER_READ]
            answer = self._read(_LIST, "user_id", chunk)
            for row, user_id in enumerate(chunk):
                top_k = _top_k(answer, row)
                if top_k is not None:
                    lists[user_id] = top_k
        return lists

    def shopper(self, user_id: str) -> ShopperFeatures:
        """A user's list and history, from one read."""
        answer = self._read([*_LIST, LIVE_HISTORY], "user_id", [user_id])
        top_k = _top_k(answer, 0)
        return ShopperFeatures(
            top_k=top_k,
            known_until=(
                datetime.fromtimestamp(answer["top_k_item_ids__ts"][0], UTC) if top_k else None
            ),
            history=live_history.decode(user_id, answer["events"][0] or ()),
        )

    def trending(self, category: str = WHOLE_SHOP) -> tuple[str, ...]:
        """Items that are trending in a category path, best first; in the whole shop if absent."""
        return tuple(self._read([_TRENDING], "category", [category])["item_ids"][0] or ())


def _top_k(answer: Mapping[str, list[Any]], row: int) -> TopK | None:
    item_ids, version = answer["top_k_item_ids"][row], answer["model_version"][row]
    return None if version is None else TopK(tuple(item_ids or ()), version)
