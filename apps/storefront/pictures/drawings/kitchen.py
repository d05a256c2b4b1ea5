"""Cookware, bakeware, coffee makers and kettles."""

from apps.storefront.pictures.drawings.colours import INK, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_COFFEE, _WATER, _CRUST = "#4a2c1a", "#bfe0ee", "#d99a4e"


def _handle(s: Sketch) -> str:
    return s.wood if s.chance(0.5) else INK


def _frying_pan(s: Sketch) -> None:
    grip = _handle(s)
    with s.moved(-46, 20, turn=s.between(-8, 8)):
        s.rect(96, -15, 60, 30, STEEL, r=8, shade="down")
        s.rect(136, -19, 116, 38, grip, r=19, shade="down")
        s.circle(234, 0, 7, "#ffffff", opacity=0.8)
        s.circle(0, 0, 116, s.body, shade="down")
        inner = "#3a3c41" if s.says("non-stick", "iron") else darker(s.body, 0.35)
        s.circle(0, 0, 99, inner, shade="down")
        s.ring(0, 0, 82, lighter(inner, 0.14), 2)
        if s.chance(0.6):
            s.path("M-50 -10 C -56 -52, -10 -56, 12 -44 C 50 -48, 58 -6, 38 18 C 30 50, -24 46,"
                   " -34 24 C -56 24, -56 6, -50 -10 Z", "#fffdf5", shade="down")  # fmt: skip
            s.circle(2, -8, 21, "#f6b32c", shade="down")
            s.circle(-5, -15, 6, "#ffffff", opacity=0.6)
        else:
            s.shine("M-66 -34 A 76 76 0 0 1 -20 -72", 8, 0.25)


def _lid(s: Sketch, half: float, y: float) -> None:
    glass = s.says("glass lid")
    lid = "#cfe4ea" if glass else lighter(s.body, 0.08)
    s.path(f"M{-half} {y} C {-half * 0.8:.0f} {y - 62}, {half * 0.8:.0f} {y - 62}, {half} {y} Z",
           lid, shade="down")  # fmt: skip
    s.rect(-half - 6, y - 6, 2 * half + 12, 13, STEEL if glass else darker(s.body, 0.2), r=6,
           shade="down")  # fmt: skip
    s.rect(-6, y - 60, 12, 18, STEEL)
    s.ellipse(0, y - 64, 22, 11, INK if glass else s.metal, shade="down")
    s.shine(f"M{-half * 0.6:.0f} {y - 26} Q {-half * 0.3:.0f} {y - 44} 0 {y - 44}", 5, 0.5)


def _saucepan(s: Sketch) -> None:
    with s.moved(-34, 4):
        s.rect(98, -8, 40, 18, STEEL, r=6, shade="down")
        s.rect(126, -13, 112, 28, _handle(s), r=14, shade="down")
        s.path("M-106 -22 H106 V88 Q106 116 78 116 H-78 Q-106 116 -106 88 Z", s.body, shade="round")
        s.rect(-110, 96, 220, 8, STEEL, r=4, opacity=0.5)
        _lid(s, 104, -26)


def _casserole(s: Sketch) -> None:
    for side in (-1, 1):
        s.tube(f"M{side * 124} 10 q {side * 44} 2 {side * 36} 26 q {side * -6} 16 {side * -38} 12",
               darker(s.body, 0.12), 15)  # fmt: skip
    s.path("M-134 -16 H134 V70 Q130 118 84 120 H-84 Q-130 118 -134 70 Z", s.body, shade="round")
    s.shine("M-112 10 V74", 9, 0.3)
    _lid(s, 132, -20)


def _loaf_tin(s: Sketch) -> None:
    if s.chance(0.7):
        s.path("M-128 -4 C -140 -100, -60 -96, -40 -84 C 0 -108, 40 -96, 60 -84 C 110 -104, 140"
               " -60, 128 -4 Z", _CRUST, shade="down")  # fmt: skip
        for x in (-70, -10, 50):
            s.stroke(f"M{x} -76 q 22 14 20 44", darker(_CRUST, 0.28), 7)
    s.path("M-138 -10 H138 L116 108 Q114 118 102 118 H-102 Q-114 118 -116 108 Z", s.body,
           shade="round")  # fmt: skip
    for x in range(-90, 91, 36):
        s.stroke(f"M{x * 1.1:.0f} 16 L{x} 98", darker(s.body, 0.22), 4, opacity=0.6)
    s.rect(-150, -18, 300, 17, lighter(s.body, 0.2), r=8, shade="down")


