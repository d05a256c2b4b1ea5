"""The shopper who is logged in."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Shopper:
    """An account, with what Flask-Login asks of one."""

    user_id: str
    email: str | None
    user_name: str
    preferences: tuple[str, ...]
    signup_date: datetime

    is_authenticated = True
    is_active = True
    is_anonymous = False

    def get_id(self) -> str:
        """The key that the session keeps."""
        return self.user_id
