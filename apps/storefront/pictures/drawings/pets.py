"""Dog beds, dog leads, scratching posts and cat food."""

from apps.storefront.pictures.drawings.colours import INK, PAPER, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_ROPE = "#d9bd8c"
_FURS = ("#c98f4f", "#7a5a40", "#e9d6b4", "#55504c", "#b5b0a8")


def _paw(s: Sketch, x: float, y: float, size: float, colour: str) -> None:
    s.ellipse(x, y + size * 0.3, size * 0.62, size * 0.5, colour)
    for dx, dy in ((-0.72, -0.2), (-0.26, -0.62), (0.26, -0.62), (0.72, -0.2)):
        s.ellipse(x + dx * size, y + dy * size, size * 0.21, size * 0.28, colour)


def _bone(s: Sketch, x: float, y: float, turn: float) -> None:
    with s.moved(x, y, turn=turn):
        for dx in (-34, 34):
            s.circle(dx, -9, 12, PAPER, shade="down")
            s.circle(dx, 9, 12, PAPER, shade="down")
        s.rect(-34, -9, 68, 18, PAPER)


def _sleeping_dog(s: Sketch, y: float) -> None:
    fur = s.pick(*_FURS)
    s.tube(f"M92 {y + 4} C 130 {y - 8}, 124 {y - 40}, 106 {y - 38}", fur, 15)
    s.path(f"M-84 {y + 22} C -92 {y - 70}, 92 {y - 78}, 100 {y + 22} Z", fur, shade="down")
    s.ellipse(-74, y - 6, 48, 36, fur, shade="down")
    s.ellipse(-106, y + 8, 25, 18, lighter(fur, 0.3), shade="down")
    s.ellipse(-126, y + 2, 8, 6, INK)
    s.path(f"M-74 {y - 34} C -40 {y - 50}, -34 {y + 2}, -52 {y + 12} C -66 {y}, -80 {y - 14},"
           f" -74 {y - 34} Z", darker(fur, 0.35), shade="down")  # fmt: skip
    s.stroke(f"M-98 {y - 12} q 8 6 14 0", INK, 3.5)
    s.ellipse(-40, y + 20, 30, 11, lighter(fur, 0.2), shade="down")


def _cushion_bed(s: Sketch) -> None:
    s.ellipse(0, 76, 190, 46, s.body, shade="down")
    s.ellipse(0, 30, 190, 58, darker(s.body, 0.12), shade="down")
    s.ellipse(0, 36, 148, 40, lighter(s.body, 0.45), shade="down")
    if s.chance(0.6):
        _sleeping_dog(s, 30)
    else:
        _paw(s, 0, 34, 30, darker(s.body, 0.25))
    s.path("M-190 34 C -184 70, -110 66, 0 68 S 184 70, 190 34 C 200 100, 130 124, 0 122 S -200"
           " 100, -190 34 Z", s.body, shade="down")  # fmt: skip
    for x in (-130, -66, 0, 66, 130):
        s.stroke(f"M{x} 74 q -5 22 {-x * 0.06:.0f} 38", darker(s.body, 0.25), 4)
    if s.chance(0.4):
        _bone(s, 150, 112, -18)


def _orthopaedic_bed(s: Sketch) -> None:
    s.path("M-196 -40 Q-196 -66 -170 -66 H170 Q196 -66 196 -40 V60 H-196 Z", s.body, shade="down")
    s.rect(-164, -16, 328, 96, lighter(s.body, 0.4), r=20, shade="down")
    if s.chance(0.6):
        _sleeping_dog(s, 28)
    else:
        _bone(s, 30, 16, -10)
    for x in (-202, 146):
        s.rect(x, -44, 56, 148, s.body, r=26, shade="down")
    s.rect(-160, 52, 320, 64, lighter(s.body, 0.18), r=14, shade="down")
    s.rect(-160, 82, 320, 5, darker(s.body, 0.3), opacity=0.6)
    _paw(s, 0, 74, 17, darker(s.body, 0.4))


