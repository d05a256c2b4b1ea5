"""Face creams, cleansers, shampoos and styling tools."""

from apps.storefront.pictures.drawings.colours import (
    INK,
    PAPER,
    STEEL,
    contrast_to,
    darker,
    lighter,
)
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_LEAF, _CREAM = "#5f9b5c", "#fff6ea"


def _emblem(s: Sketch, x: float, y: float, size: float) -> None:
    """A label's picture: it tells one jar from another."""
    ink = contrast_to(s.body, strong=True)
    style = s.random.randrange(4)
    if s.says("aloe", "argan", "shea") or style == 0:
        for turn in (-42, 0, 42):
            with s.moved(x, y + size * 0.5, turn=turn):
                s.path(f"M0 0 C {-size * 0.4:.0f} {-size * 0.4:.0f}, {-size * 0.3:.0f} {-size:.0f},"
                       f" 0 {-size * 1.2:.0f} C {size * 0.3:.0f} {-size:.0f}, {size * 0.4:.0f}"
                       f" {-size * 0.4:.0f}, 0 0 Z", _LEAF, shade="across")  # fmt: skip
    elif style == 1:
        s.path(f"M{x} {y - size} C {x + size * 1.1:.0f} {y + size * 0.2:.0f}, {x + size * 0.7:.0f}"
               f" {y + size * 0.9:.0f}, {x} {y + size * 0.9:.0f} S {x - size * 1.1:.0f}"
               f" {y + size * 0.2:.0f}, {x} {y - size} Z", "#5aa9d6", shade="down")  # fmt: skip
    elif style == 2:  # noqa: PLR2004
        s.star(x, y, 9, size, size * 0.5, ink)
    else:
        s.ring(x, y, size * 0.8, ink, size * 0.22)


def _label(s: Sketch, x: float, y: float, width: float, height: float) -> None:
    paper = PAPER if s.body != "#f7f7f5" else "#e9ddc8"
    s.rect(x, y, width, height, paper, r=5, shade="down")
    ink = "#6b5f52"
    _emblem_on_paper = min(width, height) * 0.26
    with s.moved():
        body, s.body = s.body, paper
        _emblem(s, x + width / 2, y + height * 0.34, _emblem_on_paper)
        s.body = body
    s.rect(x + width * 0.2, y + height * 0.66, width * 0.6, 6, ink, r=3)
    s.rect(x + width * 0.3, y + height * 0.8, width * 0.4, 4, ink, r=2, opacity=0.6)


def _jar(s: Sketch, lid: str) -> None:
    s.path("M-112 8 H112 V84 Q112 118 76 118 H-76 Q-112 118 -112 84 Z", s.body, shade="round")
    _label(s, -66, 24, 132, 82)
    is_open = s.chance(0.5)
    if is_open:
        s.ellipse(0, 8, 112, 27, darker(s.body, 0.2), shade="down")
        s.ellipse(0, 6, 99, 21, _CREAM, shade="down")
        s.path("M-56 4 C -50 -34, 0 -20, 6 -58 C 22 -34, 60 -30, 52 4 Q 0 18 -56 4 Z", _CREAM,
               shade="down")  # fmt: skip
        with s.moved(128, 92, turn=-64):
            s.ellipse(0, 0, 92, 30, lid, shade="down")
            s.ellipse(0, -4, 78, 22, lighter(lid, 0.2), shade="down")
    else:
        s.rect(-118, -50, 236, 60, lid, r=12, shade="round")
        s.ellipse(0, -48, 117, 18, lighter(lid, 0.2), shade="down")
        for x in range(-100, 101, 20):
            s.stroke(f"M{x} -24 V2", darker(lid, 0.2), 2, opacity=0.6)


def _day_cream(s: Sketch) -> None:
    _jar(s, s.pick(PAPER, s.metal, s.wood))
    if s.says("sun") or s.chance(0.3):
        s.star(-150, -110, 12, 40, 28, "#f5b83d")


def _night_cream(s: Sketch) -> None:
    _jar(s, "#25365f")
    s.path("M-150 -150 A 42 42 0 1 0 -106 -92 A 34 34 0 0 1 -150 -150 Z", "#f3d57a", shade="down")
    s.star(-96, -146, 4, 12, 4, "#f3d57a")


def _tube(s: Sketch, half: float, top: float) -> None:
    s.path(f"M{-half} {top} H{half} L{half * 0.7:.0f} 84 H{-half * 0.7:.0f} Z", s.body,
           shade="round")  # fmt: skip
    s.rect(-half - 3, top - 16, 2 * half + 6, 20, darker(s.body, 0.14), r=3, shade="down")
    s.rect(-half * 0.66, 82, half * 1.32, 38, s.pick(PAPER, s.metal, INK), r=7, shade="round")
    _label(s, -half * 0.62, top + 28, half * 1.24, 96)


