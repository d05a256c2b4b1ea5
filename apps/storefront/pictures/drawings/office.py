"""Pens, notebooks, desks and filing."""

from apps.storefront.pictures.drawings.colours import INK, PAPER, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_GOLD = "#d9b04a"


def _scribble(s: Sketch, colour: str) -> None:
    s.stroke("M-190 96 c 20 -40 34 -30 30 0 s 30 20 44 -10 s 30 -20 26 6 s 26 16 40 -4", colour, 4)


def _fountain_pen(s: Sketch) -> None:
    _scribble(s, "#25365f")
    with s.moved(10, -6, turn=s.between(-46, -32)):
        s.rect(-40, -19, 214, 38, s.body, r=18, shade="down")
        s.rect(-52, -21, 20, 42, _GOLD, r=3, shade="down")
        s.rect(60, -21, 10, 42, _GOLD, shade="down")
        s.polygon([(-52, -17), (-100, -13), (-100, 13), (-52, 17)], darker(s.body, 0.4),
                  shade="down")  # fmt: skip
        s.path("M-98 -15 C -124 -17, -140 -8, -176 0 C -140 8, -124 17, -98 15 Z", _GOLD,
               shade="down")  # fmt: skip
        s.stroke("M-172 0 H-124", darker(_GOLD, 0.6), 2)
        s.circle(-122, 0, 4, darker(_GOLD, 0.6))
    with s.moved(96, 84, turn=-22):
        s.rect(-70, -22, 140, 44, s.body, r=20, shade="down")
        s.rect(-70, -23, 16, 46, _GOLD, shade="down")
        s.rect(-46, -6, 104, 11, _GOLD, r=5, shade="down")


def _gel_pen(s: Sketch) -> None:
    _scribble(s, s.body if s.body != "#f7f7f5" else INK)
    for at, shift in enumerate((0, 46) if s.chance(0.5) else (0,)):
        with s.moved(10 + shift, -10 + shift, turn=s.between(-46, -34)):
            s.rect(-110, -16, 220, 32, "#e6eef2" if at == 0 else s.accent, r=6, shade="down")
            s.rect(-80, -5, 180, 10, s.body, r=4)
            s.rect(-112, -18, 92, 36, darker(s.body, 0.1), r=10, shade="down")
            for x in range(-102, -30, 13):
                s.rect(x, -18, 5, 36, darker(s.body, 0.35), opacity=0.7)
            s.polygon([(-112, -14), (-150, -5), (-150, 5), (-112, 14)], STEEL, shade="down")
            s.rect(-160, -2, 12, 4, INK)
            s.rect(108, -13, 22, 26, s.body, r=5, shade="down")
            s.rect(130, -8, 26, 16, STEEL, r=6, shade="down")
            s.rect(70, -26, 74, 10, STEEL, r=5, shade="down")


def _fineliner(s: Sketch) -> None:
    colours = (s.body, s.accent, INK, "#d8423a", "#3b7dd8")
    count = s.random.choice((1, 3, 4))
    for at in range(count):
        spread = (at - (count - 1) / 2) * 52
        with s.moved(spread, spread * 0.3, turn=-52 + at * s.between(3, 7)):
            ink = colours[at]
            s.rect(-96, -15, 232, 30, PAPER if count > 1 else ink, r=4, shade="down")
            s.rect(90, -15, 46, 30, ink, r=4, shade="down")
            s.rect(-60, -15, 12, 30, ink)
            s.polygon([(-96, -13), (-138, -6), (-138, 6), (-96, 13)], INK, shade="down")
            s.rect(-156, -2.5, 20, 5, STEEL)
            s.rect(-162, -1.5, 7, 3, ink)
    s.stroke("M-190 110 h90", s.body, 5)


def _pages(s: Sketch, half: float, top: float, height: float) -> None:
    for at in range(4):
        s.rect(-half + 8 + at * 2, top + 6 + at * 2, 2 * half, height, PAPER, r=4, shade="down")


