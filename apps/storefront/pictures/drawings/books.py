"""Novels, comics, cookbooks and travel guides."""

from collections.abc import Callable

from apps.storefront.pictures.drawings.colours import (
    INK,
    PAPER,
    contrast_to,
    darker,
    lighter,
)
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import Sketch

_LEFT, _TOP, _WIDTH, _HEIGHT = -88, -142, 190, 258
_COVER = f"M{_LEFT} {_TOP} h{_WIDTH} v{_HEIGHT} h{-_WIDTH} Z"


def _book(s: Sketch, cover: Callable[[Sketch], None], *, thick: float = 30) -> None:
    right, bottom = _LEFT + _WIDTH, _TOP + _HEIGHT
    s.polygon([(right, _TOP + 4), (right + thick * 0.5, _TOP + 14), (right + thick * 0.5, bottom),
               (right, bottom + 2)], PAPER)  # fmt: skip
    for at in range(4):
        x = right + 3 + at * thick * 0.11
        s.stroke(f"M{x:.1f} {_TOP + 8 + at * 2} V{bottom}", darker(PAPER, 0.2), 1.2)
    s.polygon([(_LEFT, _TOP), (_LEFT - thick, _TOP + 12), (_LEFT - thick, bottom - 6),
               (_LEFT, bottom)], darker(s.body, 0.32), shade="across")  # fmt: skip
    for y in (_TOP + 40, bottom - 56):
        s.polygon([(_LEFT - 3, y), (_LEFT - thick + 3, y + 8), (_LEFT - thick + 3, y + 14),
                   (_LEFT - 3, y + 7)], contrast_to(s.body), opacity=0.8)  # fmt: skip
    s.rect(_LEFT, _TOP, _WIDTH, _HEIGHT, s.body, r=3, shade="down")
    with s.clipped(_COVER):
        cover(s)
    s.rect(_LEFT + 5, _TOP, 4, _HEIGHT, "#000000", opacity=0.15)


def _title(s: Sketch, y: float, ink: str, lines: int = 2) -> None:
    """Bars that stand for words: no letters, which would have to mean something."""
    for at in range(lines):
        half = s.between(44, 74) - at * 12
        s.rect(7 - half, y + at * 20, 2 * half, 11, ink, r=3)


def _crime(s: Sketch) -> None:
    ink = contrast_to(s.body, strong=True)
    style = s.random.randrange(3)
    if style == 0:  # a magnifying glass over a finger's print
        for r in (12, 22, 32, 42):
            s.ring(0, 10, r, ink, 4)
        s.tube("M40 50 L84 96", "#7b5236", 15)
        s.ring(0, 10, 56, "#d9b04a", 11)
    elif style == 1:  # a house with one lit window under the moon
        s.circle(50, -60, 26, "#f5e7b8")
        s.path("M-88 116 V60 L-60 40 V0 L-20 -34 L20 0 V116 Z", darker(s.body, 0.65))
        s.rect(-34, 16, 22, 30, "#ffd45e")
        s.path("M-90 116 H110 V84 Q 30 60 -90 90 Z", darker(s.body, 0.8))
    else:  # a dagger
        s.polygon([(7, 100), (-12, 0), (26, 0)], "#dfe4ea", shade="round")
        s.rect(-34, -10, 82, 14, "#d9b04a", r=5, shade="down")
        s.rect(-3, -58, 20, 50, darker(s.body, 0.6), r=5, shade="round")
        s.path("M7 100 q 12 14 0 20 q -10 -6 0 -20 Z", "#c0282a")
    _title(s, -120, ink)


def _historical(s: Sketch) -> None:
    gold = "#e0bc62" if s.body != "#d6be94" else "#7b5236"
    s.stroke("M-72 -126 H86 V100 H-72 Z", gold, 4)
    s.stroke("M-64 -118 H78 V92 H-64 Z", gold, 1.5)
    style = s.random.randrange(2)
    if style == 0:  # a castle
        for x in (-50, 34):
            s.rect(x, -20, 30, 90, gold, shade="round")
            s.polygon([(x - 6, -20), (x + 15, -56), (x + 36, -20)], darker(gold, 0.3))
        s.rect(-22, 6, 58, 64, lighter(gold, 0.15), shade="round")
        s.path("M-4 70 V44 Q 7 30 18 44 V70 Z", INK)
    else:  # a tall ship
        s.path("M-52 40 H66 L46 70 H-34 Z", gold, shade="down")
        for x, top in ((-20, -20), (20, -44)):
            s.rect(x, top, 4, 62, gold)
            s.path(f"M{x - 26} {top + 4} H{x + 32} Q{x + 18} {top + 24} {x + 30} {top + 46}"
                   f" H{x - 24} Q{x - 12} {top + 24} {x - 26} {top + 4} Z", PAPER)  # fmt: skip
    _title(s, -100, gold)