def _eye_cream(s: Sketch) -> None:
    with s.moved(turn=s.between(-10, 10)):
        _tube(s, 54, -132)
    s.path("M98 -40 Q 150 -92 202 -40 Q 150 8 98 -40 Z", PAPER, shade="down")
    s.circle(150, -42, 20, s.pick("#5b8f6a", "#4f7fb5", "#7b5236"), shade="down")
    s.circle(150, -42, 9, INK)


def _bottle(s: Sketch, half: float, top: float, glass: float = 1) -> None:
    s.path(f"M{-half} {top + 34} Q{-half} {top} {-half + 34} {top} H{half - 34} Q{half} {top}"
           f" {half} {top + 34} V{FLOOR - 22} Q{half} {FLOOR} {half - 22} {FLOOR} H{-half + 22}"
           f" Q{-half} {FLOOR} {-half} {FLOOR - 22} Z", s.body, shade="round",
           opacity=glass)  # fmt: skip
    _label(s, -half + 14, top + 48, 2 * half - 28, FLOOR - top - 82)
    s.shine(f"M{-half + 8} {top + 40} V{FLOOR - 30}", 6, 0.5)


def _pump(s: Sketch, y: float) -> None:
    cap = s.pick(PAPER, INK, s.metal)
    s.rect(-24, y - 24, 48, 26, cap, r=5, shade="round")
    s.rect(-8, y - 58, 16, 38, STEEL, shade="round")
    s.path(f"M-56 {y - 70} H20 Q30 {y - 70} 30 {y - 60} V{y - 48} H-26 L-54 {y - 40} Z", cap,
           shade="down")  # fmt: skip


def _cleansing_foam(s: Sketch) -> None:
    _pump(s, -72)
    _bottle(s, 66, -72)
    for x, y, r in ((-106, 96, 26), (-134, 104, 18), (-86, 106, 16), (-118, 70, 14), (98, 108, 12)):
        s.circle(x, y, r, "#ffffff", shade="down")
        s.circle(x - r * 0.3, y - r * 0.3, r * 0.25, "#ffffff")


def _micellar_water(s: Sketch) -> None:
    s.rect(-34, -140, 68, 44, s.pick(PAPER, s.metal), r=8, shade="round")
    s.rect(-22, -102, 44, 18, "#dcecf2")
    _bottle(s, 72, -88)
    s.ellipse(140, 104, 44, 16, "#ffffff", shade="down")
    s.ellipse(138, 90, 44, 16, "#ffffff", shade="down")


def _clay_mask(s: Sketch) -> None:
    clay = s.pick("#8f9f86", "#b58e77", "#7d8a94")
    s.path("M-118 10 H86 V92 Q86 118 58 118 H-90 Q-118 118 -118 92 Z", s.body, shade="round")
    s.ellipse(-16, 10, 102, 26, darker(s.body, 0.2), shade="down")
    s.ellipse(-16, 8, 90, 20, clay, shade="down")
    s.path("M-70 6 C -50 -26, 20 -22, 40 4 Q -16 22 -70 6 Z", lighter(clay, 0.12), shade="down")
    _label(s, -76, 36, 120, 72)
    with s.moved(64, -40, turn=34):
        s.rect(-9, -106, 18, 106, s.wood, r=8, shade="round")
        s.rect(-14, -6, 28, 22, s.metal, shade="round")
        s.path("M-16 14 H16 C 26 46, 14 66, 0 74 C -14 66, -26 46, -16 14 Z", clay, shade="across")


def _shampoo(s: Sketch) -> None:
    if s.chance(0.5):
        _pump(s, -80)
    else:
        s.rect(-42, -130, 84, 52, s.pick(PAPER, INK, s.accent), r=10, shade="round")
        s.rect(-42, -104, 84, 3, INK, opacity=0.4)
    _bottle(s, 74, -80)
    for x, y, r in ((118, 92, 24), (146, 108, 14), (128, 62, 12), (156, 78, 9), (-116, 106, 13)):
        s.circle(x, y, r, "#ffffff", opacity=0.55)
        s.ring(x, y, r, "#8fb8d0", 2)
        s.circle(x - r * 0.35, y - r * 0.35, r * 0.22, "#ffffff")