def _band(s: Sketch, half: float, top: float, height: float) -> None:
    s.rect(half - 34, top - 2, 13, height + 6, s.accent, r=2, shade="across")


def _dotted_notebook(s: Sketch) -> None:
    with s.moved(turn=s.between(-14, 14)):
        if s.chance(0.5):
            s.rect(-176, -106, 352, 228, darker(s.body, 0.2), r=10, shade="down")
            for side in (-1, 1):
                x = -166 if side < 0 else 2
                s.rect(x, -98, 164, 210, PAPER, r=5, shade="down")
                for row in range(11):
                    for column in range(8):
                        s.circle(x + 16 + column * 19, -80 + row * 18, 2.2, "#9a948a")
            s.stroke("M0 -98 V112", "#cfc6b6", 5)
            s.stroke("M-140 -62 h70 m-70 20 h52", s.body, 4)
            s.stroke("M8 -98 V140 l -8 -12 l -8 12 V-98", s.accent, 3)
        else:
            _pages(s, 98, -134, 256)
            s.rect(-98, -136, 196, 260, s.body, r=9, shade="down")
            for row in range(9):
                for column in range(6):
                    s.circle(-64 + column * 20, -104 + row * 25, 3, s.detail, opacity=0.7)
            _band(s, 98, -136, 260)


def _pocket_notebook(s: Sketch) -> None:
    with s.moved(turn=s.between(-16, 16)):
        _pages(s, 74, -98, 196)
        s.rect(-74, -100, 148, 200, s.body, r=14, shade="down")
        s.rect(-74, -100, 22, 200, darker(s.body, 0.2), r=6, shade="across")
        _band(s, 74, -100, 200)
        s.rect(-36, -62, 66, 42, PAPER, r=4, shade="down")
        s.stroke("M-26 -48 h46 m-46 14 h30", "#6b5f52", 4)
        s.path("M-10 100 v34 l8 -10 l8 10 v-34 Z", s.accent)
    with s.moved(128, 30, turn=14):
        s.rect(-8, -90, 16, 150, s.accent, r=4, shade="round")
        s.polygon([(-8, 60), (8, 60), (0, 86)], "#e9d0a4", shade="round")
        s.rect(-8, -104, 16, 18, "#e58f92", r=4)


def _spiral_notebook(s: Sketch) -> None:
    with s.moved(turn=s.between(-12, 12)):
        _pages(s, 108, -118, 238)
        s.rect(-108, -120, 216, 240, s.body, r=9, shade="down")
        style = s.random.randrange(3)
        if style == 0:
            s.rect(-60, -70, 120, 70, PAPER, r=6, shade="down")
            s.stroke("M-44 -46 h88 m-88 20 h60", "#6b5f52", 5)
        elif style == 1:
            for at in range(4):
                s.rect(-108, -70 + at * 44, 216, 18, s.detail, opacity=0.4)
        else:
            s.circle(10, 10, 54, s.accent, shade="down")
            s.circle(36, -16, 34, s.detail, opacity=0.7)
        for at in range(12):
            x = -96 + at * 17.4
            s.circle(x, -106, 4.5, INK)
            s.stroke(f"M{x} -106 C {x - 9} -146, {x + 9} -146, {x + 3} -116", STEEL, 4.5)


def _desk_top(s: Sketch, y: float, wood: str) -> None:
    s.rect(-184, y, 368, 18, wood, r=5, shade="down")


def _monitor(s: Sketch, x: float, y: float) -> None:
    s.rect(x - 7, y - 30, 14, 26, STEEL, shade="round")
    s.rect(x - 30, y - 6, 60, 7, STEEL, r=3, shade="down")
    s.rect(x - 62, y - 104, 124, 78, INK, r=5, shade="down")
    s.rect(x - 56, y - 98, 112, 66, s.pick("#5f8aa8", "#7f6fb0", "#5b9a86"), shade="down")


