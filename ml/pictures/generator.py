"""A text-to-image pipeline of diffusers that makes one picture per prompt."""

import hashlib
import logging
from typing import TYPE_CHECKING, Any, Self

from ml.pictures.prompt import NEGATIVE_PROMPT
from ml.pictures.settings import PictureSettings
from streams.errors import ConfigurationError, ContractError, ModelError

if TYPE_CHECKING:
    from PIL.Image import Image


class PictureGenerator:
    """Holds the pipeline on its device; not for several threads at once."""

    def __init__(self, pipeline: Any, settings: PictureSettings) -> None:
        self._pipeline = pipeline
        self._settings = settings

    @classmethod
    def load(cls, settings: PictureSettings) -> Self:
        """Load the weights: in half precision on CUDA, in single precision on the processor.

        Nothing is fetched from a hub.

        Raises:
            ConfigurationError: no model is named, diffusers is not installed, or the model has no
                safety checker and one is asked for.
            ModelError: the folder holds no pipeline.
        """
        if settings.picture_model is None:
            raise ConfigurationError(
                "name a folder with a text-to-image model: RECSYS_PICTURE_MODEL"
            )
        try:
            import torch
            from diffusers import DiffusionPipeline
        except ModuleNotFoundError as error:
            raise ConfigurationError(
                f"pictures by a model need the package {error.name}: install recsys[pictures]"
            ) from error
        is_cuda = torch.cuda.is_available()
        logging.getLogger("diffusers").setLevel(logging.ERROR)
        try:
            load: Any = DiffusionPipeline.from_pretrained
            pipeline = load(
                str(settings.picture_model),
                torch_dtype=torch.float16 if is_cuda else torch.float32,
                local_files_only=True,
                use_safetensors=True,
            )
        except (OSError, ValueError) as error:
            raise ModelError(f"no picture model in {settings.picture_model}: {error}") from error
        if settings.picture_safety_check and getattr(pipeline, "safety_checker", None) is None:
            raise ConfigurationError(
                f"the model in {settings.picture_model} has no safety checker; to use it"
                " nevertheless, set RECSYS_PICTURE_SAFETY_CHECK=false"
            )
        pipeline.set_progress_bar_config(disable=True)
        return cls(pipeline.to("cuda" if is_cuda else "cpu"), settings)

    def generate(self, item_id: str, prompt: str) -> "Image":
        """The picture of a product: the same one for the same id, prompt, model and seed.

        Raises:
            ContractError: the safety checker flagged the picture.
        """
        import torch

        text = f"{self._settings.picture_seed} {item_id}"
        seed = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8]) >> 1
        made = self._pipeline(
            prompt,
            negative_prompt=NEGATIVE_PROMPT,
            num_inference_steps=self._settings.picture_steps,
            guidance_scale=self._settings.picture_guidance,
            # On the processor whatever the device: the same numbers everywhere.
            generator=torch.Generator("cpu").manual_seed(seed),
        )
        if any(getattr(made, "nsfw_content_detected", None) or ()):
            raise ContractError("the safety checker refused the picture")
        image: Image = made.images[0]
        return image

    def made_from(self, prompt: str) -> str:
        """A digest of all that a picture depends on besides the product's id."""
        parts = (
            prompt,
            NEGATIVE_PROMPT,
            self._settings.picture_model,
            self._settings.picture_steps,
            self._settings.picture_guidance,
            self._settings.picture_seed,
        )
        return hashlib.sha256("\x1f".join(map(str, parts)).encode()).hexdigest()