def _dry_shampoo(s: Sketch) -> None:
    s.rect(-26, -150, 52, 34, PAPER, r=8, shade="round")
    s.rect(-36, -146, 14, 9, INK, r=2)
    s.path("M-56 -92 C -52 -124, 52 -124, 56 -92 Z", STEEL, shade="round")
    s.rect(-58, -94, 116, FLOOR + 94, s.body, r=12, shade="round")
    _label(s, -44, -64, 88, 140)
    for at in range(26):
        spread = 30 + at * 4.4
        s.circle(-46 - spread, -142 + s.between(-1, 1) * spread * 0.36, s.between(2, 5), "#ffffff",
                 opacity=0.85)  # fmt: skip


def _cord(s: Sketch, x: float, y: float) -> None:
    s.tube(f"M{x} {y} C {x + 10} {y + 60}, {x + 120} {y + 20}, {x + 110} {y + 90}", INK, 6)


def _hair_dryer(s: Sketch) -> None:
    with s.moved(-6, -6, turn=s.between(-12, 4)):
        _cord(s, 38, 128)
        s.path("M14 6 H76 L66 116 Q64 130 50 130 H34 Q22 130 20 116 Z", darker(s.body, 0.12),
               shade="round")  # fmt: skip
        s.rect(30, 34, 22, 40, INK, r=8)
        s.rect(34, 40, 14, 13, s.accent, r=4)
        s.path("M-104 -70 L20 -98 C 110 -110, 122 36, 20 24 L-104 2 Z", s.body, shade="down")
        s.rect(-150, -78, 50, 88, INK, r=8, shade="down")
        s.rect(-160, -66, 16, 64, darker(INK, 0.3), r=4)
        s.circle(52, -36, 40, darker(s.body, 0.3), shade="down")
        for r in (30, 20, 10):
            s.ring(52, -36, r, lighter(s.body, 0.3), 3)
        for y in (-60, -34, -8):
            s.stroke(f"M-180 {y} q -14 -8 -26 0 t -26 0", "#7aaed0", 5, opacity=0.8)


def _straightener(s: Sketch) -> None:
    plate = "#d9a58b" if s.says("ceramic") else STEEL
    with s.moved(-10, 0, turn=s.between(-24, -12)):
        s.tube("M150 4 C 200 10, 210 60, 240 90", INK, 7)
        for side in (-1, 1):
            with s.moved(140, 0, turn=side * 9):
                y = -17
                s.rect(-320, y, 170, 34, s.body, r=9, shade="down")
                s.rect(-312, 10 if side > 0 else -24, 150, 13, plate, r=3, shade="down")
                s.rect(-158, y - 3, 168, 40, s.body, r=19, shade="down")
                s.rect(-120, -4, 60, 8, s.detail, r=4, opacity=0.7)
        s.circle(138, 0, 23, darker(s.body, 0.25), shade="down")
        s.circle(138, 0, 8, s.metal)


def _curling_wand(s: Sketch) -> None:
    with s.moved(turn=s.between(-34, -20)):
        s.tube("M150 4 C 190 10, 200 50, 240 60", INK, 7)
        s.rect(20, -25, 140, 50, s.body, r=22, shade="down")
        s.rect(4, -33, 24, 66, darker(s.body, 0.35), r=9, shade="down")
        s.rect(-166, -17, 174, 34, s.pick("#d9a58b", STEEL, "#cfa64e"), r=16, shade="down")
        s.rect(-182, -12, 24, 24, INK, r=10)
        s.rect(60, -7, 34, 14, INK, r=7)
        s.circle(116, 0, 6, "#ff7a59")
        hair = s.pick("#6d4426", "#c98f3f", "#3a2a22")
        for x in range(-140, -20, 30):
            s.tube(f"M{x} 25 C {x + 2} 8, {x + 20} -8, {x + 22} -25", hair, 13)
        s.tube("M-28 -22 C -20 -44, -30 -60, -18 -84", hair, 13)


KINDS = (
    Kind("face cream", ("cream", "moisturi", "lotion", "skin", "beauty", "serum"), (
        Form("night", _night_cream), Form("eye", _eye_cream), Form("day", _day_cream),
    )),
    Kind("cleanser", ("cleans", "micellar", "mask", "soap", "wash"), (
        Form("mask", _clay_mask), Form("water", _micellar_water), Form("foam", _cleansing_foam),
    )),
    Kind("shampoo", ("shampoo", "conditioner", "haircare", "personal"), (
        Form("dry", _dry_shampoo), Form("shampoo", _shampoo),
    )),
    Kind("styling tool", ("styling", "dryer", "straightener", "curling", "trimmer", "shaver"), (
        Form("straightener", _straightener, "lies"), Form("curling", _curling_wand, "lies"),
        Form("dryer", _hair_dryer, "hangs"),
    )),
)  # fmt: skip
