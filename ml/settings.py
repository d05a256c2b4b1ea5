"""Settings of training and serving, from environment variables with the prefix RECSYS_."""

from pathlib import Path

from pydantic import Field

from streams.settings import FeatureSettings


class MlSettings(FeatureSettings):
    """Where the data is and where models go."""

    models_dir: Path
    """Cache of the model bundles, one folder per version; the registry holds them all."""
    top_k: int = Field(default=50, ge=1)
    """Length of each user's materialized list."""
    spread: float = Field(default=0.5, ge=0, le=5)
    """How far lists are spread over categories (`ml.retrieval.spread`). 0: by the scores alone, but
    for the rules that no category has more than half of a page and that each stated preference is
    on the first two."""