def _travel_bed(s: Sketch) -> None:
    s.path("M-180 30 L-110 -30 H130 L190 30 V60 H-180 Z", lighter(s.body, 0.2), shade="down")
    s.stroke("M-150 28 H160 M-122 4 H140 M-60 -28 L-80 44 M40 -28 L50 44", darker(s.body, 0.25), 4)
    _paw(s, 4, 2, 23, darker(s.body, 0.3))
    s.rect(-184, 36, 376, 24, s.body, r=11, shade="down")
    with s.moved(-60, 84):
        s.rect(-110, -24, 220, 62, s.body, r=31, shade="down")
        s.circle(-80, 7, 31, darker(s.body, 0.12), shade="down")
        for r in (8, 16, 24):
            s.ring(-80, 7, r, darker(s.body, 0.4), 3)
        for x in (-24, 50):
            s.rect(x, -26, 15, 66, s.accent, r=3, shade="down")
        s.tube("M-18 -26 C -10 -70, 46 -70, 56 -26", s.accent, 9)


def _clasp(s: Sketch, x: float, y: float, turn: float) -> None:
    with s.moved(x, y, turn=turn):
        s.ring(0, -12, 14, STEEL, 8)
        s.rect(-9, 0, 18, 26, STEEL, r=5, shade="round")
        s.stroke("M-8 26 C -30 50, -22 84, 4 80 C 24 76, 24 50, 12 34", darker(STEEL, 0.3), 13)
        s.stroke("M-8 26 C -30 50, -22 84, 4 80 C 24 76, 24 50, 12 34", STEEL, 9)
        s.rect(9, 24, 9, 26, s.metal, r=3, shade="down")


def _leash(s: Sketch, width: float) -> str:
    way = (
        "M-130 -60 C -190 -140, -60 -150, -96 -64 C -120 10, -170 60, -80 96 S 60 40, 10 0 S"
        " 40 -100, 110 -70 S 150 20, 128 44"
    )
    s.stroke(way, darker(s.body, 0.35), width + 3)
    s.stroke(way, s.body, width)
    return way


def _training_lead(s: Sketch) -> None:
    way = _leash(s, 19)
    if s.says("reflective") or s.chance(0.5):
        s.stroke(way, "#f5fbff", 4, dash="10 8")
    else:
        for offset in (3,):
            s.stroke(way, lighter(s.body, 0.5), offset)
    s.rect(-124, -82, 34, 30, darker(s.body, 0.45), r=5, shade="down")
    _clasp(s, 126, 50, -10)


def _rope_lead(s: Sketch) -> None:
    way = _leash(s, 21)
    s.stroke(way, s.accent, 19, dash="5 13")
    s.stroke(way, "#ffffff", 5, opacity=0.25)
    s.rect(-126, -84, 36, 36, "#7b5236", r=6, shade="down")
    _clasp(s, 126, 50, -10)


def _retractable_lead(s: Sketch) -> None:
    s.tube("M-100 24 C -170 40, -160 90, -120 92 S 20 120, 130 70", s.accent, 9)
    _clasp(s, 136, 70, -70)
    with s.moved(10, -30, turn=s.between(-8, 6)):
        s.path("M-120 10 C -130 -90, 0 -124, 70 -96 C 150 -70, 160 30, 100 60 C 40 84, -110 90,"
               " -120 10 Z", s.body, shade="down")  # fmt: skip
        s.path("M10 -64 C 60 -74, 112 -30, 92 14 C 76 46, 20 44, 4 20 C -10 -10, -10 -50, 10 -64 Z",
               darker(s.body, 0.75))  # fmt: skip
        s.path("M10 -64 C 60 -74, 112 -30, 92 14 C 76 46, 20 44, 4 20 C -10 -10, -10 -50, 10 -64 Z",
               "#ffffff", opacity=0.1)  # fmt: skip
        s.circle(-58, -4, 45, s.detail, shade="down")
        s.circle(-58, -4, 36, s.body, shade="down")
        _paw(s, -58, -4, 19, s.detail)
        s.rect(4, -112, 48, 21, s.accent, r=10, shade="down")
        s.rect(-136, 6, 26, 30, INK, r=6)


def _wound(s: Sketch, x: float, top: float, bottom: float, half: float) -> None:
    s.rect(x - half, top, 2 * half, bottom - top, _ROPE, shade="round")
    y = top + 6
    while y < bottom - 2:
        s.stroke(f"M{x - half} {y:.0f} q {half} 7 {2 * half} 0", darker(_ROPE, 0.25), 2.5)
        y += 9


