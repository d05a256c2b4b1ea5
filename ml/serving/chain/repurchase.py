"""After how long a product may be recommended again to whoever bought it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated

from pydantic import Field

from streams.contracts.category import SEPARATOR, names

Days = Annotated[float, Field(ge=0, le=3650)]
RepurchaseDays = Mapping[str, Days]
"""Days by category path. A path counts for all categories below it, unless a longer one says more;
the empty path counts for the whole shop. Where no path fits, a product is bought once."""


def repurchased_after(category: str, rules: RepurchaseDays) -> timedelta | None:
    """When a product of a category is wanted again; None: never."""
    if not rules:
        return None
    path = names(category)
    for length in range(len(path), -1, -1):
        days = rules.get(SEPARATOR.join(path[:length]))
        if days is not None:
            return timedelta(days=days)
    return None
