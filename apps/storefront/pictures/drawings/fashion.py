"""Shirts, jackets, sneakers and boots."""

from apps.storefront.pictures.drawings.colours import PAPER, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_SHORT = (
    "M-44 -130 L-88 -112 L-176 -36 L-128 18 L-92 -16 L-96 134 Q 0 146 96 134 L92 -16 L128 18"
    " L176 -36 L88 -112 L44 -130 Q 0 -96 -44 -130 Z"
)
_LONG = (
    "M-44 -132 L-90 -114 C -132 -80, -158 20, -170 108 L-124 120 L-92 0 L-96 134 Q 0 146 96"
    " 134 L92 0 L124 120 L170 108 C 158 20, 132 -80, 90 -114 L44 -132 Q 0 -96 -44 -132 Z"
)


def _collar(s: Sketch, colour: str) -> None:
    s.path("M-44 -132 Q 0 -152 44 -132 L 0 -88 Z", darker(colour, 0.45))
    s.path("M-46 -134 L-2 -88 L-42 -64 L-68 -122 Z", lighter(colour, 0.1), shade="down")
    s.path("M46 -134 L2 -88 L42 -64 L68 -122 Z", lighter(colour, 0.1), shade="down")


def _buttons(s: Sketch, start: float, end: float, count: int) -> None:
    s.rect(-11, start - 8, 22, end - start + 14, lighter(s.body, 0.06), shade="across")
    for step in range(count):
        s.circle(0, start + 10 + step * (end - start - 12) / max(count - 1, 1), 4.5, PAPER,
                 shade="down")  # fmt: skip


def _folds(s: Sketch) -> None:
    dark = darker(s.body, 0.25)
    s.stroke("M-92 -14 q 10 30 4 60 M92 -14 q -10 30 -4 60", dark, 4, opacity=0.7)
    s.stroke("M-60 128 q 6 -40 0 -70 M58 128 q -6 -34 0 -56", dark, 3, opacity=0.4)


def _linen_shirt(s: Sketch) -> None:
    s.path(_LONG, s.body, shade="down")
    with s.clipped(_LONG):
        for at in range(26):
            s.stroke(f"M{-180 + at * 15} -150 v300", "#ffffff", 1, opacity=0.18)
        if s.chance(0.4):
            for at in range(14):
                s.rect(-170 + at * 26, -150, 5, 300, s.detail, opacity=0.35)
    _folds(s)
    _buttons(s, -82, 134, 6)
    _collar(s, s.body)
    if s.chance(0.5):
        s.rect(30, -40, 42, 46, lighter(s.body, 0.08), r=4, shade="down")


def _flannel_shirt(s: Sketch) -> None:
    second = s.pick("#2b2b30", "#f4efe2", darker(s.body, 0.55))
    s.path(_LONG, s.body, shade="down")
    with s.clipped(_LONG):
        for at in range(9):
            s.rect(-176 + at * 44, -150, 20, 300, second, opacity=0.42)
            s.rect(-152 + at * 44, -150, 3, 300, "#ffffff", opacity=0.5)
        for at in range(8):
            s.rect(-190, -140 + at * 42, 380, 19, second, opacity=0.42)
            s.rect(-190, -116 + at * 42, 380, 3, "#ffffff", opacity=0.5)
    _folds(s)
    _buttons(s, -82, 134, 6)
    _collar(s, s.body)
    for x in (-74, 30):
        s.rect(x, -44, 44, 46, darker(s.body, 0.12), r=4, shade="down")


def _polo_shirt(s: Sketch) -> None:
    s.path(_SHORT, s.body, shade="down")
    trim = s.detail
    with s.clipped(_SHORT):
        s.stroke("M-178 -42 L-124 24 M178 -42 L124 24", trim, 13)
        if s.chance(0.45):
            for y in (0, 40):
                s.rect(-130, y, 260, 20, trim, opacity=0.75)
    _folds(s)
    _buttons(s, -86, -26, 3)
    _collar(s, trim if s.chance(0.4) else s.body)
    s.circle(52, -44, 8, trim, shade="down")


