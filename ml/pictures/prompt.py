"""What a picture model is asked for."""

from streams.contracts import category

NEGATIVE_PROMPT = "text, watermark, logo, people, hands, collage, frame, blurry, deformed, cropped"
"""What no picture of a product should have."""

_MAX_ABOUT = 160
"""Characters of the description: CLIP reads 77 tokens, and the name comes first."""


def prompt_of(name: str, path: str, about: str) -> str:
    """A prompt from a product's name, category and description."""
    kind = (category.names(path) or [""])[-1]
    about = about.replace("|", ". ")
    short = about if len(about) <= _MAX_ABOUT else about[:_MAX_ABOUT].rsplit(" ", 1)[0]
    parts = ("product photograph", name, kind, short, "studio light, plain background, centred")
    return ", ".join(part.strip() for part in parts if part.strip())