def _cat(s: Sketch, x: float, y: float, scale: float) -> None:
    fur = s.pick(*_FURS)
    with s.moved(x, y, scale=scale, flip=s.chance(0.5)):
        s.tube("M34 -10 C 74 -10, 70 -60, 56 -66", fur, 13)
        s.path("M-38 0 C -44 -60, -24 -84, 0 -84 S 44 -60, 42 0 Z", fur, shade="down")
        s.path("M-36 -92 L-40 -142 L-12 -118 H12 L40 -142 L36 -92 C 34 -64, -34 -64, -36 -92 Z",
               fur, shade="down")  # fmt: skip
        for dx in (-15, 15):
            s.ellipse(dx, -98, 6, 8, "#b7d67a")
            s.ellipse(dx, -98, 2.4, 7, INK)
        s.polygon([(-5, -86), (5, -86), (0, -80)], "#e58f92")
        s.stroke("M-22 -82 L-50 -86 M-22 -78 L-48 -74 M22 -82 L50 -86 M22 -78 L48 -74", PAPER, 2)
        s.ellipse(0, -20, 20, 24, lighter(fur, 0.4), opacity=0.7)


def _scratching_tree(s: Sketch) -> None:
    s.rect(-150, FLOOR - 20, 300, 20, s.body, r=8, shade="down")
    _wound(s, -76, -44, FLOOR - 20, 18)
    _wound(s, 72, -118, FLOOR - 20, 18)
    s.rect(-140, -62, 150, 21, s.body, r=9, shade="down")
    s.rect(6, -136, 140, 21, s.body, r=9, shade="down")
    s.rect(-26, 38, 80, 64, darker(s.body, 0.15), r=10, shade="down")
    s.path("M-8 102 V72 Q 14 44 36 72 V102 Z", darker(s.body, 0.7))
    if s.says("hanging ball") or s.chance(0.5):
        s.stroke("M-118 -42 V-2", INK, 2.5)
        s.circle(-118, 10, 13, s.accent, shade="down")
    _cat(s, *((-86, -62, 0.74) if s.chance(0.5) else (76, -136, 0.38)))


def _wall_scratcher(s: Sketch) -> None:
    with s.moved(30):
        s.rect(-74, -158, 148, 276, s.wood, r=14, shade="down")
        for x, y in ((-58, -142), (58, -142), (-58, 102), (58, 102)):
            s.circle(x, y, 6, STEEL, shade="down")
        _wound(s, 0, -124, 84, 50)
        s.rect(-54, -128, 108, 10, s.body, r=4, shade="down")
        s.rect(-54, 80, 108, 10, s.body, r=4, shade="down")
    _cat(s, -112, FLOOR, 0.86)


def _scratching_barrel(s: Sketch) -> None:
    s.ellipse(0, FLOOR - 8, 108, 16, darker(s.body, 0.3))
    _wound(s, 0, -90, FLOOR - 16, 96)
    s.ellipse(0, -92, 104, 22, lighter(s.body, 0.1), shade="down")
    s.rect(-106, FLOOR - 26, 212, 24, s.body, r=10, shade="down")
    for y in (-34, 56):
        s.ellipse(0, y, 42, 34, s.body, shade="down")
        s.ellipse(0, y + 2, 33, 26, "#2a2320")
    if s.chance(0.7):
        for dx in (-12, 12):
            s.ellipse(dx, 56, 7, 8, "#cfe87f")
            s.ellipse(dx, 56, 2.5, 7, INK)
    _cat(s, 0, -88, 0.62)


def _cat_head(s: Sketch, x: float, y: float, size: float, colour: str) -> None:
    with s.moved(x, y, scale=size / 40):
        s.path("M-38 -8 L-42 -52 L-14 -32 H14 L42 -52 L38 -8 C 40 36, -40 36, -38 -8 Z", colour,
               shade="down")  # fmt: skip
        for dx in (-16, 16):
            s.ellipse(dx, -6, 6, 8, PAPER)
            s.ellipse(dx, -5, 3, 6, INK)
        s.polygon([(-5, 6), (5, 6), (0, 12)], "#e58f92")
        s.stroke("M-22 10 L-52 6 M-22 16 L-50 22 M22 10 L52 6 M22 16 L50 22", darker(colour, 0.4),
                 2.5)  # fmt: skip


