"""A drawing in the making: shapes in SVG, and what is known of the product that is drawn.

The field is 480 by 400 with its origin in the centre; x grows to the right and y downwards. A thing
that stands has its foot at FLOOR.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import cos, pi, sin
from random import Random
from typing import Literal

from apps.storefront.pictures.drawings.colours import (
    STEEL,
    WOODS,
    contrast_to,
    darker,
    lighter,
    turned,
)

FLOOR = 120
Shade = Literal["down", "round", "across"]
Point = tuple[float, float]


@dataclass(slots=True)
class Sketch:
    """Shapes on a field, with the colour and the words of a product."""

    body: str
    """The product's colour, `#rrggbb`."""
    words: str
    """Its name and description in small letters."""
    random: Random
    """Seeded by the product, so its picture is always the same one."""
    parts: list[str] = field(default_factory=list)
    gradients: dict[str, str] = field(default_factory=dict)
    """The definition of each gradient, by its id."""

    @property
    def accent(self) -> str:
        """A second colour that goes with the product's."""
        return turned(self.body, self.random.choice((25, -25, 160, 200)))

    @property
    def detail(self) -> str:
        """For buttons and seams, which must stand out on the body."""
        return contrast_to(self.body)

    @property
    def wood(self) -> str:
        """A kind of wood."""
        return self.random.choice(WOODS)

    @property
    def metal(self) -> str:
        """A bright metal."""
        return self.random.choice((STEEL, "#b9bec6", "#d3b98a"))

    def says(self, *phrases: str) -> bool:
        """Whether the product's words have one of these."""
        return any(phrase in self.words for phrase in phrases)

    def between(self, low: float, high: float) -> float:
        """A number of this product."""
        return self.random.uniform(low, high)

    def pick(self, *options: str) -> str:
        """One of the options, for this product."""
        return self.random.choice(options)

    def chance(self, probability: float) -> bool:
        """Yes with this probability, for this product."""
        return self.random.random() < probability

    def rect(
        self, x: float, y: float, width: float, height: float, fill: str, *,
        r: float = 0, shade: Shade | None = None, opacity: float = 1,
    ) -> None:  # fmt: skip
        """A rectangle by its upper left corner, with round corners."""
        self._add(
            f'rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="{r:.1f}"',
            fill, shade, opacity,
        )  # fmt: skip

    def ellipse(
        self, x: float, y: float, rx: float, ry: float, fill: str, *,
        shade: Shade | None = None, opacity: float = 1,
    ) -> None:  # fmt: skip
        """An ellipse by its centre."""
        self._add(
            f'ellipse cx="{x:.1f}" cy="{y:.1f}" rx="{rx:.1f}" ry="{ry:.1f}"', fill, shade, opacity
        )

    def circle(
        self, x: float, y: float, r: float, fill: str, *,
        shade: Shade | None = None, opacity: float = 1,
    ) -> None:  # fmt: skip
        """A circle by its centre."""
        self.ellipse(x, y, r, r, fill, shade=shade, opacity=opacity)

    def path(
        self, d: str, fill: str, *, shade: Shade | None = None, opacity: float = 1
    ) -> None:  # fmt: skip
        """A filled path."""
        self._add(f'path d="{d}"', fill, shade, opacity)

    def polygon(
        self, points: Sequence[Point], fill: str, *, shade: Shade | None = None, opacity: float = 1
    ) -> None:
        """A filled polygon."""
        named = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._add(f'polygon points="{named}" stroke-linejoin="round"', fill, shade, opacity)

    def stroke(
        self, d: str, colour: str, width: float, *, dash: str = "", opacity: float = 1
    ) -> None:
        """A line along a path."""
        dashed = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(
            f'<path d="{d}" fill="none" stroke="{colour}" stroke-width="{width:.1f}"'
            f' stroke-linecap="round" stroke-linejoin="round"'
            f' stroke-opacity="{opacity:.2f}"{dashed}/>'
        )

    def ring(self, x: float, y: float, r: float, colour: str, width: float) -> None:
        """The outline of a circle."""
        self.parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" fill="none" stroke="{colour}"'
            f' stroke-width="{width:.1f}"/>'
        )

    def tube(self, d: str, colour: str, width: float) -> None:
        """A round bar or a cord along a path: an edge, the colour, a highlight."""
        self.stroke(d, darker(colour, 0.3), width + 2)
        self.stroke(d, colour, width)
        self.stroke(d, lighter(colour, 0.45), width * 0.28, opacity=0.7)

    def star(  # noqa: PLR0917 - a place, then radii
        self, x: float, y: float, points: int, outer: float, inner: float, fill: str, *,
        turn: float = 0, shade: Shade | None = None,
    ) -> None:  # fmt: skip
        """A star or a gear by its centre."""
        corners = [
            (
                x + (inner if step % 2 else outer) * cos(turn + pi * step / points),
                y + (inner if step % 2 else outer) * sin(turn + pi * step / points),
            )
            for step in range(2 * points)
        ]
        self.polygon(corners, fill, shade=shade)

    def shine(self, d: str, width: float = 6, opacity: float = 0.45) -> None:
        """Light that falls on a surface."""
        self.stroke(d, "#ffffff", width, opacity=opacity)

    @contextmanager
    def moved(
        self, x: float = 0, y: float = 0, *,
        turn: float = 0, scale: float = 1, stretch: float = 1, flip: bool = False,
    ) -> Iterator[None]:  # fmt: skip
        """Draw elsewhere: moved, then turned by degrees, then larger, then wider, then mirrored."""
        horizontal = scale * stretch * (-1 if flip else 1)
        self.parts.append(
            f'<g transform="translate({x:.1f} {y:.1f}) rotate({turn:.1f})'
            f' scale({horizontal:.3f} {scale:.3f})">'
        )
        yield
        self.parts.append("</g>")

    @contextmanager
    def clipped(self, d: str) -> Iterator[None]:
        """Draw only within a path."""
        name = f"c{len(self.gradients)}"
        self.gradients[name] = f'<clipPath id="{name}"><path d="{d}"/></clipPath>'
        self.parts.append(f'<g clip-path="url(#{name})">')
        yield
        self.parts.append("</g>")

    def gradient(self, colours: Sequence[str], *, across: bool = False) -> str:
        """A fill that goes through colours, from the top down or from left to right."""
        name = f"g{len(self.gradients)}"
        stops = "".join(
            f'<stop offset="{at / (len(colours) - 1):.2f}" stop-color="{colour}"/>'
            for at, colour in enumerate(colours)
        )
        end = 'x2="1" y2="0"' if across else 'x2="0.25" y2="1"'
        definition = f'x1="0" y1="0" {end}>{stops}</linearGradient>'
        for known, text in self.gradients.items():
            if text.endswith(definition):
                return f"url(#{known})"
        self.gradients[name] = f'<linearGradient id="{name}" {definition}'
        return f"url(#{name})"

    def _add(self, shape: str, fill: str, shade: Shade | None, opacity: float) -> None:
        edge = ""
        if shade:
            edge = f' stroke="{darker(fill, 0.28)}" stroke-width="1.6"'
            fill = self._shaded(fill, shade)
        # Not `opacity`: a renderer makes a layer of its own for that, which takes its time.
        clear = f' fill-opacity="{opacity:.2f}" stroke-opacity="{opacity:.2f}"'
        clear = clear if opacity < 1 else ""
        self.parts.append(f'<{shape} fill="{fill}"{edge}{clear}/>')

    def _shaded(self, colour: str, shade: Shade) -> str:
        light, dark = lighter(colour, 0.22), darker(colour, 0.16)
        if shade == "round":
            return self.gradient(
                (dark, colour, lighter(colour, 0.32), colour, darker(colour, 0.24)), across=True
            )
        return self.gradient((light, colour, dark), across=shade == "across")
