"""What serving reads of Feast's online store: users' lists and histories, and what is trending.

Light enough for a web worker: nothing here imports torch.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from feast.protos.feast.types.Value_pb2 import StringList, Value

from streams import live_history
from streams.contracts import Interaction
from streams.features.keys import MODEL_VERSION, USER_ID, VersionKeys, user_of
from streams.features.online import LIVE_HISTORY, WHOLE_SHOP, OnlineStore, pooled, versions

_VIEW, _TOP_K = "user_top_k_items", "top_k_item_ids"
_LIST = f"{_VIEW}:{_TOP_K}"
_TRENDING = "trending_items:item_ids"
_USERS_PER_READ = 1000


@dataclass(frozen=True, slots=True)
class ShopperFeatures:
    """All that the online store knows of one user, from one read."""

    top_k: tuple[str, ...] | None
    """The user's list of the version that was asked for, best first."""
    known_until: datetime | None
    """The instant up to which the list's model knew interactions."""
    history: tuple[Interaction, ...]
    """Newest last."""


class OnlineFeatures(OnlineStore):
    """The online store with each user's list of every model version. Threads may share one.

    Raises:
        UnavailableError: from every call, while PostgreSQL does not answer or Feast's definitions
            have not been applied.
    """

    def top_k(self, version: str, user_id: str) -> tuple[str, ...] | None:
        """A user's list, best first, or None where there is none."""
        return self.top_k_of(version, [user_id]).get(user_id)

    def top_k_of(self, version: str, user_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """The lists of those users who have one."""
        lists: dict[str, tuple[str, ...]] = {}
        for start in range(0, len(user_ids), _USERS_PER_READ):
            chunk = user_ids[start : start + _USERS_PER_READ]
            answer = self._read(
                [_LIST], [{MODEL_VERSION: version, USER_ID: each} for each in chunk]
            )
            for user_id, items in zip(chunk, answer[_TOP_K], strict=True):
                if items is not None:
                    lists[user_id] = tuple(items)
        return lists

    def sample_lists(self, version: str, limit: int) -> dict[str, tuple[str, ...]]:
        """The lists of at most `limit` users of a version, the same each time."""
        keys = VersionKeys(version)
        with self._available() as store:
            view = store.get_feature_view(_VIEW)
            found = pooled(store).values_from(
                store.config, view, start=keys.first, end=keys.end, limit=limit
            )
        return {user_of(key): _decoded(value) for key, value in found}

    def shopper(self, version: str | None, user_id: str) -> ShopperFeatures:
        """A user's list and history, from one read; of no version there is no list."""
        wanted = [LIVE_HISTORY] if version is None else [_LIST, LIVE_HISTORY]
        answer = self._read(wanted, [{MODEL_VERSION: version or "", USER_ID: user_id}])
        (items,) = answer.get(_TOP_K, (None,))
        return ShopperFeatures(
            top_k=None if items is None else tuple(items),
            known_until=(
                None if items is None else datetime.fromtimestamp(answer[f"{_TOP_K}__ts"][0], UTC)
            ),
            history=live_history.decode(user_id, answer["events"][0] or ()),
        )

    def trending(self, category: str = WHOLE_SHOP) -> tuple[str, ...]:
        """Items that are trending in a category path, best first; in the whole shop if absent."""
        return tuple(self._read([_TRENDING], [{"category": category}])["item_ids"][0] or ())

    def listed_versions(self) -> list[str]:
        """The versions of which there are lists, complete or not."""
        with self._available() as store:
            return versions(store, store.get_feature_view(_VIEW))

    def add_lists(
        self, version: str, lists: Iterable[tuple[str, Sequence[str]]], *, until: datetime
    ) -> None:
        """Write lists of users who have none of this version yet.

        Args:
            version: the model that made them.
            lists: user ids with item ids, best first.
            until: the instant up to which the model knew interactions.
        """
        keys = VersionKeys(version)
        values = ((keys.key(user_id), _encoded(items)) for user_id, items in lists)
        with self._available() as store:
            view = store.get_feature_view(_VIEW)
            pooled(store).add_values(store.config, view, _TOP_K, values, of=until)

    def delete_lists(self, version: str) -> int:
        """Delete all lists of a version; returns their number."""
        keys = VersionKeys(version)
        with self._available() as store:
            view = store.get_feature_view(_VIEW)
            return pooled(store).delete_range(store.config, view, start=keys.first, end=keys.end)


def _decoded(value: bytes) -> tuple[str, ...]:
    return tuple(Value.FromString(value).string_list_val.val)


def _encoded(items: Sequence[str]) -> bytes:
    return bytes(Value(string_list_val=StringList(val=items)).SerializeToString())
