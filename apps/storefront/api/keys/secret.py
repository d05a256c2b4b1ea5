"""The text of a key: `wsk_`, its id, and a secret of which only a hash is stored.

A fast hash is enough: the secret is 256 random bits, which nobody guesses. The prefix lets scanners
of source code find keys that were committed.
"""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass

_FORM = re.compile(r"wsk_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")


@dataclass(frozen=True, slots=True)
class Secret:
    """A key as its owner holds it."""

    key_id: str
    secret: str

    @classmethod
    def new(cls) -> "Secret":
        """A key that nobody has."""
        return cls(secrets.token_hex(8), secrets.token_urlsafe(32))

    @classmethod
    def read(cls, text: str) -> "Secret | None":
        """The key that a text is; None if it is none."""
        found = _FORM.fullmatch(text)
        return cls(found[1], found[2]) if found else None

    @property
    def text(self) -> str:
        """What its owner keeps and sends."""
        return f"wsk_{self.key_id}_{self.secret}"

    @property
    def hash(self) -> bytes:
        """What is stored."""
        return hashlib.sha256(self.secret.encode()).digest()

    def matches(self, stored: bytes) -> bool:
        """Whether `stored` is the hash of this secret; takes the same time if it is not."""
        return hmac.compare_digest(self.hash, stored)
