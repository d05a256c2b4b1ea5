"""Chairs, shelves, bedding and lamps."""

from apps.storefront.pictures.drawings.colours import INK, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_SPINES = ("#b5483a", "#2f6f8f", "#d9a23b", "#5b7f4a", "#6a4f86", "#f0e2c4", "#37404e", "#d7806a")
_GLOW = "#ffe9a6"


def _leg(s: Sketch, x: float, y: float, foot: float, colour: str) -> None:
    s.polygon([(x - 9, y), (x + 9, y), (foot + 6, FLOOR), (foot - 6, FLOOR)], colour, shade="round")


def _dining_chair(s: Sketch) -> None:
    wood = s.wood if s.says("oak", "wood") or s.chance(0.6) else INK
    for x, foot in ((-40, -48), (78, 92)):
        _leg(s, x, 20, foot, darker(wood, 0.25))
    for x in (-66, 58):
        s.polygon([(x - 2, -150), (x + 14, -150), (x + 12, 40), (x - 6, 40)], wood, shade="round")
    style = s.random.randrange(3)
    if style == 0:
        s.rect(-70, -150, 146, 92, s.body, r=20, shade="down")
    elif style == 1:
        for x in (-40, -14, 12, 38):
            s.rect(x - 4, -136, 10, 150, wood, r=4, shade="round")
        s.rect(-72, -152, 150, 30, s.body, r=14, shade="down")
    else:
        for y in (-148, -104, -60):
            s.rect(-66, y, 140, 24, s.body, r=10, shade="down")
    s.path("M-78 2 H88 L104 34 Q104 42 94 42 H-86 Q-96 42 -94 34 Z", s.body, shade="down")
    s.rect(-92, 36, 194, 14, wood, r=6, shade="down")
    _leg(s, -82, 48, -100, wood)
    _leg(s, 92, 48, 108, wood)


def _reading_chair(s: Sketch) -> None:
    wood = s.wood
    for x, foot in ((-92, -112), (92, 112)):
        _leg(s, x, 70, foot, wood)
    s.path("M-92 60 C -116 -160, -80 -160, 0 -160 S 116 -160, 92 60 Z", s.body, shade="down")
    s.path("M-60 -120 Q 0 -136 60 -120", darker(s.body, 0.15), shade="down", opacity=0.01)
    for x, y in ((-34, -100), (34, -100), (0, -60), (-38, -22), (38, -22)):
        s.circle(x, y, 5, darker(s.body, 0.4))
    for side in (-1, 1):
        with s.moved(side * 112, 24, flip=side > 0):
            s.rect(-26, -44, 58, 112, s.body, r=26, shade="down")
            s.ellipse(2, -26, 22, 18, lighter(s.body, 0.18), shade="down")
    s.rect(-82, 8, 164, 40, lighter(s.body, 0.12), r=16, shade="down")
    s.rect(-90, 44, 180, 36, s.body, r=10, shade="down")
    if s.chance(0.6):
        with s.moved(-26, -20, turn=-12):
            s.rect(-32, -30, 64, 60, s.accent, r=14, shade="down")


def _folding_chair(s: Sketch) -> None:
    frame = s.metal if s.chance(0.5) else s.wood
    s.tube(f"M-66 -140 L 74 {FLOOR - 6}", darker(frame, 0.25), 13)
    s.tube(f"M66 0 L -84 {FLOOR - 6}", darker(frame, 0.25), 13)
    s.tube(f"M-86 -136 L 96 {FLOOR}", frame, 13)
    s.tube(f"M96 2 L -100 {FLOOR}", frame, 13)
    s.polygon([(-100, -146), (-44, -148), (-14, -72), (-66, -70)], s.body, shade="down")
    s.polygon([(-62, -6), (96, -8), (112, 14), (-40, 18)], s.body, shade="down")
    s.rect(-42, 14, 154, 12, darker(s.body, 0.3), r=5)
    s.circle(16, 40, 8, INK)