def _fantasy(s: Sketch) -> None:
    ink = "#f3d57a" if s.body != "#e0982a" else PAPER
    s.path("M-90 116 V56 L-50 6 L-16 44 L30 -24 L70 30 L110 0 V116 Z", darker(s.body, 0.55))
    s.circle(42, -60, 30, ink)
    if s.chance(0.5):  # a dragon
        s.path("M-66 40 C -40 -30, 10 -30, 40 8 C 20 0, 6 6, 0 20 C 30 14, 60 30, 62 62 C 40 44,"
               " 4 52, -20 44 C -34 62, -60 62, -66 40 Z", lighter(s.body, 0.45),
               shade="down")  # fmt: skip
        s.path("M-20 4 C -40 -50, -70 -54, -80 -50 C -62 -30, -58 0, -40 22 Z",
               lighter(s.body, 0.3), shade="down")  # fmt: skip
    else:  # a sword in light
        s.star(7, 20, 10, 66, 26, lighter(s.body, 0.4))
        s.polygon([(0, 20), (7, -50), (14, 20)], "#ffffff", shade="round")
        s.rect(-20, 20, 54, 9, ink, r=4, shade="down")
        s.rect(2, 28, 10, 40, "#7b5236", r=4)
    for _ in range(9):
        s.star(s.between(-80, 96), s.between(-130, -50), 4, s.between(3, 8), 2, ink)
    _title(s, -126, ink)


def _bubble(s: Sketch, x: float, y: float, width: float) -> None:
    s.ellipse(x, y, width, width * 0.55, "#ffffff", shade="down")
    s.polygon([(x - 8, y + width * 0.4), (x + 12, y + width * 0.4), (x - 14, y + width * 0.95)],
              "#ffffff")  # fmt: skip
    for at in range(3):
        s.circle(x - width * 0.4 + at * width * 0.4, y, width * 0.09, INK)


def _burst(s: Sketch, x: float, y: float, r: float) -> None:
    s.star(x, y, 12, r, r * 0.66, "#f2c531", turn=0.2, shade="down")
    s.star(x, y, 12, r * 0.62, r * 0.42, "#d8423a")


def _hero(s: Sketch, x: float, y: float, scale: float) -> None:
    with s.moved(x, y, scale=scale):
        s.path("M-34 -20 L34 -20 L58 84 Q 0 60 -58 84 Z", "#d8423a", shade="down")
        s.path("M-28 -24 H28 L20 50 H-20 Z", "#2f6fc4", shade="down")
        s.circle(0, -48, 25, "#f0c39b", shade="down")
        s.path("M-26 -52 C -26 -86, 26 -86, 26 -52 Q 0 -62 -26 -52 Z", INK)
        s.rect(-22, -52, 44, 10, "#2b2b30", r=5)
        s.star(0, 4, 5, 15, 7, "#f2c531", turn=-1.57)


def _dots(s: Sketch) -> None:
    for row in range(10):
        for column in range(8):
            s.circle(-80 + column * 26 + row % 2 * 13, -130 + row * 27, 5, contrast_to(s.body),
                     opacity=0.3)  # fmt: skip


def _comic_album(s: Sketch) -> None:
    _dots(s)
    s.rect(_LEFT, _TOP, _WIDTH, 52, "#f2c531")
    _title(s, _TOP + 18, "#d8423a", lines=1)
    _burst(s, s.between(-10, 30), 20, 84)
    _hero(s, s.between(-10, 24), 40, 1.0)
    _bubble(s, s.between(40, 58), -64, 42)


def _graphic_novel(s: Sketch) -> None:
    panels = (((-78, -90), (88, 64)), ((20, -90), (74, 64)), ((-78, -16), (60, 62)),
              ((-8, -16), (102, 62)), ((-78, 56), (172, 52)))  # fmt: skip
    s.rect(_LEFT, _TOP + 40, _WIDTH, _HEIGHT, PAPER)
    for (x, y), (width, height) in panels:
        tone = s.pick(s.body, lighter(s.body, 0.4), darker(s.body, 0.4), s.accent)
        s.rect(x, y, width, height, tone, shade="down")
        with s.clipped(f"M{x} {y} h{width} v{height} h{-width} Z"):
            scene = s.random.randrange(3)
            if scene == 0:
                _hero(s, x + width / 2, y + height * 0.75, 0.5)
            elif scene == 1:
                _burst(s, x + width / 2, y + height / 2, 27)
            else:
                for at in range(5):
                    tall = s.between(16, 46)
                    s.rect(x + at * width / 5, y + height - tall, width / 6, tall, INK)
        if s.chance(0.4):
            _bubble(s, x + width - 24, y + 16, 18)
    _title(s, _TOP + 12, contrast_to(s.body, strong=True), lines=1)


