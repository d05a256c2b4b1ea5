"""Keyboards, mice, cables and routers."""

from apps.storefront.pictures.drawings.colours import (
    INK,
    STEEL,
    contrast_to,
    darker,
    distance,
    lighter,
)
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_LIGHTS = ("#7fe3ff", "#ff9d6e", "#b6a3ff", "#8ff0a8")
_GOLD = "#d9b04a"
_PADS = ("#3a3f47", "#e9e4da", "#b9cbd6", "#d9c7a8", "#9fb59a")
_MIN_DISTANCE = 90


def _keys(s: Sketch, columns: int, rows: int) -> None:
    key, gap = 20.0, 4.0
    width, height = columns * (key + gap) + 16, rows * (key + gap) + 16
    x, y = -width / 2, -height / 2
    if s.says("wrist rest"):
        s.rect(x, y + height - 6, width, 42, darker(s.body, 0.25), r=14, shade="down")
    s.rect(x, y + 5, width, height + 2, darker(s.body, 0.45), r=12)
    s.rect(x, y, width, height, s.body, r=12, shade="down")
    is_lit = s.says("backlit", "rgb", "gaming")
    cap = contrast_to(s.body) if not is_lit else lighter(darker(s.body, 0.5), 0.04)
    special = s.pick("#e8743b", "#3a9a8f", "#d9b04a", contrast_to(s.body, strong=True))
    light = s.pick(*_LIGHTS)
    for row in range(rows):
        left, column = x + 10, 0
        while column < columns:
            wide = 1
            if row == rows - 1:
                wide = 6 if column == 3 else 1  # noqa: PLR2004 - the space bar
            elif column == columns - 2 and row:
                wide = 2
            elif not column:
                wide = 1 if row < 2 else 2  # noqa: PLR2004
            wide = min(wide, columns - column)
            span = wide * (key + gap) - gap
            top = y + 10 + row * (key + gap)
            if is_lit:
                s.rect(left - 1.5, top - 1.5, span + 3, key + 3, light, r=5, opacity=0.85)
            is_special = (row == 0 and column == 0) or (wide == 2 and column > 2)  # noqa: PLR2004
            s.rect(left, top, span, key, special if is_special else cap, r=4, shade="down")
            s.rect(left + 4, top + 3, max(span - 8, 4), 3, "#ffffff", r=1.5, opacity=0.35)
            left, column = left + span + gap, column + wide
    if s.chance(0.5) and not s.says("wireless"):
        s.stroke(f"M0 {y} C 0 {y - 30}, 40 {y - 30}, 36 {y - 70}", INK, 5)


def _mechanical(s: Sketch) -> None:
    _keys(s, 14, 6)


def _compact(s: Sketch) -> None:
    with s.moved(scale=1.22):
        _keys(s, 10, 5)


def _wireless_keyboard(s: Sketch) -> None:
    with s.moved(scale=1.06):
        _keys(s, 13, 5)


def _mouse_of(s: Sketch, width: float, height: float) -> None:
    top, bottom = -height / 2, height / 2
    shape = (
        f"M0 {top} C {width * 0.75:.0f} {top}, {width * 0.72:.0f} {top + height * 0.45:.0f},"
        f" {width * 0.66:.0f} {bottom - height * 0.3:.0f} S {width * 0.36:.0f} {bottom} 0 {bottom}"
        f" S {-width * 0.62:.0f} {bottom - height * 0.02:.0f} {-width * 0.66:.0f}"
        f" {bottom - height * 0.3:.0f} S {-width * 0.75:.0f} {top} 0 {top} Z"
    )
    s.path(shape, s.body, shade="across")
    style = s.random.randrange(4)
    with s.clipped(shape):
        if style == 1:  # two colours: buttons and palm
            s.rect(-width, top, 2 * width, height * 0.4, darker(s.body, 0.38))
        elif style == 2:  # noqa: PLR2004 - grips at the sides
            for side in (-1, 1):
                s.ellipse(side * width * 0.78, height * 0.12, width * 0.34, height * 0.4,
                          darker(s.body, 0.42))  # fmt: skip
        elif style == 3:  # noqa: PLR2004 - a stripe
            s.rect(-width * 0.17, top, width * 0.34, height, s.accent, opacity=0.85)
    seam = darker(s.body, 0.5)
    s.stroke(f"M0 {top} V {top + height * 0.42:.0f}", seam, 3)
    s.stroke(
        f"M {-width * 0.66:.0f} {top + height * 0.47:.0f} Q 0 {top + height * 0.36:.0f}"
        f" {width * 0.66:.0f} {top + height * 0.47:.0f}", seam, 3,
    )  # fmt: skip
    s.rect(-11, top + height * 0.1, 22, height * 0.23, darker(s.body, 0.6), r=11)
    s.rect(-7, top + height * 0.12, 14, height * 0.19, s.pick(*_LIGHTS, STEEL), r=7, shade="round")
    for step in range(4):
        s.rect(-7, top + height * 0.14 + step * height * 0.042, 14, 2, INK, opacity=0.5)
    if s.says("side button") or s.chance(0.4):
        for y in (0.0, 0.14):
            s.rect(-width * 0.68, height * (y - 0.08), 12, height * 0.11, darker(s.body, 0.4), r=5)
    if s.chance(0.6):
        s.circle(0, height * 0.24, 9, s.detail, opacity=0.6)
    s.shine(f"M {width * 0.4:.0f} {top + height * 0.2:.0f} Q {width * 0.55:.0f} 0"
            f" {width * 0.45:.0f} {height * 0.2:.0f}", 7, 0.35)  # fmt: skip


