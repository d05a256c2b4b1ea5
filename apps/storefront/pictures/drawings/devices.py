"""Products that other catalogues have: phones, watches, laptops, cameras, chargers, and a box."""

from apps.storefront.pictures.drawings.colours import INK, PAPER, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_SCREENS = (("#3d6fd0", "#8fd0f0"), ("#6a3fa8", "#f29ac0"), ("#157a6e", "#bfe87a"),
            ("#c8553d", "#f7c873"))  # fmt: skip


def _apps(s: Sketch, place: tuple[float, float], columns: int, rows: int, step: float) -> None:
    x, y = place
    for row in range(rows):
        for column in range(columns):
            s.rect(x + column * step, y + row * step, step * 0.66, step * 0.66,
                   s.pick("#ffffff", "#f2b631", "#45a35a", "#d8423a", "#8fd0f0"), r=step * 0.18,
                   opacity=0.9)  # fmt: skip


def _phone(s: Sketch) -> None:
    low, high = s.random.choice(_SCREENS)
    with s.moved(34, -4, turn=9):
        s.rect(-70, -146, 140, 270, s.body, r=24, shade="across")
        s.rect(-56, -132, 56, 70, darker(s.body, 0.3), r=16, shade="down")
        for x, y in ((-42, -116), (-16, -116), (-42, -82)):
            s.circle(x, y, 10, INK, shade="down")
            s.circle(x - 2, y - 2, 3, "#8fb8e8")
    with s.moved(-38, 2, turn=-6):
        s.rect(-72, -146, 144, 270, INK, r=24, shade="across")
        s.rect(-64, -138, 128, 254, s.gradient((low, high)), r=18)
        s.rect(-22, -130, 44, 11, INK, r=5)
        _apps(s, (-48, -20), 4, 3, 26)
        s.stroke("M-30 -84 h60 m-46 18 h32", "#ffffff", 8, opacity=0.9)


def _watch(s: Sketch) -> None:
    with s.moved(turn=s.between(-12, 12)):
        s.path("M-46 -70 L-38 -178 H38 L46 -70 Z", s.body, shade="round")
        s.path("M-46 70 L-38 178 H38 L46 70 Z", s.body, shade="round")
        for y in (100, 118, 136):
            s.ellipse(0, y, 5, 4, darker(s.body, 0.5))
        s.rect(76, -16, 14, 32, STEEL, r=5, shade="down")
        if s.chance(0.5):
            s.rect(-78, -84, 156, 168, STEEL, r=42, shade="down")
            s.rect(-66, -72, 132, 144, INK, r=32)
            for r, tone in ((46, "#f0417a"), (34, "#7fe36a"), (22, "#55d6f0")):
                s.ring(0, 0, r, tone, 8)
        else:
            s.circle(0, 0, 84, STEEL, shade="down")
            s.circle(0, 0, 69, PAPER, shade="down")
            for at in range(12):
                with s.moved(turn=at * 30):
                    s.rect(-2, -62, 4, 12, INK)
            s.stroke("M0 0 L-24 -28 M0 0 L34 -20", INK, 6)
            s.circle(0, 0, 6, "#d8423a")


def _laptop(s: Sketch) -> None:
    low, high = s.random.choice(_SCREENS)
    s.rect(-140, -116, 280, 186, INK, r=12, shade="down")
    s.rect(-130, -106, 260, 164, s.gradient((low, high)), r=4)
    _apps(s, (-114, -90), 2, 4, 36)
    s.path("M-146 68 H146 L188 108 Q190 118 178 118 H-178 Q-190 118 -188 108 Z", s.body,
           shade="down")  # fmt: skip
    s.path("M-118 74 H118 L134 92 H-134 Z", darker(s.body, 0.5))
    s.path("M-32 96 H32 L36 108 H-36 Z", darker(s.body, 0.2))


def _camera(s: Sketch) -> None:
    s.path("M-64 -70 L-46 -110 H46 L64 -70 Z", s.body, shade="down")
    s.rect(-150, -74, 300, 190, s.body, r=22, shade="down")
    s.rect(-150, -28, 300, 92, darker(s.body, 0.45), shade="down")
    s.circle(0, 20, 84, INK, shade="down")
    s.circle(0, 20, 66, STEEL, shade="down")
    s.circle(0, 20, 54, "#1d2a38", shade="down")
    s.circle(0, 20, 32, "#4c78b8", shade="down")
    s.circle(-16, 2, 10, "#ffffff", opacity=0.8)
    s.rect(86, -92, 44, 20, STEEL, r=6, shade="down")
    s.rect(-126, -60, 40, 22, "#fff6c9", r=5, shade="down")


def _charger(s: Sketch) -> None:
    if s.says("power bank", "powerbank") or s.chance(0.3):
        with s.moved(turn=s.between(-14, 14)):
            s.rect(-80, -130, 160, 250, s.body, r=22, shade="across")
            for at in range(4):
                s.circle(-28 + at * 19, -92, 5, "#6df08b" if at < 3 else darker(s.body, 0.5))  # noqa: PLR2004
            s.path("M12 -40 L-34 24 H-4 L-14 76 L36 4 H4 Z", s.detail, shade="down")
        return
    s.tube("M44 88 C 70 150, 150 130, 150 60 S 120 -40, 180 -60", INK, 8)
    for x in (-44, 20):
        s.rect(x, -142, 18, 62, STEEL, r=4, shade="round")
    s.rect(-88, -84, 168, 176, s.body, r=26, shade="down")
    s.path("M8 -40 L-32 14 H-6 L-16 60 L28 0 H2 Z", s.detail, shade="down")
    s.rect(24, 86, 40, 12, INK, r=4)


def _box(s: Sketch) -> None:
    card = "#c99a63" if s.chance(0.6) else s.body
    s.polygon([(-140, -50), (10, -18), (10, 118), (-140, 78)], card, shade="down")
    s.polygon([(10, -18), (144, -56), (144, 72), (10, 118)], darker(card, 0.2), shade="down")
    s.polygon([(-140, -50), (0, -90), (144, -56), (10, -18)], lighter(card, 0.25), shade="down")
    s.polygon([(-78, -68), (-56, -74), (82, -40), (62, -32)], s.body, opacity=0.85)
    s.polygon([(62, -32), (82, -40), (82, 0), (62, 6)], darker(s.body, 0.2))
    s.polygon([(-116, 10), (-46, 26), (-46, 66), (-116, 50)], PAPER, shade="down")
    s.stroke("M-104 26 l44 10 M-104 40 l30 7", "#6b5f52", 4)
    s.stroke(f"M100 {FLOOR - 90} v40 m-9 -28 l9 -14 l9 14", "#6b4a2a", 5)


BOX = Kind("box", (), (Form("", _box),))
"""What a product is drawn as whose kind no word tells."""

KINDS = (
    Kind("phone", ("phone", "smartphone", "mobile", "tablet", "ipad"), (Form("", _phone, "lies"),)),
    Kind("watch", ("watch", "smartwatch", "wearable", "jewel"), (Form("", _watch, "lies"),)),
    Kind("laptop", ("laptop", "computer", "notebook pc", "software"), (Form("", _laptop),)),
    Kind("camera", ("camera", "webcam", "photo", "lens"), (Form("", _camera),)),
    Kind("charger", ("charger", "power", "battery", "batteries"), (Form("", _charger, "lies"),)),
)  # fmt: skip
