"""Each user's lists in Feast's online store, as the pipeline writes and the commands read them.

Serving reads them by `ml.serving.online_store`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from feast.protos.feast.types.Value_pb2 import StringList, Value

from streams.features.keys import MODEL_VERSION, USER_ID, VersionKeys, user_of
from streams.features.online import OnlineStore, pooled, versions

_VIEW, _TOP_K = "user_top_k_items", "top_k_item_ids"
_LIST = f"{_VIEW}:{_TOP_K}"
_USERS_PER_READ = 1000


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
