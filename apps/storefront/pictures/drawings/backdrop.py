"""What is behind a product: a ground in one colour, with a floor or a shape on it."""

from apps.storefront.pictures.drawings.colours import (
    GROUNDS,
    darker,
    lighter,
    luminance,
    mix,
)
from apps.storefront.pictures.drawings.kind import Stance
from apps.storefront.pictures.drawings.sketch import FLOOR, Sketch

_LEFT, _TOP, _WIDTH, _HEIGHT = -240, -200, 480, 400


def draw_backdrop(s: Sketch, ground: str, stance: Stance) -> None:
    """Fill the field; what stands gets a floor, what lies or hangs does not."""
    colour = GROUNDS[ground]
    s.rect(_LEFT, _TOP, _WIDTH, _HEIGHT, colour)
    tone = lighter(colour, 0.5) if luminance(colour) < 0.9 else darker(colour, 0.06)  # noqa: PLR2004
    style = s.random.randrange(5)
    if style == 0:
        s.circle(s.between(-60, 60), s.between(-50, 0), s.between(140, 170), tone, opacity=0.75)
    elif style == 1:
        x = s.between(-50, 50)
        s.path(f"M{x - 140:.0f} 200 V-20 A 140 140 0 0 1 {x + 140:.0f} -20 V200 Z", tone,
               opacity=0.75)  # fmt: skip
    elif style == 2:  # noqa: PLR2004
        lean = s.between(60, 150)
        s.polygon([(lean, _TOP), (240, _TOP), (240, 200), (-lean, 200)], tone, opacity=0.6)
    elif style == 3:  # noqa: PLR2004
        s.circle(s.between(-190, -120), s.between(-120, 120), s.between(90, 130), tone, opacity=0.7)
        s.circle(s.between(120, 190), s.between(-140, 60), s.between(60, 110), tone, opacity=0.5)
    if stance != "stands":
        s.ellipse(5, 18, 190, 150, "url(#shadow)")
    else:
        s.rect(_LEFT, FLOOR - 26, _WIDTH, 120, mix(colour, darker(tone, 0.2), 0.5), opacity=0.9)
        s.rect(_LEFT, FLOOR - 26, _WIDTH, 3, "#ffffff", opacity=0.35)
        s.ellipse(0, FLOOR + 2, 190, 15, "#000000", opacity=0.1)
        s.ellipse(0, FLOOR + 1, 140, 9, "#000000", opacity=0.12)
