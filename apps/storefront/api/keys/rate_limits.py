"""How many requests a key may send, counted per worker."""

import math
import time
from dataclasses import dataclass
from threading import Lock

from limits import RateLimitItem, parse_many


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


@dataclass(slots=True)
class _Window:
    """The requests of one key since the first one of a window."""

    ends_at: float
    """Seconds since 1970."""
    requests: int = 0


class RateLimits:
    """Counts requests by key in windows that begin with a request. Threads may share one.

    The package limits reads the notation. Its memory storage would start a thread per hundredth of
    a second to forget windows that have ended; here a key's next window replaces its last one.

    Args:
        notation: limits such as `100 per second; 10000 per hour`, as Flask-Limiter has them.

    Raises:
        ValueError: the notation is none.
    """

    def __init__(self, notation: str) -> None:
        self._limits: list[RateLimitItem] = parse_many(notation)
        self._windows: dict[tuple[str, RateLimitItem], _Window] = {}
        self._lock = Lock()

    def hit(self, key_id: str) -> Standing:
        """Count a request."""
        now = time.time()
        standings = [self._hit(limit, key_id, now) for limit in self._limits]
        return min(standings, key=lambda each: (not each.is_exceeded, each.remaining))

    def _hit(self, limit: RateLimitItem, key_id: str, now: float) -> Standing:
        with self._lock:
            window = self._windows.get((key_id, limit))
            if window is None or window.ends_at <= now:
                window = self._windows[key_id, limit] = _Window(now + limit.get_expiry())
            window.requests += 1
            requests = window.requests
        return Standing(
            limit.amount,
            max(0, limit.amount - requests),
            max(1, math.ceil(window.ends_at - now)),
            requests > limit.amount,
        )
