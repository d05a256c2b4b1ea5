"""Construction sets, model kits, board games and puzzles."""

from apps.storefront.pictures.drawings.colours import INK, PAPER, STEEL, darker, lighter
from apps.storefront.pictures.drawings.kind import Form, Kind
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_BRIGHT = ("#d8423a", "#f2b631", "#3b7dd8", "#45a35a", "#ef7f3a", "#8c5bb5")


def _brick(s: Sketch, x: float, y: float, studs: int, colour: str) -> None:
    width = 40.0 * studs
    for at in range(studs):
        s.rect(x + at * 40 + 8, y - 12, 24, 16, lighter(colour, 0.1), r=4, shade="round")
    s.rect(x, y, width, 42, colour, r=3, shade="down")
    s.polygon([(x + width, y), (x + width + 18, y - 14), (x + width + 18, y + 28),
               (x + width, y + 42)], darker(colour, 0.3))  # fmt: skip
    s.rect(x + 4, y + 4, width - 8, 5, "#ffffff", r=2, opacity=0.35)


def _brick_set(s: Sketch) -> None:
    rows = s.random.choice(
        (((-160, 4), (10, 3)), ((-140, 3), (-10, 4)), ((-170, 2), (-80, 3), (50, 2)))
    )
    layers = [rows, ((-120, 3), (10, 2)), ((-90, 4),), ((-60, 2),)]
    for level, row in enumerate(layers):
        for x, studs in row:
            colour = s.body if s.chance(0.45) else s.pick(*_BRIGHT)
            _brick(s, x + s.between(-8, 8), FLOOR - 42 * (level + 1), studs, colour)


def _marble_run(s: Sketch) -> None:
    wood = s.wood if s.says("wooden") else lighter(s.body, 0.35)
    for x in (-150, 0, 142):
        s.rect(x - 11, -140 if x else -150, 22, FLOOR + 150, wood, r=4, shade="round")
        for y in range(-96, FLOOR, 44):
            s.rect(x - 16, y, 32, 8, darker(wood, 0.2), r=3)
    ways = ((-166, -104, 150, -64), (158, -30, -150, 10), (-166, 44, 156, 86))
    for x1, y1, x2, y2 in ways:
        s.stroke(f"M{x1} {y1} L{x2} {y2}", darker(s.body, 0.3), 27)
        s.stroke(f"M{x1} {y1} L{x2} {y2}", s.body, 23)
        s.stroke(f"M{x1} {y1 - 4} L{x2} {y2 - 4}", darker(s.body, 0.35), 9)
        for _ in range(2):
            at = s.between(0.1, 0.9)
            left, top = x1 + (x2 - x1) * at, y1 + (y2 - y1) * at - 15
            s.circle(left, top, 14, s.pick(*_BRIGHT), shade="down")
            s.circle(left - 4, top - 5, 3.5, "#ffffff")
    s.path("M-196 -162 H-120 L-140 -126 H-176 Z", s.accent, shade="round")


def _gear(s: Sketch, x: float, y: float, r: float, colour: str) -> None:
    teeth = round(r / 5)
    s.star(x, y, teeth, r, r * 0.8, colour, turn=s.between(0, 1), shade="down")
    s.circle(x, y, r * 0.68, lighter(colour, 0.14), shade="down")
    for at in range(5):
        with s.moved(x, y, turn=at * 72):
            s.circle(0, -r * 0.42, r * 0.15, darker(colour, 0.4))
    s.circle(x, y, r * 0.18, STEEL, shade="down")


def _gear_set(s: Sketch) -> None:
    _gear(s, -70, 18, 98, s.body)
    _gear(s, 84, -52, 74, s.pick(*_BRIGHT))
    _gear(s, 82, 82, 56, s.pick(*_BRIGHT))
    _gear(s, -118, -100, 40, s.pick(*_BRIGHT))
    s.tube("M84 -52 L82 82", STEEL, 11)


def _stand(s: Sketch) -> None:
    s.path(f"M-52 {FLOOR} L-8 30 H8 L52 {FLOOR} Z", darker(PAPER, 0.25), shade="round")
    s.rect(-84, FLOOR - 10, 168, 12, INK, r=5, shade="down")
    s.rect(-32, FLOOR - 9, 64, 8, "#d9b04a", r=2)


