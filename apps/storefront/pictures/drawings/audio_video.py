"""Headphones, speakers, televisions and projectors."""

from apps.storefront.pictures.drawings.colours import INK, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_GLASS = "#1d2a38"


def _over_ear(s: Sketch) -> None:
    pad = darker(s.body, 0.45)
    reach = s.between(98, 112)
    s.tube(f"M{-reach:.0f} 30 C {-reach - 14:.0f} -150, {reach + 14:.0f} -150, {reach:.0f} 30",
           s.body, 22)  # fmt: skip
    s.stroke(f"M{-reach * 0.62:.0f} -88 C -40 -116, 40 -116, {reach * 0.62:.0f} -88", pad, 15)
    for side in (-1, 1):
        with s.moved(side * reach, 52, flip=side > 0):
            s.rect(6, -56, 34, 112, pad, r=17, shade="round")
            s.rect(-8, -80, 14, 50, STEEL, r=6, shade="round")
            s.path("M10 -64 C -44 -66, -48 66, 10 64 Z", s.body, shade="down")
            s.path("M4 -34 C -24 -34, -26 34, 4 34 Z", s.metal, shade="down")


def _in_ear(s: Sketch) -> None:
    cord = darker(s.body, 0.15)
    s.tube("M-70 -40 C -80 60, -10 40, 0 90", cord, 5)
    s.tube("M74 -40 C 84 60, 14 40, 0 90", cord, 5)
    s.tube("M0 90 C 6 150, 96 140, 110 110 S 60 70, 150 30", cord, 6)
    s.rect(-8, 78, 16, 26, INK, r=7)
    s.rect(146, 2, 36, 18, STEEL, r=4, shade="down")
    s.rect(118, 0, 32, 22, s.body, r=6, shade="down")
    for side in (-1, 1):
        with s.moved(side * 72, -66, flip=side > 0, scale=1.25):
            s.rect(-8, 6, 16, 40, s.body, r=8, shade="round")
            s.ellipse(4, -6, 30, 26, s.body, shade="down")
            s.rect(24, -18, 16, 24, STEEL, r=4, shade="down")
            s.path("M38 -24 C 68 -22, 68 14, 38 12 Z", INK, shade="down")
            s.circle(-4, -8, 11, s.metal, shade="down")


def _earbuds(s: Sketch) -> None:
    s.path("M-100 0 C -104 -60, -90 -130, 0 -130 S 104 -60, 100 0 Z", s.body, shade="down")
    s.path("M-86 0 C -90 -50, -76 -112, 0 -112 S 90 -50, 86 0 Z", darker(s.body, 0.3), shade="down")
    for side in (-1, 1):
        with s.moved(side * 44, -16, flip=side > 0, turn=side * 8):
            s.rect(-11, -10, 22, 60, s.metal, r=10, shade="round")
            s.ellipse(0, -30, 31, 28, lighter(s.body, 0.25), shade="down")
            s.path("M18 -44 C 48 -44, 48 -10, 18 -14 Z", INK, shade="down")
            s.circle(-8, -34, 6, INK)
    s.path("M-108 8 C -60 -4, 60 -4, 108 8 V70 Q104 118 54 118 H-54 Q-104 118 -108 70 Z", s.body,
           shade="down")  # fmt: skip
    s.stroke("M-108 10 C -60 -2, 60 -2, 108 10", lighter(s.body, 0.5), 3)
    s.rect(-26, 14, 52, 8, darker(s.body, 0.35), r=4)
    s.circle(0, 62, 5, "#6df08b")
    s.shine("M-86 40 Q -88 84 -60 96", 7, 0.35)


def _cone(s: Sketch, x: float, y: float, r: float) -> None:
    s.circle(x, y, r, STEEL, shade="down")
    s.circle(x, y, r * 0.86, INK, shade="down")
    s.circle(x, y, r * 0.6, lighter(INK, 0.12), shade="down")
    s.circle(x, y, r * 0.26, lighter(INK, 0.3), shade="down")
    s.shine(f"M{x - r * 0.5:.0f} {y - r * 0.3:.0f} A {r * 0.6:.0f} {r * 0.6:.0f} 0 0 1"
            f" {x:.0f} {y - r * 0.6:.0f}", 4, 0.35)  # fmt: skip