def _books(s: Sketch, x: float, y: float, width: float, height: float) -> None:
    end = x + width
    while x < end - 14:
        wide = s.between(11, 21)
        tall = s.between(0.58, 0.92) * height
        if x + wide > end:
            break
        spine = s.pick(*_SPINES)
        s.rect(x, y - tall, wide, tall, spine, r=2, shade="across")
        s.rect(x + 2, y - tall * 0.8, wide - 4, 5, lighter(spine, 0.5), opacity=0.8)
        x += wide + 1
        if s.chance(0.12):
            x += 22


def _plant(s: Sketch, x: float, y: float, pot: str) -> None:
    for turn in (-50, -24, 0, 26, 52):
        with s.moved(x, y - 22, turn=turn):
            s.path("M0 0 C -14 -18, -10 -40, 0 -50 C 10 -40, 14 -18, 0 0 Z", "#4f8f58",
                   shade="across")  # fmt: skip
    s.path(f"M{x - 16} {y - 26} h32 l-5 26 h-22 Z", pot, shade="round")


def _bookcase(s: Sketch) -> None:
    case = s.wood if s.says("pine", "wood") else s.body
    boards, top, left, width = 4, -160, -96, 192
    height = FLOOR - top
    # A back of the product's colour, if the boards are of wood.
    back = s.body if case != s.body else darker(case, 0.3)
    s.rect(left, top, width, height - 4, back, r=4)
    step = (height - 18) / boards
    for row in range(boards):
        y = top + 12 + (row + 1) * step
        decorated = s.random.randrange(4)
        if decorated == 0:
            _plant(s, left + 46, y - 6, s.accent)
            _books(s, left + 80, y - 6, width - 94, step)
        elif decorated == 1:
            s.rect(left + 22, y - 46, 60, 40, lighter(s.body, 0.3), r=6, shade="down")
            _books(s, left + 96, y - 6, width - 110, step)
        else:
            _books(s, left + 14, y - 6, width * s.between(0.6, 0.9), step)
        s.rect(left + 8, y - 6, width - 16, 9, lighter(case, 0.15), shade="down")
    for x in (left, left + width - 12):
        s.rect(x, top, 12, height, case, r=3, shade="across")
    s.rect(left - 5, top - 8, width + 10, 14, case, r=4, shade="down")
    s.rect(left, FLOOR - 14, width, 12, case, shade="down")


def _wall_shelf(s: Sketch) -> None:
    case = s.wood if s.says("pine", "wood") else s.body
    for y, left, right in ((-40, -160, 90), (86, -90, 160)):
        _books(s, left + 20, y, (right - left) * 0.52, 96)
        _plant(s, right - 48, y, s.accent)
        s.rect(right - 106, y - 34, 30, 34, s.body, r=5, shade="round")
        s.rect(left, y, right - left, 20, case, r=4, shade="down")
        if not s.says("hidden", "floating"):
            for x in (left + 34, right - 44):
                s.polygon([(x, y + 20), (x + 10, y + 20), (x + 6, y + 46), (x, y + 46)], INK)


def _corner_shelf(s: Sketch) -> None:
    case = s.wood if s.says("pine", "wood") else s.body
    s.polygon([(0, -180), (190, -160), (190, 160), (0, 122)], "#000000", opacity=0.07)
    s.stroke("M0 -200 V 130", "#000000", 3, opacity=0.25)
    for y in (-108, -10, 88):
        s.polygon([(-112, y + 8), (0, y - 24), (112, y + 8), (40, y + 40), (-40, y + 40)],
                  lighter(case, 0.1), shade="down")  # fmt: skip
        s.polygon([(-112, y + 8), (-40, y + 40), (40, y + 40), (112, y + 8), (112, y + 20),
                   (40, y + 54), (-40, y + 54), (-112, y + 20)], darker(case, 0.2))  # fmt: skip
        if s.chance(0.5):
            _plant(s, -6, y + 20, s.accent)
        else:
            _books(s, -50, y + 20, 110, 74)
    for x in (-100, 100):
        s.rect(x - 5, -104, 10, FLOOR + 110, s.body, r=3, shade="round")


