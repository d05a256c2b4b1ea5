"""Tents, sleeping bags, plant care and barbecues."""

from apps.storefront.pictures.drawings.colours import INK, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_GRASS, _EMBER = "#6fa35d", "#f2742f"


def _meadow(s: Sketch) -> None:
    s.ellipse(0, FLOOR + 6, 216, 24, _GRASS, shade="down")
    for _ in range(9):
        x = s.between(-190, 190)
        s.stroke(f"M{x:.0f} {FLOOR + 8} q -4 -12 -8 -16 M{x:.0f} {FLOOR + 8} q 4 -12 8 -18",
                 darker(_GRASS, 0.25), 3)  # fmt: skip


def _guys(s: Sketch, left: float, right: float, y: float) -> None:
    for x, foot in ((left, left - 34), (right, right + 34)):
        s.stroke(f"M{x} {y} L{foot} {FLOOR + 4}", "#6d655a", 3)
        s.stroke(f"M{foot} {FLOOR + 8} v-12", INK, 4)


def _dome_tent(s: Sketch) -> None:
    _meadow(s)
    _guys(s, -120, 120, 30)
    s.path(f"M-170 {FLOOR} C -150 -40, -80 -140, 0 -140 S 150 -40, 170 {FLOOR} Z", s.body,
           shade="across")  # fmt: skip
    s.stroke(f"M-170 {FLOOR} C -100 -60, 20 -140, 6 -140 M170 {FLOOR} C 100 -60, -20 -140, -6 -140",
             s.accent, 6)  # fmt: skip
    s.path(f"M-62 {FLOOR} C -52 20, -20 -50, 0 -64 C 20 -50, 52 20, 62 {FLOOR} Z", INK,
           shade="down")  # fmt: skip
    s.path(f"M-62 {FLOOR} C -52 20, -20 -50, 0 -64 C -20 0, -30 60, -30 {FLOOR} Z",
           lighter(s.body, 0.3), shade="down")  # fmt: skip
    s.path("M-92 -66 C -60 -120, 60 -120, 92 -66 C 40 -92, -40 -92, -92 -66 Z", lighter(s.body, .2),
           shade="down")  # fmt: skip


def _tunnel_tent(s: Sketch) -> None:
    _meadow(s)
    _guys(s, -130, 176, 20)
    s.path(f"M-60 {FLOOR} C -60 -20, -20 -96, 40 -100 C 130 -96, 190 20, 196 {FLOOR} Z",
           darker(s.body, 0.12), shade="across")  # fmt: skip
    for x in (70, 124):
        s.stroke(f"M{x - 20} -92 C {x + 20} -70, {x + 46} 20, {x + 50} {FLOOR}", s.accent, 6)
    s.path(f"M-186 {FLOOR} C -184 -50, -140 -116, -70 -116 S 46 -50, 50 {FLOOR} Z", s.body,
           shade="down")  # fmt: skip
    s.stroke(f"M-186 {FLOOR} C -184 -50, -140 -116, -70 -116 S 46 -50, 50 {FLOOR}", s.accent, 7)
    s.path(f"M-124 {FLOOR} C -124 -10, -104 -62, -70 -64 S -14 -10, -12 {FLOOR} Z", INK,
           shade="down")  # fmt: skip
    s.path(f"M-124 {FLOOR} C -124 -10, -104 -62, -70 -64 C -96 -10, -96 60, -92 {FLOOR} Z",
           lighter(s.body, 0.3), shade="down")  # fmt: skip


def _trekking_tent(s: Sketch) -> None:
    _meadow(s)
    _guys(s, -20, 150, -60)
    s.polygon([(-16, -138), (120, -96), (188, FLOOR), (96, FLOOR)], darker(s.body, 0.2),
              shade="down")  # fmt: skip
    s.polygon([(-16, -138), (96, FLOOR), (-160, FLOOR)], s.body, shade="down")
    s.polygon([(-22, -60), (46, FLOOR), (-94, FLOOR)], INK, shade="down")
    s.polygon([(-22, -60), (-94, FLOOR), (-58, FLOOR)], lighter(s.body, 0.3), shade="down")
    s.rect(-20, -152, 8, FLOOR + 152, s.accent, r=3, shade="round")