def _muffin_tray(s: Sketch) -> None:
    s.rect(-172, -114, 344, 232, s.body, r=24, shade="down")
    filled = s.chance(0.7)
    for row in range(2):
        for column in range(3):
            x, y = -110 + column * 110, -54 + row * 112
            s.circle(x, y, 47, darker(s.body, 0.3), shade="down")
            s.circle(x, y, 38, darker(s.body, 0.5), shade="down")
            if filled and (row + column) % 4 != 3:  # noqa: PLR2004 - one stays empty
                cake = s.pick("#d99a4e", "#7b4a2b", "#e8c178")
                s.star(x, y, 14, 45, 40, "#f4ead8", shade="down")
                s.circle(x, y, 37, cake, shade="down")
                for dx, dy in ((-12, -8), (10, -14), (4, 12), (-14, 14), (18, 6)):
                    s.circle(x + dx, y + dy, 4.5, darker(cake, 0.5))


def _pie_dish(s: Sketch) -> None:
    s.ellipse(0, 40, 176, 78, s.body, shade="down")
    s.path("M-176 32 C -168 130, 168 130, 176 32 Z", s.body, shade="round")
    for at in range(13):
        x = -156 + at * 26
        s.stroke(f"M{x} {62 + (1 - abs(x) / 170) * 30:.0f} l {-x * 0.05:.0f} 22",
                 darker(s.body, 0.25), 5, opacity=0.55)  # fmt: skip
    s.ellipse(0, 26, 176, 74, lighter(s.body, 0.15), shade="down")
    s.ellipse(0, 22, 156, 62, _CRUST, shade="down")
    filling = s.pick("#b8323a", "#5b3a78", "#d98a2b")
    s.ellipse(0, 20, 132, 48, filling, shade="down")
    with s.clipped("M-132 20 A 132 48 0 1 1 132 20 A 132 48 0 1 1 -132 20 Z"):
        for x in range(-150, 160, 44):
            s.stroke(f"M{x} -40 l 60 130", lighter(_CRUST, 0.15), 14)
            s.stroke(f"M{x + 40} -40 l -60 130", _CRUST, 14)


def _cup(s: Sketch, x: float, y: float, cup: str) -> None:
    s.tube(f"M{x + 26} {y - 34} q 26 0 20 18 q -6 10 -24 8", cup, 7)
    s.path(f"M{x - 30} {y - 44} h60 l-8 36 q-4 8 -14 8 h-16 q-10 0 -14 -8 Z", cup, shade="round")
    s.ellipse(x, y - 44, 30, 7, _COFFEE)


def _espresso_machine(s: Sketch) -> None:
    s.rect(-120, -130, 236, 74, s.body, r=14, shade="down")
    s.rect(-120, -72, 92, FLOOR + 62, darker(s.body, 0.12), r=8, shade="across")
    s.rect(-128, FLOOR - 30, 252, 30, darker(s.body, 0.3), r=8, shade="down")
    s.rect(-20, FLOOR - 38, 138, 12, STEEL, r=4, shade="down")
    for x in (-92, -62):
        s.circle(x, -96, 11, STEEL, shade="down")
    s.circle(76, -94, 25, "#f7f4ec", shade="down")
    s.stroke("M76 -94 L 88 -106", "#c03a2e", 4)
    s.rect(16, -58, 66, 22, STEEL, r=5, shade="round")
    s.path("M8 -36 H90 L80 -14 H18 Z", INK, shade="round")
    s.rect(86, -34, 64, 16, s.wood if s.chance(0.5) else INK, r=8, shade="down")
    s.stroke("M40 -14 V36 M58 -14 V36", _COFFEE, 4)
    _cup(s, 48, FLOOR - 38, "#fbf8f1")
    if s.says("milk frother"):
        s.tube("M-22 -60 V 0 l -6 26", STEEL, 8)
    if s.chance(0.5):
        _cup(s, -60, -130, "#fbf8f1")


def _filter_machine(s: Sketch) -> None:
    s.rect(-116, -140, 228, 60, s.body, r=16, shade="down")
    s.rect(-116, -96, 86, FLOOR + 84, s.body, r=8, shade="across")
    s.rect(-98, -66, 30, 118, _WATER, r=6, shade="down")
    s.rect(-98, -16, 30, 68, "#7fb8d4", r=6)
    s.rect(-124, FLOOR - 26, 244, 26, darker(s.body, 0.35), r=10, shade="down")
    s.path("M-10 -82 H98 L74 -30 H14 Z", darker(s.body, 0.3), shade="round")
    s.rect(-16, -14, 120, 12, INK, r=5)
    s.path("M-12 -2 H100 L112 70 Q110 92 90 92 H-2 Q-22 92 -24 70 Z", "#dcebf0", shade="round")
    s.path("M-18 34 H106 L112 70 Q110 92 90 92 H-2 Q-22 92 -24 70 Z", _COFFEE, shade="round")
    s.tube("M104 6 q 50 2 40 44 q -8 26 -34 22", INK, 13)
    if s.says("timer"):
        s.rect(-104, -124, 66, 28, INK, r=5)
        s.stroke("M-94 -110 h14 m8 0 h24", "#7fe3ff", 6)
    s.circle(76, -110, 9, "#6df08b")


