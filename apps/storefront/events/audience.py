"""Whether a person sees the answer to a request."""

import re

from flask import Request

_PURPOSES = ("Sec-Purpose", "Purpose", "X-Moz")
"""Headers in which browsers, new and old, say that they fetch ahead."""
_ROBOT = re.compile(r"(?<!cu)bot\b|crawler|spider|slurp", re.IGNORECASE)
"""What robots that say so have in their names; a Cubot is a telephone."""


def is_seen(request: Request) -> bool:
    """Whether a page is shown to a person, as far as the request tells.

    A HEAD request and a browser that fetches ahead show nothing, and a robot is no shopper. A form
    may be answered with a page, such as a search with a picture.
    """
    is_prefetched = any("prefetch" in request.headers.get(name, "") for name in _PURPOSES)
    is_robot = _ROBOT.search(request.headers.get("User-Agent", "")) is not None
    return request.method in {"GET", "POST"} and not is_prefetched and not is_robot
