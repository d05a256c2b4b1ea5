"""Settings of the picture model, from environment variables with the prefix RECSYS_."""

from pathlib import Path
from typing import Annotated

from pydantic import BeforeValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class PictureSettings(BaseSettings):
    """Which model makes pictures, and how."""

    model_config = SettingsConfigDict(env_prefix="RECSYS_")

    picture_model: Annotated[Path | None, BeforeValidator(lambda path: path or None)] = None
    """Folder of a text-to-image pipeline as diffusers saves it. None or empty: no model."""
    picture_steps: int = Field(default=30, ge=1, le=200)
    """Denoising steps per picture."""
    picture_guidance: float = Field(default=7.5, ge=0, le=30)
    """How closely a picture follows its prompt (classifier-free guidance)."""
    picture_seed: int = 0
    """Another seed gives other pictures of the same products."""
    picture_safety_check: bool = True
    """Refuse a model without a safety checker, and every picture that the checker flags."""
