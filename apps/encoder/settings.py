"""Settings of the encoder, from environment variables with the prefix RECSYS_."""

from datetime import timedelta

from pydantic import Field

from ml.settings import MlSettings
from ml.towers.sentence_encoder import PACKAGED


class EncoderSettings(MlSettings):
    """Where the catalogue and the models are, how often it looks, and how it answers."""

    encoder_host: str = "127.0.0.1"
    encoder_port: int = Field(default=8100, ge=1, le=65_535)
    """The port of its requests, /health/live, /health/ready and /metrics."""
    encoder_interval: timedelta = timedelta(seconds=5)
    """Between two looks at the catalogue."""
    text_encoder: str = PACKAGED
    """The encoder of texts that are searched for: the one that a package brings, or a folder with a
    model of sentence-transformers that makes 384 numbers, such as a multilingual one."""
    encoder_preload: bool = True
    """Load that encoder at the start. False: the first request has it loaded, and those of the
    next seconds get no vector; until then the process is 400 MB smaller."""
    encoder_timeout: timedelta = timedelta(milliseconds=500)
    """How long a request for vectors may take."""
    encoder_batch_size: int = Field(default=16, ge=1)
    """Texts that the model is run on at once."""
    encoder_queue_limit: int = Field(default=256, ge=64)
    """Texts that may wait for the model; more are refused with 503."""
    encoder_cache_size: int = Field(default=20_000, ge=1)
    """Texts whose vectors are kept, 2 kB each."""
    encoder_threads: int = Field(default=1, ge=1)
    """Threads of PyTorch. Where other processes keep the cores busy, two wait for each other."""
    image_model: str = "efficientnet-lite0"
    """The encoder of pictures: `efficientnet-lite0`, `-lite1`, `-lite2` and `descriptor` need no
    download. Else a CLIP model for open_clip: a folder, or its name on the hub. The descriptor has
    no weights."""
    image_timeout: timedelta = timedelta(seconds=2)
    """How long a request for the vector of a picture may take."""
    image_queue_limit: int = Field(default=16, ge=4)
    """Pictures that may wait for the model; more are refused with 503."""
    image_cache_size: int = Field(default=2_000, ge=1)
    """Pictures that were searched with whose vectors are kept, 8 kB each."""
    shop_url: str = "http://127.0.0.1:8080"
    """Of the shop, whose pictures of products get vectors."""
