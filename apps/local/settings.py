"""Settings of the laptop stack, from variables with the prefix RECSYS_."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class LocalSettings(BaseSettings):
    """Where the stack keeps its state and which ports it listens on (loopback only)."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True, validate_default=True)

    state_dir: Path = Path(".state")
    """All that the stack writes: data, logs, models, fetched jars. Remove it to start anew."""
    distribution_dir: Path | None = None
    """Where Kafka and the sink are unpacked; `state_dir/distribution` unless said otherwise."""
    postgres_port: int = Field(default=15432, ge=1, le=65_535)
    kafka_port: int = Field(default=19092, ge=1, le=65_535)
    kafka_controller_port: int = Field(default=19093, ge=1, le=65_535)
    connect_port: int = Field(default=18083, ge=1, le=65_535)
    processor_port: int = Field(default=16066, ge=1, le=65_535)
    shop_port: int = Field(default=8080, ge=1, le=65_535)
    jvm_heap: str = Field(default="512m", pattern=r"^\d+[mg]$")
    """Largest heap of Kafka and of Connect, each."""
    start_timeout: float = Field(default=90, gt=0)
    """Seconds that a part has to become healthy."""

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
        """Folder of each part's log."""
        return self.state_dir / "logs"