def _zip(s: Sketch, colour: str) -> None:
    s.stroke("M0 -112 V134", darker(colour, 0.5), 9)
    s.stroke("M0 -112 V134", STEEL, 4, dash="3 7")
    s.rect(-5, -96, 10, 20, STEEL, r=3, shade="down")


def _rain_jacket(s: Sketch) -> None:
    s.path("M-70 -112 C -82 -200, 82 -200, 70 -112 C 40 -84, -40 -84, -70 -112 Z", s.body,
           shade="down")  # fmt: skip
    s.path("M-46 -116 C -52 -172, 52 -172, 46 -116 C 26 -94, -26 -94, -46 -116 Z",
           darker(s.body, 0.55))  # fmt: skip
    s.path(_LONG, s.body, shade="down")
    s.path("M-90 -114 L-44 -132 Q 0 -96 44 -132 L90 -114 L98 -56 H-98 Z", darker(s.body, 0.14),
           shade="down")  # fmt: skip
    _zip(s, s.body)
    for side in (-1, 1):
        s.rect(min(side * 24, side * 80), 42, 56, 15, darker(s.body, 0.25), r=4, shade="down")
        s.stroke(f"M{side * 18} -104 q {side * 4} 30 0 50", PAPER, 4)
        s.rect(min(side * 127, side * 166), 96, 39, 12, darker(s.body, 0.35), r=3)
    _folds(s)
    for x, y in ((-110, -30), (60, -10), (-40, 84), (120, 60), (36, 110)):
        s.path(f"M{x} {y} q 7 12 0 17 q -7 -5 0 -17 Z", "#ffffff", opacity=0.75)


def _quilted_jacket(s: Sketch) -> None:
    s.path(_LONG, s.body, shade="down")
    with s.clipped(_LONG):
        for at in range(8):
            y = -96 + at * 32
            s.stroke(f"M-190 {y + 14} Q -130 {y - 6} -92 {y} Q 0 {y + 20} 92 {y} Q 130 {y - 6} 190"
                     f" {y + 14}", darker(s.body, 0.35), 5)  # fmt: skip
            s.stroke(f"M-180 {y + 5} Q -130 {y - 12} -92 {y - 8} Q 0 {y + 10} 92 {y - 8} Q 130"
                     f" {y - 12} 180 {y + 5}", "#ffffff", 5, opacity=0.2)  # fmt: skip
    s.path("M-50 -132 C -56 -166, 56 -166, 50 -132 L 34 -98 Q 0 -82 -34 -98 Z", darker(s.body, 0.2),
           shade="down")  # fmt: skip
    _zip(s, s.body)
    s.stroke("M-70 60 l 16 44 M70 60 l -16 44", STEEL, 4)


def _denim_jacket(s: Sketch) -> None:
    thread = "#e0a04a"
    s.path(_LONG, s.body, shade="down")
    with s.clipped(_LONG):
        for at in range(60):
            s.stroke(f"M{-260 + at * 9} -150 l 90 300", "#ffffff", 1, opacity=0.12)
    s.stroke("M-96 -50 H96 M-60 -48 L-40 124 M60 -48 L40 124", thread, 2.5, dash="6 5")
    for x in (-76, 28):
        s.path(f"M{x} -44 h48 v36 l-24 16 l-24 -16 Z", darker(s.body, 0.15), shade="down")
        s.circle(x + 24, -32, 5, "#d9b04a")
    s.rect(-98, 112, 196, 26, darker(s.body, 0.12), r=4, shade="down")
    _buttons(s, -86, 130, 6)
    for step in range(6):
        s.circle(0, -76 + step * 41, 5.5, "#d9b04a", shade="down")
    _collar(s, s.body)
    _folds(s)


_UPPER = (
    "M-150 62 C -158 10, -150 -46, -128 -72 Q -110 -86 -86 -66 Q -60 -46 -26 -58 L 8 -74"
    " C 40 -30, 84 -8, 132 12 C 164 24, 176 44, 172 70 Z"
)


def _laces(s: Sketch, points: tuple[tuple[float, float], ...]) -> None:
    for x, y in points:
        s.stroke(f"M{x - 20} {y + 14} L{x + 16} {y - 12}", PAPER, 8)
        s.stroke(f"M{x - 20} {y + 14} L{x + 16} {y - 12}", darker(PAPER, 0.25), 1.5)