def _quilt_lines(s: Sketch, ys: tuple[int, ...], half: float) -> None:
    for y in ys:
        s.stroke(f"M{-half} {y} q {half} 14 {2 * half} 0", darker(s.body, 0.3), 4)
        s.stroke(f"M{-half} {y - 8} q {half} 14 {2 * half} 0", "#ffffff", 4, opacity=0.2)


def _mummy_bag(s: Sketch) -> None:
    shape = (
        "M0 -176 C 60 -176, 78 -130, 76 -96 C 96 -40, 82 60, 52 150 Q 0 176 -52 150 C -82 60,"
        " -96 -40, -76 -96 C -78 -130, -60 -176, 0 -176 Z"
    )
    with s.moved(turn=s.between(48, 72), scale=1.02):
        s.path(shape, s.body, shade="across")
        with s.clipped(shape):
            _quilt_lines(s, (-40, -4, 32, 68, 104, 136), 96)
        s.ellipse(0, -118, 56, 46, darker(s.body, 0.35), shade="down")
        s.ellipse(0, -112, 44, 34, s.accent, shade="down")
        s.ellipse(0, -122, 34, 20, "#fbf5e8", shade="down")
        s.stroke("M58 -90 C 72 -20, 62 60, 40 146", STEEL, 4, dash="3 5")
        s.rect(50, -96, 10, 20, STEEL, r=3)


def _bag(s: Sketch, half: float, pillows: tuple[float, ...]) -> None:
    with s.moved(turn=s.between(-10, 10)):
        s.rect(-half, -120, 2 * half, 248, s.body, r=22, shade="down")
        with s.clipped(f"M{-half} -120 h{2 * half} v248 h{-2 * half} Z"):
            _quilt_lines(s, (0, 38, 76, 112), half)
        s.rect(-half, -126, 2 * half, 84, "#f3ead8", r=20, shade="down")
        for x in pillows:
            s.rect(x - 44, -114, 88, 48, "#ffffff", r=18, shade="down")
        s.path(f"M{-half} -52 Q 0 -36 {half} -52 L{half} -8 Q {half * 0.3:.0f} 10 {-half * 0.4:.0f}"
               f" -10 L{-half} 2 Z", s.accent, shade="down")  # fmt: skip
        s.stroke(f"M{half - 9} -40 V118", STEEL, 4, dash="3 5")


def _summer_bag(s: Sketch) -> None:
    _bag(s, 84, (0,))


def _double_bag(s: Sketch) -> None:
    _bag(s, 146, (-68, 68))


def _watering_can(s: Sketch) -> None:
    s.tube("M66 -16 C 150 -40, 150 90, 78 84", s.body, 14)
    s.tube("M-60 -38 C -40 -150, 60 -130, 64 -40", darker(s.body, 0.1), 13)
    length = 1.15 if s.says("long spout") else 1.0
    s.polygon([(-72, 40), (-72, 90), (-168 * length, -52), (-146 * length, -70)], s.body,
              shade="down")  # fmt: skip
    with s.moved(-160 * length, -64, turn=-52):
        s.path("M-16 16 H16 L34 -16 H-34 Z", darker(s.body, 0.15), shade="round")
        s.ellipse(0, -16, 34, 9, STEEL, shade="down")
    s.path("M-84 -34 H84 L76 106 Q74 118 60 118 H-60 Q-74 118 -76 106 Z", s.body, shade="round")
    s.path("M-84 -34 C -60 -56, 60 -56, 84 -34 Z", darker(s.body, 0.3))
    for x, y in ((-196, -44), (-206, -10), (-190, 20), (-208, 46)):
        s.path(f"M{x} {y} q 8 14 0 19 q -8 -5 0 -19 Z", "#5aa9d6")
    s.shine("M-58 -12 L-52 90", 8, 0.4)