def _things(s: Sketch, y: float) -> None:
    if s.chance(0.75):
        _monitor(s, s.between(-30, 40), y)
    if s.chance(0.5):
        s.rect(-150, y - 26, 26, 26, s.accent, r=5, shade="round")
        for dx in (-5, 0, 6):
            s.stroke(
                f"M{-137 + dx} {y - 26} l {dx} -26", s.pick("#d8423a", "#3b7dd8", "#f2b631"), 5
            )
    if s.chance(0.6):
        for at, tone in enumerate(("#b5483a", "#2f6f8f", "#d9a23b")):
            s.rect(96, y - 13 - at * 13, 66 - at * 6, 12, tone, r=2, shade="down")


def _desk_wood(s: Sketch) -> str:
    return "#d9b07c" if s.says("bamboo") else s.wood if s.chance(0.5) else lighter(s.body, 0.1)


def _standing_desk(s: Sketch) -> None:
    y = -26
    for x in (-128, 128):
        s.rect(x - 8, y + 16, 16, 76, lighter(s.body, 0.2), shade="round")
        s.rect(x - 12, y + 70, 24, 68, s.body, shade="round")
        s.rect(x - 44, FLOOR - 10, 88, 11, s.body, r=5, shade="down")
    s.rect(-128, y + 18, 256, 12, darker(s.body, 0.2), shade="down")
    if s.says("cable tray"):
        s.rect(-80, y + 32, 160, 18, darker(s.body, 0.4), r=4, shade="down")
    _desk_top(s, y, _desk_wood(s))
    s.rect(70, y + 17, 52, 12, INK, r=3)
    s.circle(84, y + 23, 3, "#6df08b")
    _things(s, y)
    s.stroke("M206 60 V-20 M194 -6 L206 -22 L218 -6 M194 46 L206 62 L218 46", "#5d6670", 6,
             opacity=0.7)  # fmt: skip


def _corner_desk(s: Sketch) -> None:
    wood = _desk_wood(s)
    for x, y in ((-176, 0), (168, 0), (-62, 46), (64, 46), (0, -26)):
        s.rect(x - 7, y, 13, FLOOR - y - (20 if y == 0 else 0), s.body, shade="round")
    top = [(-196, -6), (0, -62), (196, -6), (116, 36), (0, 2), (-116, 36)]
    s.polygon([(x, y + 15) for x, y in top], darker(wood, 0.35))
    s.polygon(top, wood, shade="down")
    with s.moved(0, -22, scale=0.95):
        _monitor(s, 0, 0)
    with s.moved(-124, 4):
        s.rect(-34, -8, 56, 13, "#b5483a", r=2, shade="down")
        s.rect(-30, -20, 50, 12, "#2f6f8f", r=2, shade="down")
    with s.moved(124, 6):
        s.rect(-13, -28, 26, 28, s.accent, r=5, shade="round")
        s.stroke("M-5 -28 l -4 -24 M2 -28 l 2 -26 M7 -28 l 9 -20", "#4f8f58", 5)


def _folding_desk(s: Sketch) -> None:
    wood, y = _desk_wood(s), 2
    for x in (-110, 110):
        s.tube(f"M{x - 44} {y + 14} L{x + 44} {FLOOR - 4}", darker(s.body, 0.2), 11)
        s.tube(f"M{x + 44} {y + 14} L{x - 44} {FLOOR - 4}", s.body, 11)
        s.circle(x, (y + 14 + FLOOR) / 2, 8, STEEL, shade="down")
    s.stroke(f"M-110 {(y + 14 + FLOOR) / 2} H110", s.body, 7)
    _desk_top(s, y, wood)
    _things(s, y)


def _papers(s: Sketch, x: float, y: float, count: int) -> None:
    for at in range(count):
        with s.moved(x + at * 24, y - s.between(0, 14), turn=s.between(-3, 3)):
            tone = s.pick(PAPER, "#f2d48a", "#bcd6ea", "#e6b7b0", "#c8dfb8")
            s.rect(-46, -110, 92, 130, tone, r=4, shade="down")
            s.rect(-40 + at % 3 * 26, -122, 34, 18, tone, r=5, shade="down")


