"""Yoga, weights, helmets and bike lights."""

from apps.storefront.pictures.drawings.colours import INK, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_CORK = "#c99a63"


def _spiral(s: Sketch, x: float, y: float, r: float, colour: str) -> None:
    s.circle(x, y, r, colour, shade="down")
    for share in (0.8, 0.6, 0.4, 0.2):
        s.ring(x, y, r * share, darker(colour, 0.35), 4)
    s.circle(x, y, r * 0.1, darker(colour, 0.5))


def _yoga_mat(s: Sketch) -> None:
    under = _CORK if s.says("cork") else darker(s.body, 0.2)
    s.path("M-40 40 L188 84 Q200 100 176 118 L-76 118 Z", s.body, shade="across")
    for at in range(9):
        s.stroke(f"M{0 + at * 20} {56 + at * 4:.0f} L{-30 + at * 24} 116", darker(s.body, 0.2), 2,
                 opacity=0.6)  # fmt: skip
    s.path("M-104 -34 L60 -96 C 110 -96, 130 -10, 96 20 L-70 104 Z", s.body, shade="down")
    _spiral(s, -96, 36, 74, under)
    s.ring(-96, 36, 74, s.body, 8)
    if s.says("sling") or s.chance(0.5):
        for x, y in ((-30, -62), (44, -90)):
            s.stroke(f"M{x} {y} q 56 50 {26} 126", s.accent, 13)
        s.stroke("M-22 -62 C 0 -170, 60 -160, 52 -90", s.accent, 10)


def _yoga_block(s: Sketch) -> None:
    block = _CORK if s.says("cork") else s.body
    for y, tone in ((32, 0.0), (-56, 0.08)) if s.chance(0.5) else ((32, 0.0),):
        colour = lighter(block, tone)
        shift = s.between(-16, 16)
        with s.moved(shift, y):
            s.polygon([(-140, 0), (60, 0), (60, 88), (-140, 88)], colour, shade="down")
            s.polygon([(-140, 0), (-76, -42), (124, -42), (60, 0)], lighter(colour, 0.2),
                      shade="down")  # fmt: skip
            s.polygon([(60, 0), (124, -42), (124, 44), (60, 88)], darker(colour, 0.2), shade="down")
            if block == _CORK:
                for _ in range(30):
                    s.circle(s.between(-134, 54), s.between(6, 82), s.between(2, 4.5),
                             darker(_CORK, s.between(0.15, 0.45)))  # fmt: skip
            s.ring(-40, 44, 17, s.detail, 4)
            s.path("M-40 54 C -62 44, -46 26, -40 34 C -34 26, -18 44, -40 54 Z", s.detail)


def _stretch_strap(s: Sketch) -> None:
    with s.moved(turn=s.between(-14, 14)):
        s.stroke("M-160 60 C -120 -60, 40 -60, 60 20 S 200 60, 160 -70", darker(s.body, 0.35), 38)
        s.stroke("M-160 60 C -120 -60, 40 -60, 60 20 S 200 60, 160 -70", s.body, 34)
        s.stroke("M-160 60 C -120 -60, 40 -60, 60 20 S 200 60, 160 -70", lighter(s.body, 0.5), 3,
                 dash="9 8")  # fmt: skip
        _spiral(s, -130, 66, 56, s.body)
        for x in (146, 178):
            s.ring(x, -88, 28, STEEL, 9)
            s.ring(x, -88, 24, lighter(STEEL, 0.6), 2)


def _dumbbell_of(s: Sketch) -> None:
    s.rect(-92, -15, 184, 30, STEEL, r=8, shade="down")
    for x in range(-70, 72, 10):
        s.stroke(f"M{x} -13 l 6 26", darker(STEEL, 0.35), 2)
    for side in (-1, 1):
        with s.moved(side * 86, 0, flip=side < 0):
            if s.says("hex"):
                s.polygon([(0, -44), (22, -66), (74, -66), (92, -44), (92, 44), (74, 66), (22, 66),
                           (0, 44)], s.body, shade="down")  # fmt: skip
                s.polygon([(22, -66), (74, -66), (60, -26), (34, -26)], lighter(s.body, 0.2))
                s.polygon([(22, 66), (74, 66), (60, 26), (34, 26)], darker(s.body, 0.3))
            else:
                s.rect(0, -70, 30, 140, s.body, r=9, shade="down")
                s.rect(28, -56, 26, 112, darker(s.body, 0.14), r=9, shade="down")
                s.rect(52, -38, 22, 76, s.body, r=8, shade="down")
                s.rect(72, -14, 20, 28, STEEL, r=6, shade="down")