def _sprout(s: Sketch, x: float, y: float, size: float) -> None:
    s.stroke(f"M{x} {y} q -3 -20 0 {-size:.0f}", "#4f8f58", 5)
    for turn in (-62, 62):
        with s.moved(x, y - size, turn=turn):
            s.path(f"M0 0 C {-size * 0.3:.0f} {-size * 0.3:.0f}, {-size * 0.25:.0f}"
                   f" {-size * 0.8:.0f}, 0 {-size:.0f} C {size * 0.25:.0f} {-size * 0.8:.0f},"
                   f" {size * 0.3:.0f} {-size * 0.3:.0f}, 0 0 Z", "#62a866",
                   shade="across")  # fmt: skip


def _plant_food(s: Sketch) -> None:
    s.rect(-44, -136, 66, 40, s.accent, r=8, shade="round")
    s.path("M-40 -98 H18 C 22 -70, 62 -70, 62 -36 V104 Q62 120 46 120 H-68 Q-84 120 -84 104 V-36"
           " C -84 -70, -44 -70, -40 -98 Z", s.body, shade="round")  # fmt: skip
    s.rect(-66, -20, 110, 100, "#fbf8f1", r=6, shade="down")
    _sprout(s, -11, 60, 30)
    s.rect(-50, 64, 78, 6, "#6b5f52", r=3)
    s.path("M92 62 h72 l-10 58 h-52 Z", "#c46a45", shade="round")
    s.rect(86, 50, 84, 18, "#c46a45", r=4, shade="round")
    _sprout(s, 128, 52, 48)


def _pruning_shears(s: Sketch) -> None:
    with s.moved(0, -4, turn=s.between(-48, -26)):
        s.path("M-8 4 C -60 -10, -130 -22, -186 -60 C -150 -66, -60 -56, 4 -14 Z", STEEL,
               shade="down")  # fmt: skip
        s.path("M-4 -6 C -60 30, -130 40, -176 22 C -130 -4, -60 -10, 4 -14 Z",
               darker(STEEL, 0.18), shade="down")  # fmt: skip
        s.tube("M14 -8 C 70 -40, 120 -52, 190 -44", s.body, 27)
        s.tube("M14 8 C 70 34, 120 58, 184 62", s.body, 27)
        s.stroke("M56 -14 q 16 14 4 32", STEEL, 6)
        s.circle(4, 0, 18, s.metal, shade="down")
        s.circle(4, 0, 6, INK)


def _grill(s: Sketch, y: float, half: float) -> None:
    s.ellipse(0, y, half, 20, "#3a3532", shade="down")
    for x in range(int(-half * 0.7), int(half * 0.7), 26):
        s.circle(x + 8, y + 3, 8, _EMBER)
    for x in range(int(-half * 0.86), int(half * 0.9), 16):
        s.stroke(f"M{x} {y - 10} L{x} {y + 12}", STEEL, 3)


def _smoke(s: Sketch, x: float, y: float) -> None:
    for dx in (-26, 0, 26):
        s.stroke(f"M{x + dx} {y} q -12 -16 0 -30 q 12 -14 0 -28", "#ffffff", 6, opacity=0.65)


