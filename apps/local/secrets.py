"""The stack's own secrets: made once, kept in the state folder, readable by its user alone."""

import secrets
from pathlib import Path
from typing import Self

from pydantic import BaseModel


class LocalSecrets(BaseModel):
    """Passwords and keys of this laptop's stack."""

    database_password: str
    shop_secret_key: str

    @classmethod
    def load_or_make(cls, folder: Path) -> Self:
        """Read `secrets.json` in `folder`, or write a new one."""
        path = folder / "secrets.json"
        if path.exists():
            return cls.model_validate_json(path.read_bytes())
        made = cls(
            database_password=secrets.token_urlsafe(24), shop_secret_key=secrets.token_urlsafe(48)
        )
        path.touch(mode=0o600)
        path.write_text(made.model_dump_json())
        return made