def _manga(s: Sketch) -> None:
    for at in range(16):
        with s.moved(7, 20, turn=at * 22.5):
            s.polygon([(-9, -220), (9, -220), (0, -60)], contrast_to(s.body), opacity=0.35)
    s.path("M-74 116 C -70 60, -30 50, 7 50 S 84 60, 88 116 Z", INK)
    s.ellipse(7, 6, 46, 54, "#f6d7bd", shade="down")
    s.path("M-48 14 C -60 -90, 74 -90, 62 14 L 48 -18 L 36 6 L 22 -26 L 4 0 L -10 -28 L -24 2 L -38"
           " -18 Z", s.accent, shade="down")  # fmt: skip
    for x in (-14, 28):
        s.ellipse(x, 16, 10, 15, "#ffffff")
        s.ellipse(x + 1, 18, 7, 12, "#3a57b5")
        s.circle(x - 1, 13, 3, "#ffffff")
    s.stroke("M-2 42 q 9 6 18 0", INK, 3)
    s.rect(66, -128, 24, 120, PAPER, r=4)
    for y in range(-118, -20, 24):
        s.rect(71, y, 14, 15, "#d8423a", r=3)


def _plate(s: Sketch, y: float) -> None:
    s.circle(7, y, 74, PAPER, shade="down")
    s.ring(7, y, 56, darker(PAPER, 0.14), 3)


def _baking(s: Sketch) -> None:
    crust = s.pick("#d99a4e", "#7b4a2b", "#f0c9d4")
    icing = s.pick("#fff6ea", "#f3a6bd", "#5b3a2a")
    s.ellipse(7, 84, 84, 16, PAPER, shade="down")
    s.rect(-52, 18, 118, 62, crust, r=10, shade="round")
    s.path("M-56 26 C -56 -10, 70 -10, 70 26 C 60 56, 48 22, 38 40 C 26 60, 16 26, 4 44 C -8 58,"
           " -20 24, -32 40 C -44 52, -54 40, -56 26 Z", icing, shade="down")  # fmt: skip
    for x in (-30, 7, 44):
        s.rect(x - 3, -36, 7, 30, s.pick("#d8423a", "#3b7dd8", "#f2b631"), r=3)
        s.path(f"M{x} -56 q 9 12 0 20 q -8 -8 0 -20 Z", "#ffb02e")
    _title(s, -124, contrast_to(s.body, strong=True))


def _vegetarian(s: Sketch) -> None:
    _plate(s, 24)
    s.path("M-30 10 L30 62 L18 70 Q -30 50 -38 22 Z", "#ef7f3a", shade="down")
    for turn in (-30, -8, 16):
        with s.moved(-36, 12, turn=turn - 40):
            s.path("M0 0 C -10 -14 -6 -30 0 -38 C 6 -30 10 -14 0 0 Z", "#4f9a50")
    s.circle(36, 0, 25, "#d8423a", shade="down")
    s.star(36, -20, 5, 14, 5, "#4f9a50")
    s.ellipse(-4, -22, 20, 14, "#5f9b5c", shade="down")
    s.circle(44, 46, 14, "#8c5bb5", shade="down")
    _title(s, -124, contrast_to(s.body, strong=True))


def _weeknight(s: Sketch) -> None:
    pot = s.pick("#d8423a", "#2f6f8f", "#f2b631")
    s.rect(-62, 8, 138, 78, pot, r=16, shade="round")
    s.rect(-70, -2, 154, 16, darker(pot, 0.2), r=8, shade="down")
    s.path("M-56 -2 C -40 -36, 54 -36, 70 -2 Z", lighter(pot, 0.2), shade="down")
    s.circle(7, -32, 9, INK)
    for x in (-74, 80):
        s.rect(x - 10, 28, 24, 15, INK, r=7)
    for x in (-26, 7, 40):
        s.stroke(f"M{x} -48 q -9 -10 0 -20 q 9 -8 0 -16", PAPER, 5, opacity=0.9)
    _title(s, -130, contrast_to(s.body, strong=True))


def _map_fold(s: Sketch) -> None:
    if s.says("map") or s.chance(0.4):
        with s.moved(150, 62, turn=8):
            for at, tone in enumerate(("#e9efd6", "#d6e3c0", "#e9efd6")):
                s.polygon([(-50 + at * 32, -52 + at % 2 * 9), (-18 + at * 32, -43 - at % 2 * 9),
                           (-18 + at * 32, 52 - at % 2 * 9), (-50 + at * 32, 43 + at % 2 * 9)],
                          tone, shade="down")  # fmt: skip
            s.stroke("M-40 20 Q -10 -30 10 10 T 40 -20", "#d8423a", 4, dash="8 6")
            s.circle(38, -22, 6, "#d8423a")