def _charcoal_barbecue(s: Sketch) -> None:
    for x, foot in ((-50, -86), (50, 86), (0, 6)):
        s.tube(f"M{x} 30 L{foot} {FLOOR - 4}", STEEL, 8)
    s.circle(-84, FLOOR - 12, 15, INK, shade="down")
    s.path("M-116 -18 H116 C 110 56, 60 74, 0 74 S -110 56, -116 -18 Z", s.body, shade="round")
    if s.chance(0.5):
        s.path("M-116 -22 C -110 -100, -60 -118, 0 -118 S 110 -100, 116 -22 Z", s.body,
               shade="round")  # fmt: skip
        s.rect(-26, -138, 52, 13, s.wood, r=6, shade="down")
        s.rect(-6, -128, 12, 14, STEEL)
        s.circle(54, -72, 13, "#fbf8f1", shade="down")
        s.rect(-122, -26, 244, 10, STEEL, r=5, shade="down")
        _smoke(s, -60, -112)
    else:
        _grill(s, -20, 116)
        for x in (-54, 10):
            with s.moved(x, -34, turn=-10):
                s.rect(-26, -9, 60, 18, "#a5532f", r=9, shade="down")
        s.ellipse(74, -34, 26, 11, "#8a3f2a", shade="down")
        _smoke(s, 0, -60)


def _gas_barbecue(s: Sketch) -> None:
    s.rect(-92, 18, 184, 92, darker(s.body, 0.3), r=6, shade="down")
    s.rect(-84, 26, 80, 78, darker(s.body, 0.12), r=4, shade="down")
    s.rect(4, 26, 80, 78, darker(s.body, 0.12), r=4, shade="down")
    for x in (-16, 10):
        s.rect(x, 52, 6, 26, STEEL, r=3)
    for x in (-74, 74):
        s.circle(x, FLOOR - 8, 12, INK, shade="down")
    for x in (-196, 96):
        s.rect(x, -16, 100, 14, STEEL, r=5, shade="down")
    s.rect(-104, -20, 208, 42, STEEL, r=6, shade="down")
    for x in (-64, -22, 22, 64):
        s.circle(x, 2, 12, INK, shade="down")
        s.stroke(f"M{x} 2 l 5 -8", "#ffffff", 3)
    s.path("M-106 -22 V-52 C -100 -116, -60 -124, 0 -124 S 100 -116, 106 -52 V-22 Z", s.body,
           shade="down")  # fmt: skip
    s.rect(-64, -64, 128, 11, STEEL, r=5, shade="down")
    s.circle(0, -92, 14, "#fbf8f1", shade="down")
    s.stroke("M0 -92 l 6 -7", "#c03a2e", 3)


def _table_barbecue(s: Sketch) -> None:
    for x in (-96, 80):
        s.rect(x, 84, 18, 36, INK, r=5, shade="down")
    s.path("M-142 6 H142 L120 82 Q116 94 100 94 H-100 Q-116 94 -120 82 Z", s.body, shade="round")
    for x in (-172, 138):
        s.rect(x, 14, 34, 14, s.wood, r=6, shade="down")
    _grill(s, 4, 140)
    s.stroke("M-112 -30 L112 -22", s.wood, 5)
    for at, food in enumerate(("#c9432f", "#e8c04a", "#8a4a2e", "#5f9b5c", "#8a4a2e", "#c9432f")):
        s.rect(-92 + at * 32, -42 + at, 25, 30, food, r=8, shade="down")
    _smoke(s, 10, -62)


KINDS = (
    Kind("tent", ("tent", "camping", "outdoor"), (
        Form("tunnel", _tunnel_tent), Form("trekking", _trekking_tent), Form("dome", _dome_tent),
    )),
    Kind("sleeping bag", ("sleeping",), (
        Form("mummy", _mummy_bag, "lies"), Form("double", _double_bag, "lies"),
        Form("summer", _summer_bag, "lies"),
    )),
    Kind("plant care", ("plant", "garden", "watering", "pruning", "lawn"), (
        Form("food", _plant_food), Form("shears", _pruning_shears, "lies"),
        Form("can", _watering_can),
    )),
    Kind("barbecue", ("barbecue", "grill", "bbq"), (
        Form("gas", _gas_barbecue), Form("table", _table_barbecue),
        Form("charcoal", _charcoal_barbecue),
    )),
)  # fmt: skip