def _french_press(s: Sketch) -> None:
    frame = s.body
    s.rect(-70, -88, 140, 204, "#e4f0f3", r=12, shade="round")
    s.rect(-66, -10, 132, 122, _COFFEE, r=10, shade="round")
    s.rect(-66, -20, 132, 14, "#8a5a36", r=6)
    for x in (-62, 0, 62):
        s.rect(x - 5, -84, 10, 200, frame, r=4, shade="round")
    s.rect(-76, -46, 152, 14, frame, r=6, shade="down")
    s.rect(-80, 100, 160, 20, frame, r=8, shade="down")
    s.tube("M74 -50 C 140 -56, 140 90, 74 84", s.wood if s.chance(0.4) else INK, 18)
    s.path("M-82 -84 L-108 -100 L-74 -108 Z", STEEL, shade="down")
    s.path("M-78 -84 C -70 -126, 70 -126, 78 -84 Z", frame, shade="down")
    s.rect(-4, -166, 8, 60, STEEL, shade="round")
    s.circle(0, -170, 17, INK, shade="down")
    s.shine("M-48 -24 V 90", 7, 0.4)


def _electric_kettle(s: Sketch) -> None:
    s.tube("M60 -106 C 150 -116, 152 70, 76 74", INK, 22)
    s.path("M-62 -100 L-104 -112 L-78 -60 Z", s.body, shade="down")
    s.path("M-66 -104 H66 L90 84 Q90 100 74 100 H-74 Q-90 100 -90 84 Z", s.body, shade="round")
    s.path("M-64 -104 C -50 -136, 50 -136, 64 -104 Z", darker(s.body, 0.2), shade="down")
    s.rect(-14, -140, 28, 16, INK, r=7)
    s.rect(-92, 92, 184, 26, INK, r=10, shade="down")
    if s.says("temperature"):
        s.rect(-26, 24, 52, 34, INK, r=6)
        s.stroke("M-14 41 h10 m8 0 h12", "#ff8a5c", 6)
    else:
        s.rect(-14, -40, 28, 104, _WATER, r=12, shade="down")
        s.rect(-14, 4, 28, 60, "#7fb8d4", r=12)
    s.shine("M-58 -70 L-66 60", 9, 0.4)


def _gooseneck_kettle(s: Sketch) -> None:
    s.tube("M-58 60 C -150 70, -96 -70, -166 -74", s.body, 15)
    s.tube("M48 -62 C 150 -80, 160 70, 112 80", s.wood if s.chance(0.6) else INK, 17)
    s.path("M-52 -62 H52 L86 86 Q86 102 70 102 H-70 Q-86 102 -86 86 Z", s.body, shade="round")
    s.path("M-54 -62 C -40 -88, 40 -88, 54 -62 Z", darker(s.body, 0.18), shade="down")
    s.circle(0, -94, 13, s.metal, shade="down")
    s.rect(-90, 96, 180, 22, INK, r=8, shade="down")
    s.shine("M-42 -36 L-60 66", 8, 0.4)


def _stove_kettle(s: Sketch) -> None:
    s.tube("M-78 -38 C -90 -160, 90 -160, 78 -38", s.wood if s.chance(0.6) else INK, 16)
    s.path("M-96 10 L-172 -44 L-156 -66 L-80 -30 Z", s.body, shade="down")
    s.path("M-118 70 C -128 -72, 128 -72, 118 70 C 120 118, 96 118, 70 118 H-70 C -96 118,"
           " -120 118, -118 70 Z", s.body, shade="round")  # fmt: skip
    s.path("M-52 -34 C -40 -56, 40 -56, 52 -34 C 30 -24, -30 -24, -52 -34 Z", darker(s.body, 0.2),
           shade="down")  # fmt: skip
    s.circle(0, -62, 13, INK, shade="down")
    s.shine("M-88 60 C -90 10, -70 -16, -40 -26", 10, 0.4)
    for x in (-170, -186):
        s.stroke(f"M{x} -84 q -12 -14 0 -28 q 12 -14 0 -28", "#ffffff", 5, opacity=0.6)


KINDS = (
    Kind("cookware", ("cookware", "pan", "pans", "pot", "pots", "saucepan", "casserole", "wok",
                      "cooker", "kadhai", "tawa"), (
        Form("saucepan", _saucepan), Form("casserole", _casserole),
        Form("pan", _frying_pan, "lies"),
    )),
    Kind("bakeware", ("bakeware", "baking", "muffin", "loaf", "pie"), (
        Form("muffin", _muffin_tray, "lies"), Form("pie", _pie_dish), Form("loaf", _loaf_tin),
    )),
    Kind("coffee maker", ("coffee", "espresso"), (
        Form("espresso", _espresso_machine), Form("press", _french_press),
        Form("filter", _filter_machine),
    )),
    Kind("kettle", ("kettle",), (
        Form("gooseneck", _gooseneck_kettle), Form("stove", _stove_kettle),
        Form("kettle", _electric_kettle),
    )),
)  # fmt: skip