def _dumbbell(s: Sketch) -> None:
    if s.chance(0.5):
        with s.moved(14, -30, scale=0.85, turn=-24):
            _dumbbell_of(s)
        with s.moved(-10, 62, scale=0.85, turn=6):
            _dumbbell_of(s)
    else:
        with s.moved(0, 40, turn=s.between(-18, 6)):
            _dumbbell_of(s)


def _kettlebell(s: Sketch) -> None:
    bar = s.metal if s.says("knurled") else darker(s.body, 0.2)
    s.tube("M-66 26 C -104 -70, -86 -126, -44 -130 H44 C 86 -126, 104 -70, 66 26", bar, 30)
    s.path("M-96 44 C -96 -10, -50 -34, 0 -34 S 96 -10, 96 44 C 96 96, 66 120, 44 120 H-44 C -66"
           " 120, -96 96, -96 44 Z", s.body, shade="down")  # fmt: skip
    s.rect(-58, FLOOR - 13, 116, 13, darker(s.body, 0.35), r=5)
    s.rect(-54, 26, 108, 44, s.detail, r=22, shade="down")
    marks = s.random.choice((2, 3, 4))
    for at in range(marks):
        s.circle((at - (marks - 1) / 2) * 22, 48, 7, s.body)
    s.shine("M-76 40 A 80 80 0 0 1 -36 -12", 9, 0.4)


def _weight_plate(s: Sketch) -> None:
    s.circle(0, -14, 132, s.body, shade="down")
    s.ring(0, -14, 118, darker(s.body, 0.4), 6)
    s.ring(0, -14, 66, darker(s.body, 0.3), 8)
    holes = s.random.choice((3, 4, 5))
    for at in range(holes):
        with s.moved(0, -14, turn=at * 360 / holes):
            s.rect(-26, -106, 52, 24, darker(s.body, 0.7), r=12)
    s.circle(0, -14, 38, STEEL, shade="down")
    s.circle(0, -14, 20, INK)
    s.shine("M-100 -62 A 112 112 0 0 1 -40 -118", 9, 0.35)


def _straps(s: Sketch) -> None:
    s.stroke("M-104 30 C -80 90, -30 116, -10 118", INK, 8)
    s.stroke("M80 40 C 60 96, 20 118, -10 118", INK, 8)
    s.rect(-26, 108, 34, 16, s.accent, r=6, shade="down")


def _road_helmet(s: Sketch) -> None:
    _straps(s)
    shell = (
        "M-168 30 C -160 -90, -60 -136, 40 -116 C 130 -96, 176 -30, 178 36 C 120 18, 60 40, 0"
        " 44 C -60 52, -120 40, -168 30 Z"
    )
    s.path(shell, s.body, shade="down")
    with s.clipped(shell):
        s.stroke("M-150 60 C -120 -60, -20 -96, 90 -96", s.accent, 12)
        for x, y, turn, length in ((-90, -20, -38, 92), (-36, -50, -22, 104), (30, -56, -4, 108),
                                   (96, -34, 16, 92), (-66, 20, -18, 84), (20, 10, -4, 96),
                                   (108, 14, 14, 72)):  # fmt: skip
            with s.moved(x, y, turn=turn):
                s.path(f"M{-length / 2:.0f} 0 Q 0 -24 {length / 2:.0f} 0 Q 0 16 {-length / 2:.0f}"
                       " 0 Z", darker(s.body, 0.72))  # fmt: skip
    s.path("M-168 28 C -100 46, -40 52, 0 44 C 60 40, 120 18, 178 36 L 174 50 C 120 34, 60 56, 0 60"
           " C -60 66, -120 56, -162 46 Z", INK)  # fmt: skip


def _city_helmet(s: Sketch) -> None:
    _straps(s)
    s.path("M-144 44 C -152 -80, -80 -134, 4 -134 C 96 -134, 152 -70, 146 44 Z", s.body,
           shade="down")  # fmt: skip
    s.path("M100 24 H150 Q206 34 202 56 Q150 46 100 48 Z", darker(s.body, 0.25), shade="down")
    s.rect(-148, 34, 298, 20, INK, r=9)
    for x in (-66, 0, 66):
        s.rect(x - 10, -84 + abs(x) * 0.35, 20, 50, darker(s.body, 0.6), r=10)
    if s.says("rear light") or s.chance(0.4):
        s.rect(-142, 4, 30, 18, "#e8352e", r=7, shade="down")
    s.shine("M-110 -20 C -100 -84, -50 -112, 0 -114", 10, 0.4)