def _beneath(s: Sketch) -> None:
    """What a mouse lies on or beside."""
    style = s.random.randrange(4)
    pad = s.pick(*(each for each in _PADS if distance(each, s.body) > _MIN_DISTANCE))
    if style == 0:
        s.rect(-178, -128, 356, 262, darker(pad, 0.25), r=26)
        s.rect(-174, -134, 348, 260, pad, r=24, shade="down")
    elif style == 1:
        s.circle(0, 4, 146, darker(pad, 0.25))
        s.circle(0, -2, 144, pad, shade="down")
    elif style == 2:  # noqa: PLR2004 - its receiver
        with s.moved(128, 66, turn=s.between(-30, 30)):
            s.rect(-14, -30, 28, 34, STEEL, r=3, shade="round")
            s.rect(-17, 0, 34, 36, s.body, r=8, shade="round")


def _mouse(s: Sketch) -> None:
    _beneath(s)
    if not s.says("wireless", "rechargeable"):
        bend = s.between(-90, 90)
        s.tube(f"M0 -110 C 0 -160, {bend:.0f} -140, {bend * 0.9:.0f} -230", INK, 6)
    _mouse_of(s, s.between(100, 118), s.between(205, 230))


def _travel_mouse(s: Sketch) -> None:
    _beneath(s)
    _mouse_of(s, s.between(100, 116), s.between(168, 190))


def _vertical_mouse(s: Sketch) -> None:
    s.path("M-120 110 Q-130 84 -96 70 L 120 78 Q 140 100 118 112 Z", darker(s.body, 0.4))
    s.path(
        "M-118 100 C -120 40, -76 -104, 6 -116 C 66 -122, 84 -60, 96 10"
        " C 104 60, 130 84, 122 104 Q 0 116 -118 100 Z", s.body, shade="across",
    )  # fmt: skip
    s.path("M-104 84 C -96 20, -58 -70, -10 -92 C -22 -30, -20 40, -6 92 Q -60 94 -104 84 Z",
           darker(s.body, 0.22), shade="down")  # fmt: skip
    s.stroke("M-12 -92 C -22 -30 -20 40 -6 92", darker(s.body, 0.55), 3)
    s.stroke("M-18 0 Q 40 -8 92 0", darker(s.body, 0.55), 3)
    with s.moved(42, -52, turn=16):
        s.rect(-9, -26, 18, 48, darker(s.body, 0.6), r=9)
        s.rect(-6, -22, 12, 40, s.pick(*_LIGHTS), r=6, shade="round")
    for y in (6, 36):
        s.rect(-72, y, 38, 16, darker(s.body, 0.5), r=8)


def _coil(s: Sketch, width: float, start: float, end: float) -> None:
    cord = s.body
    turns = 3
    for turn in range(turns):
        r = 96 - turn * (width + 4)
        s.parts.append(f'<g transform="translate({turn * 3 - 4} {turn * 2 + 12})">')
        s.tube(f"M{-r} 0 A {r} {r * 0.86:.0f} 0 1 1 {r} 0 A {r} {r * 0.86:.0f} 0 1 1 {-r} 0",
               cord, width)  # fmt: skip
        s.parts.append("</g>")
    s.tube(f"M-70 72 C -120 110, -150 70, -160 {start:.0f}", cord, width)
    s.tube(f"M70 72 C 120 110, 150 70, 160 {end:.0f}", cord, width)
    if s.says("braided"):
        s.stroke("M-96 12 A 96 83 0 1 1 96 12", lighter(cord, 0.6), width * 0.6, dash="2 9",
                 opacity=0.7)  # fmt: skip
    s.rect(-14, -86, 28, 40, darker(cord, 0.5), r=6, shade="down")


def _plug(s: Sketch, x: float, y: float, style: str, turn: float) -> None:
    shell = darker(s.body, 0.25)
    contacts = _GOLD if s.says("gold") else STEEL
    with s.moved(x, y, turn=turn):
        if style == "network":
            s.rect(-20, -66, 40, 56, "#dfe9ee", r=4, shade="down")
            s.rect(-9, -46, 18, 40, "#b9cad3", r=3)
            for step in range(6):
                s.rect(-15 + step * 5.4, -66, 3, 16, _GOLD)
            s.rect(-15, -12, 30, 26, shell, r=5, shade="round")
            return
        wide = {"display": 28.0, "usb-c": 15.0, "usb-a": 22.0}[style]
        s.rect(-wide, -66, 2 * wide, 34, contacts, r=9 if style == "usb-c" else 3, shade="round")
        if style == "usb-a":
            s.rect(-12, -56, 8, 8, INK)
            s.rect(4, -56, 8, 8, INK)
        if style == "display":
            s.path("M-28 -40 L-20 -30 H20 L28 -40 Z", darker(contacts, 0.2))
        s.rect(-wide - 5, -34, 2 * wide + 10, 50, shell, r=8, shade="round")
        s.rect(-7, 14, 14, 16, darker(shell, 0.2), r=4)


