"""Settings of the laptop stack, from variables with the prefix RECSYS_, and its own secrets."""

import secrets
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """Where the stack keeps its state and which ports it listens on (loopback only)."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True, validate_default=True)

    state_dir: Path = Path(".state")
    """All that the stack writes: data, logs, models, fetched jars. Remove it to start afresh."""
    distribution_dir: Path | None = None
    """Where Kafka and the sink are unpacked; `state_dir/distribution` by default."""
    postgres_port: int = Field(default=15432, ge=1, le=65_535)
    kafka_port: int = Field(default=19092, ge=1, le=65_535)
    kafka_controller_port: int = Field(default=19093, ge=1, le=65_535)
    connect_port: int = Field(default=18083, ge=1, le=65_535)
    processor_port: int = Field(default=16066, ge=1, le=65_535)
    shop_port: int = Field(default=8080, ge=1, le=65_535)
    analytics_port: int = Field(default=8090, ge=1, le=65_535)
    encoder_port: int = Field(default=8100, ge=1, le=65_535)
    jvm_heap: str = Field(default="512m", pattern=r"^\d+[mg]$")
    """Largest heap of Kafka and of Connect, each."""
    start_timeout: float = Field(default=90, gt=0)
    """Seconds that a component has to become healthy."""
    restart_unit: float = Field(default=10, gt=0)
    """Seconds: a failed task of the sink is restarted at once, then after 2, 6, 12, 20, 30 and 42
    of these (`streams.sink.restarts`)."""

    @field_validator("state_dir", "distribution_dir")
    @classmethod
    def _absolute(cls, folder: Path | None) -> Path | None:
        return folder and folder.expanduser().resolve()

    @property
    def distribution(self) -> Path:
        """Folder of Kafka's jars and Connect's plugins."""
        return self.distribution_dir or self.state_dir / "distribution"

    @property
    def logs(self) -> Path:
        """Folder of each component's log."""
        return self.state_dir / "logs"


class LocalSecrets(BaseModel):
    """Passwords and keys of this laptop's stack, in a file that only its user can read."""

    database_password: str
    shop_secret_key: str
    explain_key: str = Field(default_factory=lambda: secrets.token_urlsafe(32))
    """Opens the shop's page that explains lists."""
    analyst_password: str = Field(default_factory=lambda: secrets.token_urlsafe(24))
    """Of the database role that may only read; a stack of an earlier version has none."""

    @classmethod
    def load_or_make(cls, folder: Path) -> Self:
        """Read `secrets.json` in `folder`, and write what it lacks."""
        path = folder / "secrets.json"
        if path.exists():
            known = cls.model_validate_json(path.read_bytes())
            if known.model_fields_set == set(cls.model_fields):
                return known
        else:
            known = cls(
                database_password=secrets.token_urlsafe(24),
                shop_secret_key=secrets.token_urlsafe(48),
            )
        path.touch(mode=0o600)
        path.write_text(known.model_dump_json())
        return known
