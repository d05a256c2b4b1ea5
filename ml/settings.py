"""Settings of training and serving, from environment variables with the prefix RECSYS_."""

from pathlib import Path
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, HttpUrl, model_validator

from streams.settings import FeatureSettings


class MlSettings(FeatureSettings):
    """Where the data is and where models go."""

    models_dir: Path
    """Cache of the versions' files, one folder per version."""
    artifacts_url: str = Field(default="", pattern=r"^(|[a-z0-9]+://.+)$")
    """Where the files of all versions are kept, an fsspec URL: `file:///folder`, or
    `s3://bucket/prefix`. Nothing else may lie there. Empty: in the folder `artifacts` beside
    `models_dir`, which fits processes of one machine."""
    artifacts_endpoint: HttpUrl | None = None
    """Address of the S3 object storage; by default Amazon's."""
    artifacts_region: str = "us-east-1"
    artifacts_access_key_file: Path | None = None
    """Both files, or none: then the keys are what AWS's own variables and files say. They are read
    when a connection is made, so they may appear and change later."""
    artifacts_secret_key_file: Path | None = None
    model_registry_url: HttpUrl | None = None
    """Address of a Kubeflow Model Registry to which the versions are copied; None: to none."""
    model_registry_token_file: Path | None = None
    """Its bearer token, such as a service account's; needed where the address begins with https."""
    model_registry_ca_file: Path | None = None
    """Certificate authority of its certificate; by default those of the system."""
    model_registry_model: str = Field(default="recommender", min_length=1)
    """Name of the registered model; each shop that shares a registry needs one of its own."""
    top_k: int = Field(default=50, ge=1)
    """Length of each user's materialized list."""
    spread: float = Field(default=0.5, ge=0, le=5)
    """How far lists are spread over categories (`ml.retrieval.spread`). 0: by the scores alone, but
    for the rules that no category has more than half of a page and that each stated preference is
    on the first two."""
    region: Annotated[str | None, BeforeValidator(lambda name: name or None)] = None
    """Where the shop sells; its live lists lack the products of other regions. None or empty: all
    are there."""
    chain: str = ""
    """The stages that make a list at a request, as JSON (docs/serving.md). Empty: the default."""

    @property
    def artifacts(self) -> str:
        """The URL, the default's as well."""
        return self.artifacts_url or self.models_dir.resolve().with_name("artifacts").as_uri()

    def homes_environment(self) -> dict[str, str]:
        """The variables from which another process reads where files and versions are kept."""
        values = dict(self) | {"artifacts_url": self.artifacts}
        return {
            f"RECSYS_{name.upper()}": str(value)
            for name, value in values.items()
            if name.startswith(("artifacts_", "model_registry_")) and value
        }

    @model_validator(mode="after")
    def _both_keys(self) -> Self:
        if (self.artifacts_access_key_file is None) != (self.artifacts_secret_key_file is None):
            raise ValueError(
                "RECSYS_ARTIFACTS_ACCESS_KEY_FILE and RECSYS_ARTIFACTS_SECRET_KEY_FILE go together"
            )
        return self