def _running_sneakers(s: Sketch) -> None:
    accent = s.accent
    s.path(_UPPER, s.body, shade="down")
    with s.clipped(_UPPER):
        if s.says("mesh"):
            for row in range(12):
                for column in range(24):
                    s.circle(-150 + column * 14 + row % 2 * 7, -80 + row * 13, 2.2, "#ffffff",
                             opacity=0.4)  # fmt: skip
        style = s.random.randrange(3)
        if style == 0:
            s.path("M-60 70 C -20 20, 40 10, 120 6 L 60 70 Z", accent, shade="down")
        elif style == 1:
            for x in (-50, -18, 14):
                s.stroke(f"M{x} 70 l 34 -80", accent, 13)
        else:
            s.path("M-90 36 C -30 74, 60 40, 110 -10 C 60 20, -10 34, -90 36 Z", accent)
        s.path("M-170 80 C -150 0, -140 -30, -120 -74 L -176 -70 Z", darker(s.body, 0.3))
    s.path("M-128 -72 Q-110 -86 -86 -66 Q-60 -46 -26 -58 L-34 -42 Q-66 -30 -96 -48 Z",
           darker(s.body, 0.5))  # fmt: skip
    _laces(s, ((2, -40), (26, -22), (52, -6)))
    s.path("M-166 62 C -120 52, 80 66, 176 60 Q 190 92 164 112 C 90 124, 40 104, -10 106 C -60 104,"
           " -110 122, -156 112 Q -178 92 -166 62 Z", PAPER, shade="down")  # fmt: skip
    s.stroke("M-160 86 C -90 76, 60 92, 172 82", accent, 6)
    s.stroke(f"M-154 {FLOOR - 5} H160", darker(s.body, 0.5), 9)
    if s.says("reflective"):
        s.stroke("M-148 40 q 4 -50 18 -86", "#f5fbff", 8)


def _canvas_sneakers(s: Sketch) -> None:
    s.path("M-110 66 L-112 -128 Q-70 -146 -22 -128 C -14 -70, 20 -16, 96 0 C 140 6, 162 30, 160 66"
           " Z", s.body, shade="down")  # fmt: skip
    s.path("M-22 -128 C -14 -70, 20 -16, 96 0 L 74 20 C 0 4, -44 -50, -54 -132 Z",
           lighter(s.body, 0.12), shade="down")  # fmt: skip
    s.path("M88 66 C 88 20, 124 6, 150 26 Q 164 44 160 66 Z", PAPER, shade="down")
    s.circle(-76, -66, 24, PAPER, shade="down")
    s.star(-76, -66, 5, 17, 7, s.body if s.body != PAPER else "#2f6fc4", turn=-1.57)
    _laces(s, ((-34, -104), (-26, -74), (-12, -46), (10, -20), (40, 0)))
    s.rect(-122, 62, 288, 46, PAPER, r=12, shade="down")
    s.rect(-120, 72, 284, 6, s.accent)
    s.stroke(f"M-114 {FLOOR - 8} H160", "#8a5a36", 8)


def _court_sneakers(s: Sketch) -> None:
    s.path(_UPPER, s.body, shade="down")
    with s.clipped(_UPPER):
        s.path("M-180 -90 H-104 L-116 80 H-180 Z", s.detail, shade="down")
        s.path("M60 80 C 60 20, 100 0, 150 0 L 190 80 Z", lighter(s.body, 0.12), shade="down")
        for x, y in ((104, 34), (122, 30), (112, 48), (132, 46)):
            s.circle(x, y, 3, darker(s.body, 0.5))
        if s.chance(0.5):
            s.stroke("M-70 62 L-20 -30 M-40 62 L6 -10", s.detail, 11)
        else:
            s.star(-28, 18, 5, 30, 12, s.detail, turn=-1.57)
    _laces(s, ((2, -42), (28, -24), (54, -8)))
    s.rect(-164, 58, 340, 52, PAPER, r=18, shade="down")
    s.stroke("M-154 74 H166", darker(PAPER, 0.2), 3, dash="8 6")
    s.rect(-160, 98, 332, 16, "#c58b52", r=8)


