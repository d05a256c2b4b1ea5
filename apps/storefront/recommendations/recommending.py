"""What the shop asks of a recommender."""

from collections.abc import Sequence
from typing import Protocol

from ml.serving.recommender import ServedList


class Recommends(Protocol):
    """`ml.serving.recommender.Recommender`, or anything that answers as it does."""

    def recommend(self, user_id: str | None, preferences: Sequence[str], limit: int) -> ServedList:
        """At most `limit` items for a shopper, or for a visitor (None).

        Never raises because a part is away: it then gives a simpler list and says so.
        """
        ...
