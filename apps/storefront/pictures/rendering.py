"""Making files of pictures: WebP in the sizes of the shop."""

from collections import Counter
from io import BytesIO
from typing import TYPE_CHECKING

from apps.storefront.pictures.drawings.colours import GROUNDS, PHOTO_GROUNDS, distance

if TYPE_CHECKING:
    from PIL.Image import Image

_QUALITY = 80
_EFFORT = 2
"""Of 6: more effort takes twice the time for 5 % less."""
_SAMPLE = 32  # pixels a side


def render(svg: str, width: int) -> bytes:
    """A drawing as WebP, `width` pixels wide."""
    import resvg_py
    from PIL import Image

    png = resvg_py.svg_to_bytes(svg_string=svg, width=width, skip_system_fonts=True)
    with Image.open(BytesIO(bytes(png))) as image:
        return encode(image, width)


def ground_of_picture(image: "Image") -> str:
    """The name of the ground nearest to a picture's most frequent colour."""
    sample = image.convert("RGB").resize((_SAMPLE, _SAMPLE)).quantize(8).convert("RGB")
    frequent = Counter(zip(*[iter(sample.tobytes())] * 3, strict=True)).most_common(1)[0][0]
    colour = "#" + bytes(frequent).hex()
    known = GROUNDS | PHOTO_GROUNDS
    return min(known, key=lambda name: distance(colour, known[name]))


def encode(image: "Image", width: int) -> bytes:
    """A picture as WebP, at most `width` pixels wide and as many high, with nothing but pixels."""
    small = image.convert("RGB")
    small.thumbnail((width, width))
    file = BytesIO()
    small.save(file, "WEBP", quality=_QUALITY, method=_EFFORT)
    return file.getvalue()