def _sole(s: Sketch, left: float, right: float) -> None:
    s.rect(left, 92, right - left, 18, "#3a332e", r=6)
    for step in range(int((right - left) // 26)):
        s.rect(left + 6 + step * 26, 104, 15, 14, "#2a2622", r=3)
    s.rect(left, 100, 62, 20, "#2a2622", r=4)


def _ankle_boots(s: Sketch) -> None:
    s.path("M-92 96 L-86 -118 Q-30 -134 28 -118 L34 0 C 60 30, 150 28, 158 96 Z", s.body,
           shade="across")  # fmt: skip
    s.path("M-10 -122 L28 -118 L34 0 C 50 22, 80 26, 100 34 L 80 60 C 30 44, -4 10, -10 -122 Z",
           darker(s.body, 0.2), shade="down")  # fmt: skip
    for step in range(6):
        y = -100 + step * 24
        s.stroke(f"M{2 + step * 4} {y + 10} L{34 + step * 7} {y - 2}", "#e9d7ae", 7)
    s.stroke("M-86 -84 Q -50 -76 -14 -84", darker(s.body, 0.4), 3, dash="6 5")
    s.path("M110 96 C 108 60, 130 46, 148 60 Q 160 76 158 96 Z", darker(s.body, 0.22), shade="down")
    _sole(s, -98, 164)


def _winter_boots(s: Sketch) -> None:
    fur = "#f5efe4"
    s.path("M-96 96 L-90 -110 H38 L42 0 C 68 30, 156 26, 162 96 Z", s.body, shade="across")
    for y in (-62, -22, 18):
        s.stroke(f"M-92 {y} Q -20 {y + 12} 40 {y}", darker(s.body, 0.35), 4)
    s.path("M-98 96 C -96 40, -60 44, 20 50 C 60 46, 160 30, 164 96 Z", darker(s.body, 0.5),
           shade="down")  # fmt: skip
    for step in range(3):
        s.stroke(f"M8 {-80 + step * 34} L44 {-90 + step * 34}", fur, 7)
    for step in range(9):
        s.circle(-94 + step * 17, -116 + (step % 2) * 6, 19, fur, shade="down")
    _sole(s, -104, 170)


def _chelsea_boots(s: Sketch) -> None:
    s.path("M-84 98 L-78 -128 Q-24 -142 28 -128 L32 6 C 60 34, 160 40, 166 98 Z", s.body,
           shade="across")  # fmt: skip
    s.path("M-40 -130 L12 -130 C 2 -80, 0 -30, 4 14 L -34 14 C -30 -40, -32 -90, -40 -130 Z",
           darker(s.body, 0.55))  # fmt: skip
    for step in range(8):
        s.stroke(f"M{-36 + step * 6} -126 l {3 - step * 0.3:.1f} 136", lighter(s.body, 0.2), 1.5,
                 opacity=0.6)  # fmt: skip
    s.tube("M-66 -128 q -6 -38 10 -38 q 14 2 8 36", darker(s.body, 0.25), 7)
    s.shine("M70 40 Q 120 48 142 74", 7, 0.4)
    s.rect(-90, 96, 262, 13, "#3a332e", r=5)
    s.rect(-90, 104, 66, 16, "#2a2622", r=3)


KINDS = (
    Kind("shirt", ("shirt", "clothing", "apparel", "dress", "top", "tops", "polo"), (
        Form("flannel", _flannel_shirt, "hangs"), Form("polo", _polo_shirt, "hangs"),
        Form("shirt", _linen_shirt, "hangs"),
    )),
    Kind("jacket", ("jacket", "coat", "hoodie", "sweater"), (
        Form("rain", _rain_jacket, "hangs"), Form("quilted", _quilted_jacket, "hangs"),
        Form("denim", _denim_jacket, "hangs"),
    )),
    Kind("sneakers", ("sneaker", "shoe", "footwear", "trainers"), (
        Form("canvas", _canvas_sneakers), Form("court", _court_sneakers),
        Form("running", _running_sneakers),
    )),
    Kind("boots", ("boot", "boots"), (
        Form("winter", _winter_boots), Form("chelsea", _chelsea_boots), Form("ankle", _ankle_boots),
    )),
)  # fmt: skip
