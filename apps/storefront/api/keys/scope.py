"""What a key may be used for."""

from enum import StrEnum


class Scope(StrEnum):
    """One group of operations."""

    RECOMMENDATIONS_READ = "recommendations:read"
    ITEMS_READ = "items:read"
    ITEMS_WRITE = "items:write"
    INTERACTIONS_WRITE = "interactions:write"
