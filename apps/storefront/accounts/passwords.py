"""Passwords: Argon2id (RFC 9106), and the same time whether or not the account exists."""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


def hashed(password: str) -> str:
    """The hash to store, with its salt and parameters."""
    return _hasher.hash(password)


def is_correct(password: str, stored: str | None) -> bool:
    """Whether `password` belongs to the stored hash; an account without one refuses every one."""
    try:
        return _hasher.verify(stored or _nobodys(), password) and bool(stored)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobodys() -> str:
    return hashed("no account has this password")
