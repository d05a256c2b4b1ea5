"""Settings of training and serving, from environment variables with the prefix RECSYS_."""

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class MlSettings(BaseSettings):
    """Where the data is and where models go."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_", frozen=True)

    database_url: str
    """PostgreSQL, `postgresql://user:password@host:port/database`."""
    models_dir: Path
    """Cache of the model bundles, one folder a version; the registry holds them all."""
    feast_project: str = "feast_edb_rec_sys"
    top_k: int = 50
    """Length of each user's materialized list."""