def _pin(s: Sketch, x: float, y: float, size: float) -> None:
    s.path(f"M{x} {y} C {x - size * 0.3:.0f} {y - size * 0.6:.0f}, {x - size:.0f}"
           f" {y - size * 0.8:.0f}, {x - size:.0f} {y - size * 1.5:.0f} A {size} {size} 0 1 1"
           f" {x + size:.0f} {y - size * 1.5:.0f} C {x + size:.0f} {y - size * 0.8:.0f},"
           f" {x + size * 0.3:.0f} {y - size * 0.6:.0f}, {x} {y} Z", "#d8423a",
           shade="down")  # fmt: skip
    s.circle(x, y - size * 1.5, size * 0.42, PAPER)


def _city(s: Sketch) -> None:
    s.rect(_LEFT, -70, _WIDTH, 186, "#bfe0ee", shade="down")
    x = _LEFT - 4.0
    while x < _LEFT + _WIDTH:
        wide, tall = s.between(20, 38), s.between(50, 130)
        tone = s.pick("#5b6f8c", "#7f8fa8", "#3f4f68", "#a98f7a")
        s.rect(x, 116 - tall, wide, tall, tone, shade="across")
        for row in range(int(tall // 22)):
            s.rect(x + 6, 124 - tall + row * 22, wide - 12, 7, "#ffe9a6", opacity=0.85)
        x += wide + 2
    _pin(s, 7, 20, 26)
    _title(s, -124, contrast_to(s.body, strong=True))


def _walking(s: Sketch) -> None:
    s.rect(_LEFT, -70, _WIDTH, 186, "#cfe8f2", shade="down")
    s.path("M-90 60 L-30 -36 L20 30 L60 -14 L104 50 V116 H-90 Z", "#7f94a8", shade="down")
    s.path("M-48 -8 L-30 -36 L-8 -8 L-20 0 L-32 -12 Z", "#ffffff")
    s.path("M-90 116 V66 Q 0 30 104 70 V116 Z", "#5f9b5c", shade="down")
    s.stroke("M-10 116 C 30 96, -40 80, 20 58", "#f3e4c4", 11)
    for x in (-62, 66, 84):
        s.polygon([(x - 15, 92), (x + 15, 92), (x, 42)], "#3d6f47")
    _title(s, -124, contrast_to(s.body, strong=True))


def _road_trip(s: Sketch) -> None:
    s.rect(_LEFT, -70, _WIDTH, 186, "#f6c48a", shade="down")
    s.circle(7, -6, 36, "#fff0c4")
    s.path("M-90 16 L-40 -4 L10 16 L60 -8 L104 16 V116 H-90 Z", "#b56b4a", shade="down")
    s.polygon([(-2, 16), (16, 16), (84, 116), (-70, 116)], "#4b4f57")
    for y, height in ((30, 10), (52, 16), (82, 26)):
        s.polygon([(4, y), (10, y), (12, y + height), (2, y + height)], "#ffe9a6")
    with s.moved(-4, 78):
        s.rect(-26, -24, 52, 22, s.accent, r=9, shade="down")
        s.rect(-32, -8, 64, 22, s.accent, r=6, shade="down")
        s.rect(-19, -19, 38, 12, "#bfe0ee", r=3)
        for x in (-20, 20):
            s.circle(x, 14, 8, INK)
    _title(s, -124, contrast_to(s.body, strong=True))


def _in_book(
    cover: Callable[[Sketch], None],
    thick: float = 30,
    beside: Callable[[Sketch], None] | None = None,
) -> Callable[[Sketch], None]:
    def draw(s: Sketch) -> None:
        if beside:
            beside(s)
        _book(s, cover, thick=thick)

    return draw


KINDS = (
    Kind("novel", ("novel", "book", "fiction", "stories", "literature"), (
        Form("crime", _in_book(_crime)), Form("historical", _in_book(_historical, 36)),
        Form("fantasy", _in_book(_fantasy, 40)),
    )),
    Kind("comic", ("comic", "manga", "graphic"), (
        Form("graphic", _in_book(_graphic_novel, 16)), Form("manga", _in_book(_manga, 22)),
        Form("comic", _in_book(_comic_album, 12)),
    )),
    Kind("cookbook", ("cookbook", "recipe"), (
        Form("baking", _in_book(_baking)), Form("vegetarian", _in_book(_vegetarian)),
        Form("weeknight", _in_book(_weeknight)),
    )),
    Kind("travel guide", ("travel guide", "guide", "atlas"), (
        Form("city", _in_book(_city, 18, _map_fold)),
        Form("walking", _in_book(_walking, 18, _map_fold)),
        Form("road", _in_book(_road_trip, 18, _map_fold)),
    )),
)  # fmt: skip