def _pattern(s: Sketch, shape: str, box: tuple[float, float, float, float]) -> None:
    x, y, width, height = box
    ink = s.detail
    with s.clipped(shape):
        kind = s.random.randrange(4)
        if kind == 0:
            for step in range(int(width // 34) + 1):
                s.rect(x + step * 34, y, 12, height, ink, opacity=0.35)
        elif kind == 1:
            for row in range(int(height // 36) + 1):
                for column in range(int(width // 40) + 1):
                    s.circle(x + column * 40 + (row % 2) * 20, y + row * 36, 6, ink, opacity=0.4)
        elif kind == 2:  # noqa: PLR2004
            for step in range(int(height // 30) + 1):
                s.rect(x, y + step * 30, width, 7, ink, opacity=0.32)


def _pillow(s: Sketch) -> None:
    shape = (
        "M-150 -76 C -110 -104, -60 -92, 0 -92 S 110 -104, 150 -76 C 172 -30, 160 30, 152 92"
        " C 110 116, 60 104, 0 104 S -110 116, -152 92 C -162 30, -172 -30, -150 -76 Z"
    )
    with s.moved(turn=s.between(-9, 9)):
        s.path(shape, s.body, shade="down")
        _pattern(s, shape, (-170, -110, 340, 230))
        s.stroke("M-148 -74 q 30 26 52 34 M150 -74 q -30 26 -52 34 M-150 90 q 26 -24 54 -32"
                 " M150 90 q -26 -24 -54 -32", darker(s.body, 0.3), 4)  # fmt: skip
        s.shine("M-80 -66 Q 0 -78 80 -66", 9, 0.4)


def _bed(s: Sketch) -> None:
    wood = s.wood
    s.rect(-184, -104, 368, 150, wood, r=22, shade="down")
    for x in (-172, 150):
        s.rect(x, 90, 22, 40, darker(wood, 0.3), r=5)
    s.rect(-176, 10, 352, 98, "#f6f2ea", r=14, shade="down")
    for x in (-150, 10):
        s.rect(x, -50, 140, 74, "#fffdf8", r=26, shade="down")


def _duvet(s: Sketch) -> None:
    _bed(s)
    shape = (
        "M-186 14 C -120 -6, -60 4, 0 0 S 130 -8, 186 14 L196 104 C 160 126, 120 108, 80 120"
        " C 30 130, -20 110, -70 122 C -120 130, -160 116, -196 108 Z"
    )
    s.path(shape, s.body, shade="down")
    with s.clipped(shape):
        for x in range(-150, 180, 60):
            s.stroke(f"M{x} -10 q {x * 0.05:.0f} 60 {x * 0.1:.0f} 140", darker(s.body, 0.2), 4)
        for y in (44, 84):
            s.stroke(f"M-200 {y} q 200 -16 400 0", darker(s.body, 0.2), 4)
    s.path("M-187 18 C -120 -6, -60 4, 0 0 S 130 -8, 187 18 L190 42 C 120 20, -120 20, -190 42 Z",
           lighter(s.body, 0.4), shade="down")  # fmt: skip


def _blanket(s: Sketch) -> None:
    ink = s.accent
    for at in range(4):
        y = 84 - at * 46
        half = 148 - at * 3 + s.between(-5, 5)
        shade = s.body if at % 2 == 0 else lighter(s.body, 0.1)
        s.rect(-half, y - 12, 2 * half, 48, shade, r=24, shade="down")
        for x in (-half * 0.6, -half * 0.5, half * 0.45):
            s.rect(x, y - 11, 9, 46, ink, opacity=0.7)
        s.stroke(f"M{half - 24:.0f} {y + 12} H{-half + 50:.0f}", darker(s.body, 0.3), 3)
    s.path("M-60 -66 H70 L84 62 Q 10 76 -52 60 Z", lighter(s.body, 0.16), shade="down")
    for step in range(11):
        x = -48 + step * 13
        s.stroke(f"M{x} 62 q {s.between(-5, 5):.0f} 14 0 26", s.body, 4)
    for x in (-34, 44):
        s.stroke(f"M{x} -62 l 5 122", ink, 9, opacity=0.8)


def _shade(s: Sketch, y: float, top: float, base: float, height: float) -> None:
    s.ellipse(0, y + height * 0.5, base * 1.7, height * 1.25, _GLOW, opacity=0.5)
    s.polygon([(-top, y), (top, y), (base, y + height), (-base, y + height)], s.body,
              shade="round")  # fmt: skip
    s.rect(-base, y + height - 7, 2 * base, 8, lighter(s.body, 0.45), r=3)
    s.ellipse(0, y + height, base * 0.7, 7, _GLOW)
    if s.says("fabric") or s.chance(0.4):
        for at in range(-3, 4):
            s.stroke(f"M{at * top * 0.28:.1f} {y + 4} L{at * base * 0.28:.1f} {y + height - 8}",
                     darker(s.body, 0.22), 2, opacity=0.5)  # fmt: skip


def _table_lamp(s: Sketch) -> None:
    foot = s.pick(s.wood, s.metal, s.accent)
    style = s.random.randrange(3)
    if style == 0:
        s.path(f"M-14 -30 C -70 20, -60 90, -34 {FLOOR - 8} H34 C 60 90, 70 20, 14 -30 Z", foot,
               shade="round")  # fmt: skip
    elif style == 1:
        s.rect(-8, -50, 16, 160, foot, r=5, shade="round")
        s.ellipse(0, FLOOR - 10, 66, 14, foot, shade="down")
    else:
        s.circle(0, 64, 48, foot, shade="down")
        s.rect(-8, -40, 16, 66, s.metal, shade="round")
    s.rect(-44, FLOOR - 10, 88, 11, darker(foot, 0.2), r=5, shade="down")
    wide = s.between(84, 104)
    _shade(s, -152, wide * s.between(0.5, 0.85), wide, 124)


def _floor_lamp(s: Sketch) -> None:
    pole = s.pick(INK, s.metal, s.wood)
    if s.chance(0.4):
        for foot in (-74, 0, 74):
            s.tube(f"M0 -70 L {foot} {FLOOR - 2}", pole, 9)
    else:
        s.rect(-5, -100, 10, 216, pole, r=4, shade="round")
        s.ellipse(0, FLOOR - 5, 62, 12, pole, shade="down")
    wide = s.between(62, 78)
    _shade(s, -176, wide * 0.6, wide, 92)


def _clip_lamp(s: Sketch) -> None:
    s.rect(-210, 60, 150, 18, s.wood, r=4, shade="down")
    s.rect(-132, 30, 44, 24, s.body, r=6, shade="down")
    s.rect(-132, 78, 44, 20, s.body, r=6, shade="down")
    s.rect(-140, 34, 14, 60, darker(s.body, 0.3), r=6, shade="round")
    s.tube("M-110 32 C -120 -120, -30 -150, 24 -90", s.metal, 10)
    s.polygon([(60, -30), (190, 110), (10, 130), (20, -20)], _GLOW, opacity=0.7)
    with s.moved(40, -62, turn=-36):
        s.rect(-20, -62, 40, 36, darker(s.body, 0.3), r=10, shade="round")
        s.path("M-26 -30 H26 L66 40 H-66 Z", s.body, shade="round")
        s.ellipse(0, 40, 66, 13, _GLOW, shade="down")


KINDS = (
    Kind("chair", ("chair", "sofa", "stool", "seating", "armchair", "furniture"), (
        Form("reading", _reading_chair), Form("folding", _folding_chair),
        Form("chair", _dining_chair),
    )),
    Kind("shelf", ("shelf", "shelves", "bookcase", "rack", "storage"), (
        Form("wall", _wall_shelf, "hangs"), Form("corner", _corner_shelf),
        Form("bookcase", _bookcase),
    )),
    Kind("bedding", ("bedding", "duvet", "pillow", "blanket", "cushion", "mattress", "quilt"), (
        Form("pillow", _pillow, "lies"), Form("blanket", _blanket), Form("duvet", _duvet),
    )),
    Kind("lamp", ("lamp", "lighting", "lantern", "bulb", "decor"), (
        Form("floor", _floor_lamp), Form("clip", _clip_lamp, "hangs"), Form("lamp", _table_lamp),
    )),
)  # fmt: skip
