"""Settings of training and serving, from environment variables with the prefix RECSYS_."""

from pathlib import Path

from streams.settings import FeatureSettings


class MlSettings(FeatureSettings):
    """Where the data is and where models go."""

    models_dir: Path
    """Cache of the model bundles, one folder per version; the registry holds them all."""
    top_k: int = 50
    """Length of each user's materialized list."""