def _aircraft_kit(s: Sketch) -> None:
    _stand(s)
    with s.moved(0, -34, turn=s.between(-14, -2)):
        s.path("M-30 0 L64 -104 L98 -98 L44 4 Z", darker(s.body, 0.25), shade="down")
        s.path("M-176 -6 L-196 -76 L-160 -74 L-122 -16 Z", s.accent, shade="down")
        s.path("M-184 -2 C -120 -40, 60 -46, 148 -24 C 186 -14, 188 8, 150 18 C 60 38, -100 30,"
               " -184 8 Z", s.body, shade="down")  # fmt: skip
        s.path("M50 -34 C 70 -62, 112 -56, 124 -28 Z", "#bfe0ee", shade="down")
        for x in range(-90, 30, 26):
            s.circle(x, -12, 6, "#bfe0ee", shade="down")
        s.path("M-50 6 L-24 116 L14 116 L52 8 Z", s.body, shade="down")
        s.stroke("M-34 70 L36 72", s.accent, 12)
        s.ellipse(188, -2, 8, 62, "#ffffff", opacity=0.6)
        s.circle(182, -2, 13, INK, shade="down")


def _ship_kit(s: Sketch) -> None:
    sail = s.pick(PAPER, lighter(s.body, 0.65), "#f3e4c4")
    for x, height in ((-74, 150), (18, 184), (104, 136)):
        s.rect(x - 4, 40 - height - 10, 8, height + 14, s.wood, shade="round")
        for at in range(2):
            top = 40 - height + at * height * 0.44
            half = 36 + at * 12
            s.path(f"M{x - half} {top} H{x + half} Q{x + half - 14} {top + height * 0.18:.0f}"
                   f" {x + half} {top + height * 0.36:.0f} H{x - half} Q{x - half + 20}"
                   f" {top + height * 0.18:.0f} {x - half} {top:.0f} Z", sail,
                   shade="across")  # fmt: skip
        s.path(f"M{x} {30 - height} l34 8 l-34 10 Z", s.accent)
    s.polygon([(108, 36), (190, -18), (150, 38)], sail, shade="down")
    s.path("M-180 16 L-166 8 L-126 40 H150 L194 22 C 176 76, 150 98, 120 102 H-110 C -150 96,"
           " -170 60, -180 16 Z", s.body, shade="down")  # fmt: skip
    s.stroke("M-150 58 H166", lighter(s.body, 0.5), 6)
    for x in range(-110, 130, 40):
        s.circle(x, 76, 7, INK)
    s.rect(-60, 102, 16, 16, s.wood)
    s.rect(50, 102, 16, 16, s.wood)
    s.rect(-100, FLOOR - 6, 204, 9, s.wood, r=4, shade="down")


def _railway_kit(s: Sketch) -> None:
    for x in range(-196, 200, 36):
        s.rect(x, FLOOR - 8, 22, 12, "#7b5236", r=2)
    s.rect(-206, FLOOR - 14, 412, 7, STEEL, shade="down")
    for x, y, r in ((112, -142, 20), (86, -166, 15), (140, -158, 13)):
        s.circle(x, y, r, "#ffffff", opacity=0.8)
    s.rect(94, -110, 30, 60, INK, shade="round")
    s.rect(88, -122, 42, 16, s.accent, r=4, shade="down")
    s.rect(-40, -56, 200, 96, s.body, r=40, shade="down")
    for x in (10, 60, 108):
        s.rect(x, -54, 8, 92, "#d9b04a")
    s.rect(8, -84, 40, 34, "#d9b04a", r=14, shade="round")
    s.rect(-124, -112, 112, 158, s.accent, r=6, shade="down")
    s.rect(-138, -128, 140, 20, INK, r=6, shade="down")
    s.rect(-104, -90, 70, 56, "#bfe0ee", r=5, shade="down")
    s.rect(-140, 36, 316, 24, INK, r=5, shade="down")
    s.polygon([(168, 44), (206, 100), (160, 100)], "#b3382f", shade="down")
    for x, r in ((-94, 38), (-4, 32), (68, 32), (132, 26)):
        s.circle(x, FLOOR - 14 - r, r, "#b3382f", shade="down")
        s.circle(x, FLOOR - 14 - r, r * 0.74, INK, shade="down")
        for turn in range(0, 180, 45):
            with s.moved(x, FLOOR - 14 - r, turn=turn):
                s.rect(-r * 0.74, -2, r * 1.48, 4, "#b3382f")
        s.circle(x, FLOOR - 14 - r, r * 0.2, "#d9b04a")
    s.tube("M-94 76 L68 80", STEEL, 8)


