"""A picture turned by right angles. To every encoder it is another picture."""

from PIL import Image

_TURNS = (Image.Transpose.ROTATE_90, Image.Transpose.ROTATE_180, Image.Transpose.ROTATE_270)
ORIENTATIONS = 1 + len(_TURNS)


def orientations(image: Image.Image) -> list[Image.Image]:
    """The picture, and the picture turned counterclockwise by 90, 180 and 270 degrees."""
    return [image, *(image.transpose(turn) for turn in _TURNS)]