def _charging_cable(s: Sketch) -> None:
    _coil(s, 11, 20, 20)
    _plug(s, -160, 6, "usb-a", s.between(-8, 8))
    _plug(s, 160, 6, "usb-c", s.between(-8, 8))


def _display_cable(s: Sketch) -> None:
    _coil(s, 14, 20, 20)
    _plug(s, -160, 6, "display", s.between(-8, 8))
    _plug(s, 160, 6, "display", s.between(-8, 8))


def _network_cable(s: Sketch) -> None:
    _coil(s, 12, 20, 20)
    _plug(s, -160, 6, "network", s.between(-8, 8))
    _plug(s, 160, 6, "network", s.between(-8, 8))


def _waves(s: Sketch, x: float, y: float) -> None:
    for r in (20, 36, 52):
        s.stroke(f"M{x - r * 0.7:.0f} {y - r * 0.7:.0f} A {r} {r} 0 0 1 {x + r * 0.7:.0f}"
                 f" {y - r * 0.7:.0f}", "#2f6fc4", 7, opacity=0.8)  # fmt: skip
    s.circle(x, y, 6, "#2f6fc4")


def _leds(s: Sketch, x: float, y: float, count: int) -> None:
    for step in range(count):
        s.circle(x + step * 18, y, 4, "#6df08b" if step < count - 1 else "#ffb84d")


def _router_of(s: Sketch, width: float, antennas: int) -> None:
    half, top = width / 2, FLOOR - 62
    for at in range(antennas):
        x = -half + 24 + at * (width - 48) / max(antennas - 1, 1)
        lean = (at - (antennas - 1) / 2) * s.between(4, 9)
        with s.moved(x, top + 8, turn=lean):
            s.rect(-7, -150, 14, 150, darker(s.body, 0.3), r=6, shade="round")
            s.rect(-10, -24, 20, 30, darker(s.body, 0.42), r=4)
    s.path(f"M{-half + 22:.0f} {top - 22} H{half - 22:.0f} L{half:.0f} {top + 6} H{-half:.0f} Z",
           lighter(s.body, 0.15), shade="down")  # fmt: skip
    for step in range(7):
        s.rect(-54 + step * 16, top - 14, 9, 12, darker(s.body, 0.4), r=2)
    s.rect(-half, top + 4, width, 54, s.body, r=10, shade="down")
    s.rect(-half + 16, FLOOR - 6, 26, 8, INK, r=3)
    s.rect(half - 42, FLOOR - 6, 26, 8, INK, r=3)
    _leds(s, -half + 28, top + 32, 5)
    s.rect(half - 60, top + 26, 38, 10, s.detail, r=5, opacity=0.8)
    _waves(s, 0, top - 62)


def _desk_router(s: Sketch) -> None:
    _router_of(s, s.between(250, 290), 4 if s.says("four antennas") else s.random.choice((3, 4)))


def _travel_router(s: Sketch) -> None:
    _router_of(s, s.between(170, 190), 2)


def _mesh_router(s: Sketch) -> None:
    for x, scale in ((-82, 0.78), (68, 1.0)):
        with s.moved(x, FLOOR, scale=scale):
            s.path("M-62 -8 V-140 Q-62 -176 0 -176 Q62 -176 62 -140 V-8 Q62 6 0 6 Q-62 6 -62 -8 Z",
                   s.body, shade="round")  # fmt: skip
            s.ellipse(0, -150, 52, 18, lighter(s.body, 0.3), shade="down")
            s.ellipse(0, -150, 22, 7, "#6fd3ff", opacity=0.9)
            s.rect(-34, -30, 68, 8, s.detail, r=4, opacity=0.7)
            _leds(s, -9, -52, 2)
    _waves(s, 68, -84)


KINDS = (
    Kind("keyboard", ("keyboard",), (
        Form("compact", _compact, "lies"),
        Form("wireless", _wireless_keyboard, "lies"),
        Form("keyboard", _mechanical, "lies"),
    )),
    Kind("mouse", ("mouse", "mice"), (
        Form("vertical", _vertical_mouse),
        Form("travel", _travel_mouse, "lies"),
        Form("mouse", _mouse, "lies"),
    )),
    Kind("cable", ("cable", "adapter", "hdmi", "usb", "cord"), (
        Form("network", _network_cable, "lies"),
        Form("ethernet", _network_cable, "lies"),
        Form("display", _display_cable, "lies"),
        Form("hdmi", _display_cable, "lies"),
        Form("cable", _charging_cable, "lies"),
    )),
    Kind("router", ("router", "wifi", "networking", "modem", "repeater"), (
        Form("mesh", _mesh_router),
        Form("travel", _travel_router),
        Form("router", _desk_router),
    )),
)  # fmt: skip