def _trail_helmet(s: Sketch) -> None:
    with s.moved(-22, 8, scale=0.92):
        _trail_shell(s)


def _trail_shell(s: Sketch) -> None:
    _straps(s)
    s.path("M-160 56 C -168 -70, -90 -130, 0 -130 C 90 -130, 150 -70, 148 10 L 120 44 C 40 40,"
           " -40 84, -90 86 C -130 90, -158 80, -160 56 Z", s.body, shade="down")  # fmt: skip
    s.path("M40 -112 C 90 -150, 170 -150, 216 -116 L 150 -26 C 130 -66, 100 -84, 40 -112 Z",
           s.accent, shade="down")  # fmt: skip
    for x, y, turn in ((-96, -10, -50), (-44, -50, -28), (20, -60, 0), (-70, 40, -24),
                       (0, 4, -14), (76, -12, 12)):  # fmt: skip
        with s.moved(x, y, turn=turn):
            s.rect(-32, -10, 64, 20, darker(s.body, 0.7), r=10)
    s.stroke("M-156 60 C -130 90, -60 80, 0 62 S 90 44, 122 44", INK, 12)


def _glow(s: Sketch, x: float, y: float, colour: str) -> None:
    for r, opacity in ((110, 0.16), (78, 0.22), (52, 0.3)):
        s.circle(x, y, r, colour, opacity=opacity)


def _bar(s: Sketch, y: float) -> None:
    s.rect(-220, y, 440, 30, "#4b4f57", r=15, shade="down")
    s.rect(-220, y - 5, 96, 40, INK, r=16, shade="down")


def _front(s: Sketch, x: float, y: float) -> None:
    _glow(s, x, y, "#fff2a8")
    s.rect(x - 20, y + 44, 40, 40, INK, r=8, shade="down")
    s.circle(x, y, 62, s.body, shade="down")
    s.circle(x, y, 49, STEEL, shade="down")
    s.circle(x, y, 42, "#fffbe0", shade="down")
    for dx, dy in ((-15, -10), (15, -10), (0, 16)):
        s.circle(x + dx, y + dy, 11, "#ffffff", shade="down")
    s.rect(x - 14, y - 74, 28, 14, darker(s.body, 0.4), r=6)


def _tail(s: Sketch, x: float, y: float) -> None:
    _glow(s, x, y, "#ff6a5c")
    s.rect(x - 46, y - 76, 92, 152, s.body, r=38, shade="down")
    s.rect(x - 34, y - 62, 68, 124, "#c3201d", r=28, shade="down")
    for row in range(4):
        for column in range(2):
            s.circle(x - 14 + column * 28, y - 40 + row * 27, 9, "#ff9a8f", shade="down")


def _front_light(s: Sketch) -> None:
    _bar(s, 70)
    _front(s, s.between(-10, 40), -10)


def _tail_light(s: Sketch) -> None:
    with s.moved(turn=12):
        s.rect(-26, -200, 44, 420, "#4b4f57", r=16, shade="round")
        s.rect(-34, -20, 60, 34, INK, r=8, shade="down")
        _tail(s, 0, -4)


def _light_set(s: Sketch) -> None:
    with s.moved(-88, -4):
        _front(s, 0, 0)
    with s.moved(98, 10, scale=0.92):
        _tail(s, 0, 0)


KINDS = (
    Kind("yoga", ("yoga", "exercise", "fitness", "sport"), (
        Form("block", _yoga_block), Form("strap", _stretch_strap, "lies"), Form("mat", _yoga_mat),
    )),
    Kind("weight", ("weights", "weight", "dumbbell", "kettlebell", "gym"), (
        Form("kettlebell", _kettlebell), Form("plate", _weight_plate, "lies"),
        Form("dumbbell", _dumbbell, "lies"),
    )),
    Kind("helmet", ("helmet",), (
        Form("city", _city_helmet), Form("trail", _trail_helmet), Form("road", _road_helmet),
    )),
    Kind("bike light", ("bike light", "bicycle light", "cycling", "bicycle", "bike", "torch"), (
        Form("front", _front_light, "hangs"), Form("tail", _tail_light, "hangs"),
        Form("set", _light_set, "hangs"),
    )),
)  # fmt: skip