def _pawn(s: Sketch, x: float, y: float, colour: str, scale: float = 1) -> None:
    with s.moved(x, y, scale=scale):
        s.path("M-22 0 C -22 -14, -10 -18, -9 -44 H9 C 10 -18, 22 -14, 22 0 Z", colour,
               shade="round")  # fmt: skip
        s.circle(0, -54, 16, colour, shade="down")


def _die(s: Sketch, x: float, y: float, pips: int, turn: float) -> None:
    spots = {1: ((0, 0),), 3: ((-11, -11), (0, 0), (11, 11)),
             5: ((-11, -11), (11, -11), (0, 0), (-11, 11), (11, 11))}[pips]  # fmt: skip
    with s.moved(x, y, turn=turn):
        s.rect(-22, -22, 44, 44, PAPER, r=9, shade="down")
        for dx, dy in spots:
            s.circle(dx, dy, 5, "#c03a2e" if pips == 1 else INK)


def _board(s: Sketch) -> None:
    s.polygon([(-196, 50), (-60, -40), (190, 6), (74, FLOOR)], darker(s.body, 0.35))
    s.polygon([(-196, 40), (-60, -50), (190, -4), (74, FLOOR - 12)], s.body, shade="down")


def _strategy_game(s: Sketch) -> None:
    s.parts.append('<g transform="matrix(0.62 0.18 -0.6 0.42 72 -16)">')
    s.rect(-142, -22, 284, 284, s.body, r=6, shade="down")
    for row in range(8):
        for column in range(8):
            pale = (row + column) % 2 == 0
            s.rect(-126 + column * 31.5, -6 + row * 31.5, 31.5, 31.5,
                   "#f4e6c8" if pale else darker(s.body, 0.5))  # fmt: skip
    s.parts.append("</g>")
    for x, y, pale in ((-92, 44, True), (-30, 8, False), (36, 34, True), (84, 12, False),
                       (-20, 84, True), (50, 92, False)):  # fmt: skip
        _pawn(s, x + s.between(-6, 6), y, "#f4e6c8" if pale else INK, s.between(0.85, 1.1))
    with s.moved(-4, 60):
        s.path("M-24 0 C -24 -16 -12 -20 -13 -66 H13 C 12 -20 24 -16 24 0 Z M-22 -66 L-28 -96 L-10"
               " -82 L0 -102 L10 -82 L28 -96 L22 -66 Z", s.accent, shade="round")  # fmt: skip


def _family_game(s: Sketch) -> None:
    _board(s)
    points = ((-150, 36), (-112, 14), (-74, -10), (-34, -30), (10, -22), (54, -14), (98, -6),
              (144, 2), (122, 30), (96, 56), (68, 82), (24, 76), (-22, 66), (-68, 56),
              (-110, 46))  # fmt: skip
    for at, (x, y) in enumerate(points):
        s.ellipse(x, y, 19, 11, _BRIGHT[at % 6], shade="down")
    s.ellipse(14, 26, 46, 20, PAPER, shade="down")
    for at in range(4):
        x, y = points[s.random.randrange(at * 4, min(at * 4 + 3, 15))]
        _pawn(s, x, y, _BRIGHT[at], 1.1)
    _die(s, s.between(-10, 30), 20, s.random.choice((1, 3, 5)), s.between(-25, 25))


def _party_game(s: Sketch) -> None:
    s.polygon([(-170, -30), (30, -60), (30, 96), (-170, FLOOR)], s.body, shade="down")
    s.polygon([(30, -60), (84, -30), (84, FLOOR - 4), (30, 96)], darker(s.body, 0.35))
    s.polygon([(-170, -30), (-110, -70), (84, -88), (84, -30), (30, -60)], lighter(s.body, 0.25))
    with s.moved(-70, 24, turn=-7):
        s.star(0, 0, 12, 62, 42, s.accent, shade="down")
        s.path("M-14 -10 C -16 -40, 30 -40, 24 -8 C 22 6, 6 6, 6 20", PAPER, opacity=0.01)
        s.stroke("M-16 -14 C -16 -40, 24 -40, 20 -12 C 18 2, 2 2, 2 16", PAPER, 10)
        s.circle(2, 32, 6, PAPER)
    for at, turn in enumerate((-16, 4, 24)):
        with s.moved(116 + at * 22, 76 + at * 4, turn=turn):
            s.rect(-30, -46, 60, 86, PAPER, r=7, shade="down")
            s.rect(-22, -38, 44, 70, _BRIGHT[(at + s.random.randrange(6)) % 6], r=4, shade="down")
            s.star(0, -3, 5, 15, 6, PAPER, turn=-1.57)
    _die(s, -112, 112, 5, 14)
    _die(s, -60, 118, 3, -20)


