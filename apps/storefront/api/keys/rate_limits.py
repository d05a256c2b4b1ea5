"""How many requests a key may send, counted per worker."""

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse_many
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands within the limit that leaves it least."""

    limit: int
    remaining: int
    reset_seconds: int
    """Until the window ends."""
    is_exceeded: bool

    @property
    def headers(self) -> dict[str, str]:
        """As clients know them from draft-ietf-httpapi-ratelimit-headers, up to version 07."""
        named = {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(self.remaining),
            "RateLimit-Reset": str(self.reset_seconds),
        }
        return {**named, "Retry-After": str(self.reset_seconds)} if self.is_exceeded else named


class RateLimits:
    """Counts requests by key. Threads may share one.

    Args:
        notation: limits such as `100 per second; 10000 per hour`, as Flask-Limiter has them.

    Raises:
        ValueError: the notation is none.
    """

    def __init__(self, notation: str) -> None:
        self._limits: list[RateLimitItem] = parse_many(notation)
        self._limiter = FixedWindowRateLimiter(MemoryStorage())

    def hit(self, key_id: str) -> Standing:
        """Count a request."""
        standings = [self._hit(limit, key_id) for limit in self._limits]
        return min(standings, key=lambda each: (not each.is_exceeded, each.remaining))

    def _hit(self, limit: RateLimitItem, key_id: str) -> Standing:
        is_exceeded = not self._limiter.hit(limit, key_id)
        window = self._limiter.get_window_stats(limit, key_id)
        reset = max(1, math.ceil(window.reset_time - time.time()))
        return Standing(limit.amount, window.remaining, reset, is_exceeded)
