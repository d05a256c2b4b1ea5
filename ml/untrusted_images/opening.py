"""Opens a picture of which nothing is known, and makes a harmless one of its pixels.

What leaves this module was drawn anew: no byte of the file remains, so nothing of its metadata and
nothing that was hidden behind its picture.
"""

import threading
from collections.abc import Callable
from io import BytesIO

import numpy as np
from PIL import Image, ImageOps

from streams.errors import ContractError

MAX_FILE_BYTES = 8 << 20
MAX_SIDE = 1024
"""The longer side of what is made, in pixels, unless less will do."""
_MIN_SIDE = 8
_MAX_SIDE_OF_FILE = 16_384
_MAX_PIXELS = {"JPEG": 50_000_000, "PNG": 20_000_000, "WEBP": 20_000_000}
"""By format. Pillow reads a large JPEG at a fraction of its size; others are decoded whole."""
_MAX_SCANS = 64
"""Of a JPEG: each scan of a progressive one costs as much as the whole picture."""
_START_OF_SCAN = b"\xff\xda"
_QUALITY = 90
_MAX_DECODED_AT_ONCE = 2
"""A decoded picture of the largest size takes 80 MB."""

_decoding = threading.BoundedSemaphore(_MAX_DECODED_AT_ONCE)


def opened(data: bytes, max_side: int = MAX_SIDE) -> Image.Image:
    """The picture in a file: RGB, upright, with nothing but its pixels.

    What is transparent becomes white.

    Args:
        data: a JPEG, PNG or WebP file. Its content says which; its name and type do not count.
        max_side: pixels of the longer side of what is made.

    Raises:
        ContractError: it is another or a damaged file, an animation, or too large; the message is
            for whoever sent it.
    """
    if len(data) > MAX_FILE_BYTES:
        raise ContractError(f"The picture is larger than {MAX_FILE_BYTES >> 20} MB.")
    if data.startswith(b"\xff\xd8") and data.count(_START_OF_SCAN) > _MAX_SCANS:
        raise ContractError("The picture is built in too many layers.")
    header = _reading(lambda: Image.open(BytesIO(data), formats=tuple(_MAX_PIXELS)))
    _check(header)
    with _decoding:
        return _reading(lambda: _drawn(header, max_side))


def encoded(image: Image.Image) -> bytes:
    """A picture that `opened` has made, as a JPEG file."""
    file = BytesIO()
    image.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def _reading(read: Callable[[], Image.Image]) -> Image.Image:
    try:
        return read()
    except Image.DecompressionBombError:
        raise ContractError("The picture has too many pixels.") from None
    except Exception:  # noqa: BLE001 - a file that was made to break a decoder raises anything
        raise ContractError("This is no JPEG, PNG or WebP picture, or it is damaged.") from None


def _check(image: Image.Image) -> None:
    # A phone's JPEG may bring a second picture, such as a depth map ("MPO"): it has no frames.
    format_name = "JPEG" if image.format == "MPO" else str(image.format)
    if format_name != "JPEG" and getattr(image, "is_animated", False):
        raise ContractError("This is an animation. Send a still picture.")
    if image.width * image.height > _MAX_PIXELS[format_name] or max(image.size) > _MAX_SIDE_OF_FILE:
        raise ContractError("The picture has too many pixels.")
    if min(image.size) < _MIN_SIDE:
        raise ContractError(f"The picture is smaller than {_MIN_SIDE} pixels.")


def _drawn(image: Image.Image, max_side: int) -> Image.Image:
    image.draft("RGB", (max_side, max_side))
    image.load()
    ImageOps.exif_transpose(image, in_place=True)
    if image.mode.startswith("I"):  # 16 bits per pixel
        image = Image.fromarray((np.asarray(image, dtype=np.uint32) >> 8).astype(np.uint8))
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        canvas = Image.new("RGBA", seen.size, "white")
        canvas.alpha_composite(seen)
        image = canvas
    pixels = image.convert("RGB")
    pixels.thumbnail((max_side, max_side), Image.Resampling.LANCZOS)
    clean = Image.new("RGB", pixels.size)
    clean.paste(pixels)
    return clean
