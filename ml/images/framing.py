"""A picture in a square of one size, as the encoders take it."""

from PIL import Image, ImageStat


def padded(image: Image.Image, side: int) -> Image.Image:
    """The whole picture in the middle of a square, in the mean colour of the picture's border.

    Args:
        image: an RGB picture.
        side: of the square, in pixels.
    """
    scale = side / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    square = Image.new("RGB", (side, side), _border_colour(image))
    place = ((side - size[0]) // 2, (side - size[1]) // 2)
    square.paste(image.resize(size, Image.Resampling.BICUBIC), place)
    return square


def middle(image: Image.Image, share: float) -> Image.Image:
    """The middle of a picture: `share` of its width and of its height."""
    left, top = (round(length * (1 - share) / 2) for length in image.size)
    return image.crop((left, top, image.width - left, image.height - top))


def _border_colour(image: Image.Image) -> tuple[int, int, int]:
    right, bottom = image.width, image.height
    edges = [(0, 0, right, 1), (0, bottom - 1, right, bottom), (0, 0, 1, bottom)]
    edges.append((right - 1, 0, right, bottom))
    means = [ImageStat.Stat(image.crop(edge)).mean for edge in edges]
    red, green, blue = (round(sum(channel) / len(edges)) for channel in zip(*means, strict=True))
    return red, green, blue
