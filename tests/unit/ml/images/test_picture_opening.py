import io
import struct
import zipfile
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from ml.untrusted_images.opening import MAX_FILE_BYTES, MAX_SIDE, encoded, opened
from streams.errors import ContractError
from support.pictures import drawn_picture, file_of

PICTURE = drawn_picture(1)
NO_PICTURE = "no JPEG, PNG or WebP"


def difference(one: Image.Image, other: Image.Image) -> float:
    assert one.size == other.size
    return float(np.abs(np.asarray(one, float) - np.asarray(other, float)).mean())


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_a_still_picture(kind: str) -> None:
    image = opened(file_of(PICTURE, kind, quality=95))
    assert image.mode == "RGB"
    assert difference(image, PICTURE) < 3


def test_a_large_picture_is_made_smaller() -> None:
    assert opened(file_of(PICTURE.resize((3000, 4000)))).size == (MAX_SIDE * 3 // 4, MAX_SIDE)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_is_upright(orientation: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = PICTURE.transpose(turns[orientation]) if orientation in turns else PICTURE
    assert difference(opened(file_of(stored, exif=exif, quality=95)), PICTURE) < 3


def test_nothing_but_pixels_is_left() -> None:
    exif = Image.Exif()
    exif[0x010E] = "SECRET-DESCRIPTION"
    file = file_of(PICTURE, exif=exif, comment=b"SECRET-COMMENT", icc_profile=b"SECRET" * 30)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as content:
        content.writestr("SECRET.txt", "SECRET")
    polyglot = file + archive.getvalue()
    with zipfile.ZipFile(io.BytesIO(polyglot)) as content:
        assert content.namelist() == ["SECRET.txt"]
    clean = encoded(opened(polyglot))
    assert b"SECRET" not in clean
    assert b"PK\x03\x04" not in clean
    assert not Image.open(io.BytesIO(clean)).getexif()
    assert difference(Image.open(io.BytesIO(clean)), PICTURE) < 4


def test_transparency_becomes_white() -> None:
    image = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    assert opened(file_of(image, "PNG")).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "I;16"])
def test_pictures_of_every_kind_are_rgb(mode: str) -> None:
    grey = np.tile(np.linspace(0, 255, 32, dtype=np.uint8), (32, 1))
    image = (
        Image.fromarray(grey.astype(np.uint16) << 8)
        if mode == "I;16"
        else Image.fromarray(grey).convert(mode)
    )
    pixels = np.asarray(opened(file_of(image, "PNG")), dtype=float)
    assert pixels.shape == (32, 32, 3)
    assert pixels[:, -4:].mean() - pixels[:, :4].mean() > 150


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_an_animation_is_refused(kind: str) -> None:
    frames = [drawn_picture(seed) for seed in range(3)]
    file = file_of(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
    with pytest.raises(ContractError, match=NO_PICTURE if kind == "GIF" else "animation"):
        opened(file)


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
        b"<!doctype html><script>alert(1)</script>",
        b"GIF89a/*<script>alert(1)</script>*/",
        b"%PDF-1.7\n",
        b"%!PS-Adobe-3.0 EPSF-3.0\n",
        b"push graphic-context\nviewbox 0 0 1 1\nfill 'url(https://example.org/)'\n",
        b"\xff\xd8\xff\xe0" + b"\0" * 100,
        file_of(PICTURE)[:2000],
        file_of(PICTURE, "PNG")[:500],
        file_of(PICTURE, "TIFF"),
        file_of(PICTURE, "BMP"),
    ],
    ids=[
        *("nothing", "svg", "html", "gif with html", "pdf", "eps", "mvg", "broken jpeg"),
        *("cut jpeg", "cut png", "tiff", "bmp"),
    ],
)
def test_another_file_is_refused(file: bytes) -> None:
    with pytest.raises(ContractError, match=NO_PICTURE):
        opened(file)


def png_of(width: int, height: int, *more: tuple[bytes, bytes]) -> bytes:
    """A PNG of zeros, which compress a thousandfold."""

    def chunk(name: bytes, content: bytes) -> bytes:
        checked = name + content
        return struct.pack(">I", len(content)) + checked + struct.pack(">I", zlib.crc32(checked))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(b"\0" * (1 + (width + 7) // 8)) for _ in range(height))
    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), *more, (b"IDAT", rows + packer.flush()), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


@pytest.mark.parametrize("side", [(4500, 4500), (20_000, 100), (30_000, 30_000)])
def test_a_bomb_of_pixels_is_refused(side: tuple[int, int]) -> None:
    file = png_of(*side)
    assert len(file) < 2 << 20
    with pytest.raises(ContractError, match="too many pixels"):
        opened(file)


def test_a_bomb_in_a_text_of_a_png_is_refused() -> None:
    text = b"Comment\0\0" + zlib.compress(b"\0" * (200 << 20), 9)
    with pytest.raises(ContractError, match=NO_PICTURE):
        opened(png_of(64, 64, (b"zTXt", text)))


def test_a_jpeg_of_very_many_scans_is_refused() -> None:
    file = file_of(PICTURE, progressive=True)
    start = file.index(b"\xff\xda")
    with pytest.raises(ContractError, match="layers"):
        opened(file[:start] + file[start:-2] * 20 + file[-2:])


def test_a_progressive_jpeg_is_opened() -> None:
    assert difference(opened(file_of(PICTURE, progressive=True, quality=95)), PICTURE) < 3


def test_a_large_file_is_refused() -> None:
    with pytest.raises(ContractError, match="larger than 8 MB"):
        opened(b"\xff\xd8" + b"\0" * MAX_FILE_BYTES)


def test_a_tiny_picture_is_refused() -> None:
    with pytest.raises(ContractError, match="smaller"):
        opened(file_of(Image.new("RGB", (2, 2)), "PNG"))


def test_texts_of_a_png_do_no_harm() -> None:
    notes = PngImagePlugin.PngInfo()
    notes.add_text("Comment", "SECRET")
    assert b"SECRET" not in encoded(opened(file_of(PICTURE, "PNG", pnginfo=notes)))