def _bluetooth_speaker(s: Sketch) -> None:
    half = s.between(118, 140)
    s.rect(-half, -24, 2 * half, FLOOR + 24, s.body, r=66, shade="down")
    mesh = darker(s.body, 0.3)
    for row in range(9):
        for column in range(15):
            x = -half + 34 + column * (2 * half - 68) / 14
            s.circle(x + (row % 2) * 5 - 2, 6 + row * 12.5, 3.1, mesh)
    s.stroke(f"M{-half + 40:.0f} -22 C -70 -86, 70 -86, {half - 40:.0f} -22", s.accent, 12)
    _cone(s, 0, 52, 48)
    for x in (-84, 84):
        s.circle(x, 52, 13, s.detail, shade="down")


def _shelf_speaker(s: Sketch) -> None:
    box = s.wood if s.says("wooden") else s.body
    with s.moved(s.between(-8, 8)):
        s.polygon([(70, -150), (104, -134), (104, FLOOR - 8), (70, FLOOR)], darker(box, 0.35))
        s.rect(-86, -150, 156, 150 + FLOOR, box, r=8, shade="across")
        if box != s.body:
            for y in range(-140, FLOOR, 22):
                s.stroke(f"M-80 {y} q 40 8 74 0 t 72 0", darker(box, 0.2), 1.5, opacity=0.5)
        s.rect(-74, -138, 132, 246, s.body, r=6, shade="down")
        _cone(s, -8, -90, 34)
        _cone(s, -8, 30, 58)
        s.rect(-24, 96, 32, 6, STEEL, r=3)


def _soundbar(s: Sketch) -> None:
    s.rect(-130, -130, 260, 150, INK, r=6, shade="down")
    s.rect(-122, -122, 244, 134, "#33506e", shade="down")
    s.path("M-122 12 V-30 L-60 -80 L0 -20 L50 -60 L122 0 V12 Z", "#5f8aa8")
    s.rect(-186, 56, 372, 56, s.body, r=22, shade="down")
    mesh = darker(s.body, 0.35)
    for column in range(34):
        for row in range(3):
            s.circle(-166 + column * 10, 72 + row * 12, 2.6, mesh)
    for x in (-120, 120):
        _cone(s, x, 84, 22)
    s.rect(-22, 80, 44, 8, "#7fe3ff", r=4)
    s.rect(-150, 110, 34, 9, INK, r=3)
    s.rect(116, 110, 34, 9, INK, r=3)


def _scene(s: Sketch, x: float, y: float, width: float, height: float) -> None:
    sky, land, sun = s.random.choice((
        ("#f6a76b", "#7a4a68", "#ffe9a8"), ("#7cc4ee", "#3d8f5e", "#fff6c9"),
        ("#33406f", "#1d2547", "#f5f0d8"), ("#e98aa0", "#574a86", "#ffe3b8"),
    ))  # fmt: skip
    with s.clipped(f"M{x} {y} h{width} v{height} h{-width} Z"):
        s.rect(x, y, width, height, sky, shade="down")
        s.circle(x + width * s.between(0.2, 0.8), y + height * s.between(0.25, 0.45),
                 height * 0.13, sun)  # fmt: skip
        peak = s.between(0.25, 0.7)
        s.path(f"M{x} {y + height} V{y + height * 0.75} L{x + width * peak} {y + height * 0.32}"
               f" L{x + width} {y + height * 0.8} V{y + height} Z", land)  # fmt: skip
        s.path(f"M{x} {y + height} V{y + height * 0.86} Q{x + width * 0.5} {y + height * 0.62}"
               f" {x + width} {y + height * 0.9} V{y + height} Z", darker(land, 0.3))  # fmt: skip
        s.polygon([(x + width * 0.1, y), (x + width * 0.35, y), (x + width * 0.1, y + height),
                   (x - width * 0.15, y + height)], "#ffffff", opacity=0.1)  # fmt: skip


