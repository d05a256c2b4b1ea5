"""A text-to-image pipeline of diffusers with random weights, small enough for a test."""

import json
from pathlib import Path

import torch
from diffusers import (
    AutoencoderKL,
    DDIMScheduler,
    StableDiffusionPipeline,
    UNet2DConditionModel,
)
from diffusers.pipelines.stable_diffusion import StableDiffusionSafetyChecker
from transformers import (
    CLIPConfig,
    CLIPImageProcessor,
    CLIPTextConfig,
    CLIPTextModel,
    CLIPTokenizer,
)

_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789,.-"


def save_picture_model(folder: Path, *, checks: bool = True, refuses: bool = False) -> Path:
    """Save a pipeline; with `refuses`, its safety checker flags every picture."""
    torch.manual_seed(0)
    words = ["<|startoftext|>", "<|endoftext|>", *_LETTERS, *(f"{each}</w>" for each in _LETTERS)]
    parts = folder / "parts"
    parts.mkdir(parents=True)
    (parts / "vocab.json").write_text(json.dumps({word: at for at, word in enumerate(words)}))
    (parts / "merges.txt").write_text("#version: 0.2\n")
    pipeline = StableDiffusionPipeline(
        vae=AutoencoderKL(
            block_out_channels=(16, 32),
            down_block_types=("DownEncoderBlock2D",) * 2,
            up_block_types=("UpDecoderBlock2D",) * 2,
            latent_channels=4,
            norm_num_groups=8,
        ),
        text_encoder=CLIPTextModel(
            CLIPTextConfig(
                bos_token_id=0,
                eos_token_id=1,
                hidden_size=32,
                intermediate_size=37,
                num_attention_heads=4,
                num_hidden_layers=2,
                vocab_size=len(words),
                max_position_embeddings=77,
            )
        ),
        tokenizer=CLIPTokenizer(
            str(parts / "vocab.json"), str(parts / "merges.txt"), model_max_length=77
        ),
        unet=UNet2DConditionModel(
            sample_size=16,
            block_out_channels=(32, 64),
            layers_per_block=1,
            in_channels=4,
            out_channels=4,
            down_block_types=("DownBlock2D", "CrossAttnDownBlock2D"),
            up_block_types=("CrossAttnUpBlock2D", "UpBlock2D"),
            cross_attention_dim=32,
            norm_num_groups=8,
        ),
        scheduler=DDIMScheduler(clip_sample=False),
        safety_checker=_safety_checker(refuses=refuses) if checks else None,
        feature_extractor=CLIPImageProcessor(size=32, crop_size=32) if checks else None,
        requires_safety_checker=checks,
    )
    pipeline.save_pretrained(folder / "model")
    return folder / "model"


def _safety_checker(*, refuses: bool) -> StableDiffusionSafetyChecker:
    small = {
        "hidden_size": 32,
        "intermediate_size": 37,
        "num_attention_heads": 4,
        "num_hidden_layers": 2,
    }
    checker = StableDiffusionSafetyChecker(
        CLIPConfig(
            vision_config=small | {"image_size": 32, "patch_size": 16, "projection_dim": 16},
            text_config=small,
            projection_dim=16,
        )
    )
    # A picture is flagged where its cosine with a concept is above the concept's threshold.
    threshold = -2.0 if refuses else 2.0
    for weights in (checker.concept_embeds_weights, checker.special_care_embeds_weights):
        weights.data.fill_(threshold)
    return checker