def _filing_box(s: Sketch) -> None:
    _papers(s, -66, 20, 6)
    box = s.body
    s.polygon([(-140, -20), (96, -20), (96, 116), (-140, 116)], box, shade="down")
    s.polygon([(96, -20), (146, -54), (146, 84), (96, 116)], darker(box, 0.3), shade="down")
    s.rect(-78, 8, 112, 44, PAPER, r=5, shade="down")
    s.stroke("M-62 24 h80 m-80 14 h50", "#6b5f52", 4)
    s.rect(-52, 72, 60, 22, darker(box, 0.5), r=11)
    if s.says("steel frame"):
        s.stroke("M-140 -20 H96 V116 H-140 Z", STEEL, 8)


def _document_tray(s: Sketch) -> None:
    tiers = s.random.choice((2, 3))
    for at in range(tiers):
        y = 76 - at * 72
        s.polygon([(-150, y), (-104, y - 34), (164, y - 34), (130, y)], darker(s.body, 0.35))
        for sheet in range(s.random.choice((1, 2, 3))):
            s.polygon([(-126, y - 5 - sheet * 5), (-88, y - 32 - sheet * 5),
                       (142, y - 32 - sheet * 5), (110, y - 5 - sheet * 5)],
                      s.pick(PAPER, "#bcd6ea", "#f2d48a"), shade="down")  # fmt: skip
        s.path(f"M-154 {y - 12} H-60 Q-46 {y + 8} -30 {y + 8} H10 Q26 {y + 8} 40 {y - 12} H134"
               f" V{y + 26} H-154 Z", s.body, shade="down")  # fmt: skip
        s.polygon([(134, y - 12), (168, y - 40), (168, y), (134, y + 26)], darker(s.body, 0.25))
        if at:
            for x in (-146, 122):
                s.rect(x, y + 26, 10, 34, STEEL, shade="round")
            s.rect(156, y, 8, 34, STEEL, shade="round")
    for x in (-140, 112):
        s.rect(x, 102, 20, 12, INK, r=4)


def _label_printer(s: Sketch) -> None:
    s.path("M-70 -40 L-88 -168 H64 L58 -40 Z", PAPER, shade="down")
    for row, wide in enumerate((92, 60)):
        s.rect(-60, -146 + row * 22, wide, 10, INK, r=3)
    for at in range(13):
        s.rect(-58 + at * 8, -98, 3 + at * 7 % 4, 34, INK)
    s.rect(-136, -52, 272, 170, s.body, r=30, shade="down")
    s.rect(-104, -60, 208, 17, INK, r=8)
    s.circle(94, 34, 15, s.accent, shade="down")
    s.circle(94, 76, 8, "#6df08b")
    s.rect(-106, 10, 150, 66, INK, r=10, shade="down")
    s.rect(-98, 18, 134, 50, "#bfe3c0", r=5, shade="down")
    s.stroke("M-84 34 h54 m12 0 h36 m-102 18 h74", INK, 6)
    s.rect(-108, FLOOR - 8, 40, 9, INK, r=4)
    s.rect(68, FLOOR - 8, 40, 9, INK, r=4)


KINDS = (
    Kind("pen", ("pen", "pens", "pencil", "fineliner", "marker", "writing"), (
        Form("fountain", _fountain_pen, "lies"), Form("fineliner", _fineliner, "lies"),
        Form("pen", _gel_pen, "lies"),
    )),
    Kind("notebook", ("notebook", "notepad", "diary", "paper", "stationery"), (
        Form("pocket", _pocket_notebook, "lies"), Form("spiral", _spiral_notebook, "lies"),
        Form("notebook", _dotted_notebook, "lies"),
    )),
    Kind("desk", ("desk", "desks", "table"), (
        Form("standing", _standing_desk), Form("corner", _corner_desk),
        Form("desk", _folding_desk),
    )),
    Kind("filing", ("filing", "document", "label printer", "printer", "office"), (
        Form("tray", _document_tray), Form("printer", _label_printer),
        Form("box", _filing_box),
    )),
)  # fmt: skip
