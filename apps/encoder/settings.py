"""Settings of the encoder, from environment variables with the prefix RECSYS_."""

from datetime import timedelta

from pydantic import Field

from ml.settings import MlSettings


class EncoderSettings(MlSettings):
    """Where the catalogue and the models are, how often it looks, and where it answers."""

    encoder_host: str = "127.0.0.1"
    encoder_port: int = Field(default=8100, ge=1, le=65_535)
    """The port of /health/live, /health/ready and /metrics."""
    encoder_interval: timedelta = timedelta(seconds=5)
    """Between two looks at the catalogue."""