def _screen(s: Sketch, y: float, frame: float) -> None:
    s.rect(-170, y, 340, 202, s.body, r=8, shade="down")
    _scene(s, -170 + frame, y + frame, 340 - 2 * frame, 196 - 2 * frame)
    s.circle(0, y + 197, 2.6, "#ff6058")


def _smart_television(s: Sketch) -> None:
    for side in (-1, 1):
        s.polygon([(side * 100, 86), (side * 112, 86), (side * 140, FLOOR), (side * 122, FLOOR)],
                  darker(s.body, 0.3), shade="down")  # fmt: skip
    _screen(s, -112, 9)


def _slim_television(s: Sketch) -> None:
    s.rect(-14, 84, 28, 28, darker(s.body, 0.25), shade="round")
    s.rect(-84, FLOOR - 12, 168, 12, s.body, r=6, shade="down")
    _screen(s, -112, 5)


def _wall_television(s: Sketch) -> None:
    _screen(s, -110, 7)


def _lens(s: Sketch, x: float, y: float, r: float) -> None:
    s.circle(x, y, r, darker(s.body, 0.45), shade="down")
    s.circle(x, y, r * 0.78, STEEL, shade="down")
    s.circle(x, y, r * 0.62, _GLASS, shade="down")
    s.circle(x, y, r * 0.34, "#4c78b8")
    s.circle(x - r * 0.2, y - r * 0.22, r * 0.14, "#ffffff", opacity=0.85)


def _beam(s: Sketch, x: float, y: float, reach: float) -> None:
    s.polygon([(x, y - 12), (x + reach, y - 92), (x + reach, y + 92), (x, y + 12)], "#fff3b0",
              opacity=0.75)  # fmt: skip


def _projector(s: Sketch, width: float, height: float) -> None:
    left, top = -150, FLOOR - height
    _beam(s, left + width - 10, top + height / 2, 190)
    s.rect(left + 14, FLOOR - 8, 26, 10, INK, r=4)
    s.rect(left + width - 40, FLOOR - 8, 26, 10, INK, r=4)
    s.rect(left, top, width, height - 4, s.body, r=16, shade="down")
    s.rect(left + 10, top + 8, width - 20, 10, lighter(s.body, 0.4), r=5, opacity=0.7)
    for step in range(6):
        s.rect(left + 18 + step * 11, top + height * 0.38, 5, height * 0.36, darker(s.body, 0.45),
               r=2)  # fmt: skip
    _lens(s, left + width - height * 0.42, top + height * 0.5, height * 0.36)


def _home_projector(s: Sketch) -> None:
    _projector(s, s.between(196, 220), s.between(112, 130))


def _pocket_projector(s: Sketch) -> None:
    with s.moved(14):
        _projector(s, 130, 128)


def _ceiling_projector(s: Sketch) -> None:
    s.rect(-84, -200, 26, 104, STEEL, shade="round")
    s.rect(-112, -204, 82, 16, darker(STEEL, 0.1), r=4)
    with s.moved(0, -112):
        _projector(s, 206, 116)


KINDS = (
    Kind("headphones", ("headphone", "earphone", "headset", "earbud", "airpod"), (
        Form("in-ear", _in_ear, "lies"),
        Form("earphone", _in_ear, "lies"),
        Form("earbud", _earbuds),
        Form("over-ear", _over_ear, "hangs"),
        Form("headphone", _over_ear, "hangs"),
    )),
    Kind("speaker", ("speaker", "soundbar", "subwoofer", "audio"), (
        Form("soundbar", _soundbar),
        Form("shelf", _shelf_speaker),
        Form("speaker", _bluetooth_speaker),
    )),
    Kind("television", ("television", "tv", "tvs", "monitor"), (
        Form("wall", _wall_television, "hangs"),
        Form("slim", _slim_television),
        Form("television", _smart_television),
    )),
    Kind("projector", ("projector",), (
        Form("ceiling", _ceiling_projector, "hangs"),
        Form("pocket", _pocket_projector),
        Form("projector", _home_projector),
    )),
)  # fmt: skip