def _fish(s: Sketch, x: float, y: float, size: float, colour: str) -> None:
    with s.moved(x, y, scale=size / 30):
        s.path("M-34 0 C -14 -26, 20 -22, 30 0 C 20 22, -14 26, -34 0 Z", colour, shade="down")
        s.polygon([(26, 0), (48, -18), (48, 18)], colour, shade="down")
        s.circle(-18, -4, 3.5, INK)


def _kibble(s: Sketch, x: float) -> None:
    s.path(f"M{x - 62} 66 H{x + 62} L{x + 48} {FLOOR} H{x - 48} Z", s.accent, shade="round")
    for at in range(9):
        s.circle(x - 44 + at * 11, 62 - (at % 3) * 7, 9, "#9a6638", shade="down")
    _paw(s, x, 94, 13, PAPER)


def _dry_food(s: Sketch) -> None:
    with s.moved(-44):
        s.path("M-92 -138 H92 L98 -110 C 88 -40, 88 60, 100 108 Q 0 128 -100 108 C -88 60, -88 -40,"
               " -98 -110 Z", s.body, shade="round")  # fmt: skip
        s.rect(-94, -152, 188, 20, darker(s.body, 0.2), r=4, shade="down")
        s.ellipse(0, -30, 70, 66, PAPER, shade="down")
        _cat_head(s, 0, -20, 45, s.pick(*_FURS))
        if s.says("salmon"):
            _fish(s, 0, 72, 28, "#f0907a")
        else:
            s.rect(-54, 58, 108, 13, PAPER, r=5)
            s.rect(-36, 78, 72, 8, PAPER, r=4)
    _kibble(s, 122)


def _wet_food(s: Sketch) -> None:
    for x, y, scale in ((-88, 0, 0.86), (54, 0, 1.0)):
        with s.moved(x, FLOOR - 120 * scale + y, scale=scale):
            s.rect(-92, -26, 184, 140, s.body, r=12, shade="round")
            s.ellipse(0, -26, 92, 24, STEEL, shade="down")
            s.ellipse(0, -27, 76, 18, lighter(STEEL, 0.4), shade="down")
            s.ring(18, -30, 11, darker(STEEL, 0.3), 4)
            s.ellipse(0, 46, 60, 47, PAPER, shade="down")
            _cat_head(s, 0, 54, 31, s.pick(*_FURS))
            s.ellipse(0, 112, 92, 10, STEEL, opacity=0.6)


def _cat_treats(s: Sketch) -> None:
    with s.moved(-30, turn=s.between(-8, 4)):
        s.path("M-96 -128 H96 C 106 -60, 106 50, 92 116 H-92 C -106 50, -106 -60, -96 -128 Z",
               s.body, shade="down")  # fmt: skip
        s.rect(-98, -146, 196, 30, darker(s.body, 0.18), r=4, shade="down")
        for x in range(-88, 90, 14):
            s.stroke(f"M{x} -144 v26", lighter(s.body, 0.3), 2, opacity=0.6)
        s.circle(0, -140, 6, PAPER)
        _cat_head(s, 0, -34, 42, s.pick(*_FURS))
        s.rect(-66, 40, 132, 46, PAPER, r=10, shade="down")
        _fish(s, -8, 63, 21, "#f0907a")
    for x, y in ((112, 104), (146, 112), (130, 82), (96, 116)):
        _fish(s, x, y, 15, "#b9783f")


KINDS = (
    Kind("dog bed", ("dog bed", "pet bed", "pet", "dog", "bed"), (
        Form("orthopaedic", _orthopaedic_bed), Form("travel", _travel_bed),
        Form("cushion", _cushion_bed),
    )),
    Kind("dog lead", ("dog lead", "lead", "leash", "harness", "collar"), (
        Form("retractable", _retractable_lead, "lies"), Form("rope", _rope_lead, "lies"),
        Form("lead", _training_lead, "lies"),
    )),
    Kind("scratching post", ("scratch",), (
        Form("wall", _wall_scratcher), Form("barrel", _scratching_barrel),
        Form("tree", _scratching_tree),
    )),
    Kind("cat food", ("cat food", "pet food", "treats", "cat"), (
        Form("wet", _wet_food), Form("treats", _cat_treats), Form("dry", _dry_food),
    )),
)  # fmt: skip