_PIECE = (
    "M-50 -50 H-16 C -30 -84, 30 -84, 16 -50 H50 V-16 C 84 -30, 84 30, 50 16 V50 H16 C 26 22,"
    " -26 22, -16 50 H-50 V16 C -20 28, -20 -28, -50 -16 Z"
)


def _jigsaw(s: Sketch) -> None:
    places = ((-76, -36, 0, s.body), (40, -44, 90, s.accent), (-62, 74, -90, s.pick(*_BRIGHT)),
              (96, 74, s.between(14, 34), darker(s.body, 0.2)))  # fmt: skip
    for x, y, turn, colour in places:
        with s.moved(x, y, turn=turn, scale=1.06):
            s.path(_PIECE, darker(colour, 0.4), opacity=0.5)
            with s.moved(-3, -5):
                s.path(_PIECE, colour, shade="down")
                s.shine("M-40 -40 H-26", 6, 0.5)


def _cube_puzzle(s: Sketch) -> None:
    faces = (((0, -8), (-40, -20), (0, 44)), ((0, -8), (40, -20), (0, 44)),
             ((0, -8), (40, -20), (-40, -20)))  # fmt: skip
    palette = [s.body, *_BRIGHT, PAPER]
    with s.moved(0, 4, turn=s.between(-8, 8)):
        for at, ((x, y), a, b) in enumerate(faces):
            mixed = s.chance(0.7)
            for i in range(3):
                for j in range(3):

                    def corner(u: float, v: float, o: tuple[float, float] = (x, y),
                               p: tuple[float, float] = a, q: tuple[float, float] = b,
                               ) -> tuple[float, float]:  # fmt: skip
                        return (o[0] + u * p[0] + v * q[0], o[1] + u * p[1] + v * q[1])

                    tile = s.random.choice(palette) if mixed else palette[at * 2]
                    g = 0.05
                    quad = [corner(i, j), corner(i + 1, j), corner(i + 1, j + 1), corner(i, j + 1)]
                    inner = [corner(i + g, j + g), corner(i + 1 - g, j + g),
                             corner(i + 1 - g, j + 1 - g), corner(i + g, j + 1 - g)]  # fmt: skip
                    s.polygon(quad, "#222226")
                    s.polygon(inner, (tile, darker(tile, 0.14), lighter(tile, 0.1))[at],
                              shade="down")  # fmt: skip


def _wooden_puzzle(s: Sketch) -> None:
    wood = s.wood
    s.rect(-132, -132, 264, 258, darker(wood, 0.2), r=12, shade="down")
    s.rect(-112, -112, 224, 218, darker(wood, 0.55), r=4)
    tones = [s.body, lighter(wood, 0.2), s.accent, wood, s.pick(*_BRIGHT), darker(wood, 0.15),
             s.pick(*_BRIGHT)]  # fmt: skip
    s.random.shuffle(tones)
    shapes = (((-110, -110), (110, -110), (0, -2)), ((-110, -110), (0, -2), (-110, 104)),
              ((110, -110), (110, 0), (56, -56)), ((56, -56), (110, 0), (56, 50), (0, -2)),
              ((0, -2), (56, 50), (-52, 50)), ((-52, 50), (56, 50), (0, 104), (-110, 104)),
              ((110, 4), (110, 104), (6, 104)))  # fmt: skip
    moved = s.random.randrange(7)
    for at, shape in enumerate(shapes):
        away = 26 if at == moved else 0
        s.polygon([(x * 0.985 + away * 2.4, y * 0.985 + away) for x, y in shape], tones[at],
                  shade="down")  # fmt: skip


KINDS = (
    Kind("construction set", ("construction", "building", "brick", "blocks", "lego"), (
        Form("marble", _marble_run), Form("gear", _gear_set, "hangs"), Form("brick", _brick_set),
    )),
    Kind("model kit", ("model", "aircraft", "railway", "train", "vehicle", "plane"), (
        Form("ship", _ship_kit), Form("railway", _railway_kit), Form("train", _railway_kit),
        Form("aircraft", _aircraft_kit),
    )),
    Kind("board game", ("board game", "game", "toys", "toy"), (
        Form("strategy", _strategy_game), Form("party", _party_game), Form("family", _family_game),
    )),
    Kind("puzzle", ("puzzle", "jigsaw"), (
        Form("cube", _cube_puzzle), Form("wooden", _wooden_puzzle, "lies"),
        Form("jigsaw", _jigsaw, "lies"),
    )),
)  # fmt: skip
